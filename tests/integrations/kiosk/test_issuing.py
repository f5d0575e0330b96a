"""kiosk.issue in a running hall: the menu, the paper, the same request twice, and what a kiosk's link may do."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from usher.core.actions import Call
from usher.core.errors import BadData, NotPermitted, Refused, Unknown
from usher.core.events import Context
from usher.core.offers import ADDRESS
from usher.core.schema import Strict
from usher.core.testing import Branch, branch
from usher.integrations.kiosk.qr import drawn

YAML = """
usher: {name: {en: Branch, zh-CN: 支行}, languages: [zh-CN, en], time_zone: Asia/Shanghai}
queue:
  main: {name: {en: Main, zh-CN: 主要业务}, prefix: A, services: {cheque: {name: {en: Cheques, zh-CN: 支票}}}}
  side: {name: Side, prefix: B}
counter: {"1": {name: Window 1, serves: [main, side]}}
kiosk:
  lobby:
    hint: Sit down.
    menu:
      - {queue: main}
      - {name: More, menu: [{queue: main, service: cheque, hint: Stay here.}]}
"""


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncGenerator[Branch, None]:
    async with branch(YAML, tmp_path) as running:
        yield running


class Printed(Strict):
    """Data of a printer that only notes."""

    printer: str
    ticket: dict[str, Any]
    data: dict[str, Any]
    language: str | None = None


def with_printer(paper: str) -> str:
    return YAML.replace("    hint:", f"    printer: printer.lobby\n    paper: {paper}\n    hint:") + (
        "printer: [{platform: escpos, id: lobby, preview: true}]\n")  # fmt: skip


async def test_a_number_from_the_menu(hall: Branch) -> None:
    answer = await hall.act("kiosk.issue", kiosk="lobby", queue="main", language="en", party=2)
    ticket = answer["ticket"]
    assert (ticket["number"], ticket["origin"], ticket["language"], ticket["party"]) == ("A001", "kiosk.lobby", "en", 2)
    assert (answer["ahead"], answer["hint"], answer["printing"]) == (0, "Sit down.", False)
    again = await hall.act("kiosk.issue", kiosk="kiosk.lobby", queue="queue.main", service="cheque")
    assert (again["ticket"]["number"], again["ticket"]["service"]) == ("A002", "cheque")
    assert (again["ahead"], again["hint"]) == (1, "Stay here.")


async def test_what_is_not_on_the_menu(hall: Branch) -> None:
    for data in ({"queue": "side"}, {"queue": "main", "service": "account"}, {"queue": "nowhere"}):
        with pytest.raises(Refused) as refused:
            await hall.act("kiosk.issue", kiosk="lobby", **data)
        assert refused.value.code == "not_on_menu"
        assert refused.value.say("zh-CN") == "这台取号机不办理该业务。"
    with pytest.raises(Unknown, match="no kiosk door"):
        await hall.act("kiosk.issue", kiosk="door", queue="main")
    assert hall.events("ticket_issued") == []


@pytest.mark.parametrize("data", [{}, {"queue": "x" * 1000}, {"queue": "main", "party": 0}, {"queue": "main", "urgency": 5},
                                  {"queue": "main", "class": "vip"}])  # fmt: skip
async def test_data_that_does_not_fit(hall: Branch, data: dict[str, Any]) -> None:
    with pytest.raises(BadData):
        await hall.act("kiosk.issue", kiosk="lobby", **data)


async def test_the_same_request_is_the_same_ticket(hall: Branch) -> None:
    ask = [hall.act("kiosk.issue", request_id="r1", kiosk="lobby", queue="main") for _ in range(20)]
    answers = await asyncio.gather(*ask)
    assert {a["ticket"]["id"] for a in answers} == {answers[0]["ticket"]["id"]}
    assert len(hall.events("ticket_issued")) == 1


async def test_two_callers_requests_are_two(hall: Branch) -> None:
    """A request id of one screen never opens the ticket of another."""
    links = hall.engine.accounts.links
    callers = [links.read(links.sign(f"kiosk/{n}", ("action:kiosk.issue", "entity:kiosk.lobby"))) for n in "ab"]
    numbers = []
    for caller in callers:
        assert caller is not None
        answer = await hall.engine.actions.call("kiosk.issue", {"kiosk": "lobby", "queue": "main"},
                                                Call(caller, Context(), "same"))  # fmt: skip
        assert answer is not None
        numbers.append(answer["ticket"]["number"])
    assert numbers == ["A001", "A002"]


async def test_its_link_draws_numbers_and_nothing_else(hall: Branch) -> None:
    view = hall.engine.views.get("kiosk/lobby")
    assert view is not None
    caller = hall.engine.accounts.links.read(hall.engine.accounts.links.sign(view.name, view.scopes))
    assert caller is not None
    await hall.engine.actions.call("kiosk.issue", {"kiosk": "lobby", "queue": "main"}, Call(caller))
    for name, data in (("queue.issue", {"queue": "main"}), ("kiosk.issue", {"kiosk": "door", "queue": "main"}),
                       ("queue.pause", {"queue": "main"}), ("ticket.list", {})):  # fmt: skip
        with pytest.raises(NotPermitted):
            await hall.engine.actions.call(name, data, Call(caller))


async def test_why_it_was_issued_is_kept(hall: Branch) -> None:
    context = Context(user_id="somebody")
    await hall.engine.actions.call("kiosk.issue", {"kiosk": "lobby", "queue": "main"}, Call(hall.caller, context))
    (event,) = hall.events("ticket_issued")
    assert context.id in (event.context.id, event.context.parent_id)


async def test_a_paused_queue_says_why(hall: Branch) -> None:
    await hall.act("queue.pause", queue="main", reason={"en": "Back at two", "zh-CN": "两点恢复"})
    with pytest.raises(Refused) as refused:
        await hall.act("kiosk.issue", kiosk="lobby", queue="main")
    assert refused.value.code == "paused"
    assert "两点恢复" in refused.value.say("zh-CN")


async def test_the_address_on_the_code(hall: Branch, tmp_path: Path) -> None:
    answer = await hall.act("kiosk.issue", kiosk="lobby", queue="main")
    assert answer["link"].startswith("/t/")
    assert answer["qr"] is None  # no address is known: a code would lead nowhere
    hall.engine.offers.add(ADDRESS, "http", "http://192.0.2.7:8780")
    answer = await hall.act("kiosk.issue", kiosk="lobby", queue="main")
    assert answer["link"].startswith("http://192.0.2.7:8780/t/")
    assert answer["qr"] == drawn(answer["link"])
    assert answer["qr"].startswith("<svg xmlns")
    assert len(answer["qr"]) < 6000


@pytest.mark.parametrize(("state", "prints"), [
    ("ready", True), ("busy", True), ("paper_low", True), ("paper_out", False), ("fault", False), ("offline", False)])  # fmt: skip
@pytest.mark.parametrize("paper", ["wanted", "required"])
async def test_paper(tmp_path: Path, state: str, prints: bool, paper: str) -> None:
    async with branch(with_printer(paper), tmp_path) as hall:
        printed: list[tuple[Printed, str | None]] = []

        async def note(data: Printed, call: Call) -> None:
            printed.append((data, call.request_id))

        printer = hall.engine.actions.get("printer.print")
        assert printer is not None
        hall.engine.actions._forget(printer)  # paper itself is the printer's tests' matter
        from usher.core.actions import action

        hall.engine.actions.add(action("printer.print", Printed, note))
        hall.engine.states.set("printer.lobby", state)
        if paper == "required" and not prints:
            with pytest.raises(Refused) as refused:
                await hall.act("kiosk.issue", kiosk="lobby", queue="main")
            assert refused.value.code == "printer_unavailable"
            assert hall.events("ticket_issued") == []
            return
        answer = await hall.act("kiosk.issue", request_id="r", kiosk="lobby", queue="main", language="en")
        assert answer["printing"] is prints
        await asyncio.sleep(0)
        assert [p.ticket["number"] for p, _ in printed] == (["A001"] if prints else [])
        for data, request_id in printed:
            assert (data.printer, data.language, data.data["ahead"]) == ("lobby", "en", 0)
            assert request_id == f"ticket/{answer['ticket']['id']}"  # the printer's own memory makes a repeat harmless


async def test_a_ticket_is_printed_once(tmp_path: Path) -> None:
    """The real road: twice the same request, one ticket on paper."""
    async with branch(with_printer("wanted"), tmp_path) as hall:
        done: asyncio.Queue[None] = asyncio.Queue()
        hall.engine.bus.listen(lambda event: done.put_nowait(None), "print_done")
        for _ in range(2):
            await hall.act("kiosk.issue", request_id="r", kiosk="lobby", queue="main")
        await asyncio.wait_for(done.get(), 60)
        await hall.act("kiosk.issue", request_id="s", kiosk="lobby", queue="main")
        await asyncio.wait_for(done.get(), 60)
        assert [e.data["ticket"] for e in hall.events("print_done")] == ["A001", "A002"]
