"""usher.reload: a hall takes a new configuration while people wait, or none of it."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from usher.core.errors import ActionError, Refused
from usher.core.testing import Branch, Disk, branch

HALL = """
usher: {name: Hall, time_zone: Asia/Shanghai, classes: {vip: 10}}
queue:
  personal: {name: Personal, prefix: A}
  corporate: {name: Companies, prefix: B}
counter:
  "1": {name: Window 1, serves: [personal, corporate]}
  "2": {name: Window 2, serves: [personal]}
"""


async def issue(hall: Branch, queue: str = "personal", **more: Any) -> dict[str, Any]:
    ticket: dict[str, Any] = (await hall.act("queue.issue", queue=queue, **more))["ticket"]
    return ticket


async def serve(hall: Branch, counter: str = "1") -> str:
    number: str = (await hall.act("counter.call_next", counter=counter, current="finish"))["ticket"]["number"]
    return number


async def test_nothing_changed_is_answered_at_once(tmp_path: Path) -> None:
    async with branch(HALL, tmp_path) as hall:
        assert await hall.reload() == {"changed": [], "took": 0.0}
        (tmp_path / "configuration.yaml").write_text(HALL + "# a remark\n")
        assert (await hall.reload())["changed"] == []
        assert len(hall.events("usher_reloaded")) == 1


async def test_a_queue_and_a_counter_come_and_change(tmp_path: Path) -> None:
    async with branch(HALL, tmp_path) as hall:
        await issue(hall)
        new = HALL.replace("name: Personal", "name: Private").replace(
            "counter:", "  loans: {name: Loans, prefix: C}\ncounter:") + '  "3": {name: Window 3, serves: [loans]}\n'  # fmt: skip
        assert set((await hall.reload(new))["changed"]) == {"queue", "counter"}
        assert hall.state("queue.personal").attributes["name"] == "Private"
        assert hall.state("queue.personal").value == 1
        assert hall.state("counter.3").value == "closed"
        assert (await issue(hall, "loans"))["number"] == "C001"
        assert hall.engine.views.get("counter/3") is not None
        await hall.act("counter.sign_in", counter="3")
        assert await serve(hall, "3") == "C001"


async def test_a_faulty_configuration_changes_nothing_and_says_why(tmp_path: Path) -> None:
    async with branch(HALL, tmp_path) as hall:
        with pytest.raises(Refused) as refused:
            await hall.reload(HALL.replace("serves: [personal]", "serves: [persnal]"))
        assert refused.value.code == "bad_configuration"
        assert "configuration.yaml:8:" in str(refused.value)
        assert "Did you mean 'personal'?" in str(refused.value)
        assert hall.state("counter.2").attributes["serves"] == ["personal"]
        with pytest.raises(Refused):
            await hall.reload("queue: [")
        found = await hall.act("usher.check")
        assert found["valid"] is False
        assert found["problems"][0]["file"].endswith("configuration.yaml")
        assert (await hall.reload(HALL))["changed"] == []


async def test_a_queue_with_people_in_it_cannot_be_taken_out(tmp_path: Path) -> None:
    async with branch(HALL, tmp_path) as hall:
        await issue(hall, "corporate")
        without = HALL.replace("  corporate: {name: Companies, prefix: B}\n", "").replace(", corporate]", "]")
        with pytest.raises(Refused) as refused:
            await hall.reload(without)
        assert refused.value.code == "queue_in_use"
        assert "B001" in str(refused.value)
        assert hall.state("queue.corporate").value == 1
        await hall.act("counter.sign_in", counter="1")
        assert await serve(hall) == "B001"
        await hall.act("counter.finish", counter="1")
        assert set((await hall.reload(without))["changed"]) == {"queue", "counter"}
        assert hall.engine.states.get("queue.corporate") is None


RENAMED = HALL.replace(
    "  corporate: {name: Companies, prefix: B}", "  firms: {name: Firms, prefix: B, replaces: corporate}"
)
RENAMED = RENAMED.replace("personal, corporate]", "personal, firms]")


async def test_people_of_a_queue_that_is_replaced_keep_number_and_place(tmp_path: Path) -> None:
    async with branch(HALL, tmp_path) as hall:
        await hall.act("counter.sign_in", counter="1")
        waiting = [await issue(hall, "corporate") for _ in range(3)]
        plans = await issue(hall, "personal", then=["corporate"], **{"class": "vip"})
        await hall.act("counter.call", counter="1", ticket="B001")
        await hall.reload(RENAMED)
        floor = hall.engine.store
        assert floor.healthy
        tickets = {t["number"]: t for t in (await hall.act("ticket.list", queue="firms"))["tickets"]}
        assert set(tickets) == {"B001", "B002", "B003"}
        assert tickets["B001"]["state"] == "called"
        assert [tickets[f"B00{n}"]["place"] for n in (1, 2, 3)] == [t["place"] for t in waiting]
        assert (await hall.act("ticket.get", ticket=plans["id"]))["ticket"]["plan"][0]["queue"] == "firms"
        assert (await issue(hall, "firms"))["number"] == "B004"
        assert hall.state("queue.firms").attributes["issued_today"] == 4
        assert hall.state("counter.1").attributes["number"] == "B001"
    async with branch(RENAMED, tmp_path) as hall:
        assert hall.state("queue.firms").value == 3


async def test_a_queue_replaced_while_usher_was_down_is_taken_over_at_the_start(tmp_path: Path) -> None:
    async with branch(HALL, tmp_path) as hall:
        await issue(hall, "corporate")
    async with branch(RENAMED, tmp_path) as hall:
        await hall.act("counter.sign_in", counter="1")
        assert await serve(hall) == "B001"
        assert (await issue(hall, "firms"))["number"] == "B002"


async def test_a_number_is_not_given_twice_by_a_new_queue_with_an_old_prefix(tmp_path: Path) -> None:
    async with branch(HALL, tmp_path) as hall:
        await hall.act("counter.sign_in", counter="1")
        await issue(hall, "corporate")
        await serve(hall)
        await hall.act("counter.finish", counter="1")
        other = HALL.replace("corporate", "loans")
        await hall.reload(other)
        assert (await issue(hall, "loans"))["number"] == "B002"


async def test_a_counter_goes_only_when_it_is_free(tmp_path: Path) -> None:
    without = HALL.replace('  "2": {name: Window 2, serves: [personal]}\n', "")
    async with branch(HALL, tmp_path) as hall:
        await issue(hall)
        later = await issue(hall)
        await hall.act("counter.sign_in", counter="2")
        await serve(hall, "2")
        await hall.act("ticket.transfer", ticket=later["id"], counter="2", only=True)
        with pytest.raises(Refused) as refused:
            await hall.reload(without)
        assert refused.value.code == "counter_in_use"
        await hall.act("counter.finish", counter="2")
        await hall.reload(without)
        assert hall.events("counter_signed_out")
        assert hall.engine.states.get("counter.2") is None
        assert hall.engine.views.get("counter/2") is None
        await hall.act("counter.sign_in", counter="1")
        assert await serve(hall) == later["number"]


async def test_the_classes_change_and_the_line_with_them(tmp_path: Path) -> None:
    async with branch(HALL, tmp_path) as hall:
        first, vip = await issue(hall), await issue(hall, **{"class": "vip"})
        await hall.act("counter.sign_in", counter="2")
        await hall.reload(HALL.replace("classes: {vip: 10}", "classes: {vip: -5}"))
        assert await serve(hall, "2") == first["number"]
        assert await serve(hall, "2") == vip["number"]


async def test_the_hall_has_another_name_and_its_id_stays(tmp_path: Path) -> None:
    async with branch(HALL, tmp_path) as hall:
        assert (await hall.reload(HALL.replace("name: Hall", "name: Great hall")))["changed"] == ["usher"]
        assert hall.engine.site.name == "Great hall"
        with pytest.raises(Refused) as refused:
            await hall.reload(HALL.replace("name: Hall", "name: Hall, site: other"))
        assert refused.value.code == "needs_restart"
        assert hall.engine.site.name == "Great hall"


async def test_a_disk_that_fails_during_the_reload_leaves_the_old_hall(tmp_path: Path) -> None:
    disk = Disk()
    async with branch(HALL, tmp_path, connect=disk.connect) as hall:
        await issue(hall, "corporate")
        disk.break_down()
        with pytest.raises(ActionError):
            await hall.reload(RENAMED)
        disk.mend()
        while not hall.engine.store.healthy:  # noqa: ASYNC110 - the store looks once a second
            await asyncio.sleep(0.05)
        assert hall.state("queue.corporate").value == 1
        assert hall.engine.states.get("queue.firms") is None
        await hall.reload(RENAMED)
        assert hall.state("queue.firms").value == 1


async def test_an_integration_that_comes_by_a_reload_has_its_own_reload_and_comes_back_by_it(tmp_path: Path) -> None:
    async with branch(HALL, tmp_path) as hall:
        await hall.reload(HALL + "input_boolean: {a: {}}\n")
        await hall.reload(HALL + "input_boolean: {a: {}, b: {}}\n", "input_boolean")
        assert hall.state("input_boolean.b").value is not None
        await hall.reload(HALL)
        assert hall.engine.states.get("input_boolean.a") is None
        await hall.reload(HALL + "input_boolean: {c: {}}\n", "input_boolean")
        assert hall.state("input_boolean.c").value is not None


async def test_what_changes_behind_a_linked_folder_is_seen(tmp_path: Path) -> None:
    folder, shared = tmp_path / "hall", tmp_path / "shared"
    folder.mkdir()
    shared.mkdir()
    (shared / "a.yaml").write_text("input_boolean: {a: {}}\n")
    (folder / "packages").symlink_to(shared, target_is_directory=True)
    yaml = HALL.replace("usher: {", "usher: {packages: !include_dir_named packages, ")
    async with branch(yaml, folder) as hall:
        (shared / "a.yaml").write_text("input_boolean: {a: {}, b: {}}\n")
        assert (await hall.reload())["changed"] == ["input_boolean"]
        assert hall.state("input_boolean.b").value is not None


async def test_what_changes_in_a_file_outside_the_folder_is_seen(tmp_path: Path) -> None:
    folder, shared = tmp_path / "hall", tmp_path / "shared.yaml"
    folder.mkdir()
    shared.write_text("{a: {}}\n")
    async with branch(HALL + "input_boolean: !include ../shared.yaml\n", folder) as hall:
        for names in ("{a: {}, b: {}}", "{a: {}, c: {}}"):
            shared.write_text(names + "\n")
            assert (await hall.reload())["changed"] == ["input_boolean"]
        assert hall.state("input_boolean.c").value is not None
