"""The logbook: sentences in two languages, and causes by the true chain of contexts, never by what was near in time."""

from typing import Any

import pytest
from usher.core.hall.events import ALL_EVENTS
from usher.integrations.recorder.archive import logbook
from usher.integrations.recorder.archive.words import MESSAGES

from .conftest import NOW, Desk, event, state

NAMES = {"queue.a": "Personal", "counter.1": "Window 1", "kiosk.lobby": "Lobby", "automation.lamp": "Lamp",
         "light.l": "Light", "counter.2": "Window 2", "appointment.passport": "Passport"}  # fmt: skip
CHINESE = {"queue.a": "个人业务", "counter.1": "1号窗口", "kiosk.lobby": "大厅", "appointment.passport": "护照"}
TICKET = {"number": "A012", "queue": "a", "counter": "1", "calls": 1, "origin": "kiosk.lobby"}


BOOKED = {"id": "X", "type": "passport", "queue": "a", "state": "booked"}


def said(entry: dict[str, Any]) -> str:
    return f"{entry['name']} {entry['message']}"


def test_each_event_of_the_hall_has_its_sentence() -> None:
    assert set(ALL_EVENTS) <= set(MESSAGES)
    assert all(en and zh for en, zh in MESSAGES.values())


def test_sentences(desk: Desk) -> None:
    rows = [
        ("ticket_issued", {"ticket": TICKET}, "A012 was issued for Personal at Lobby", "A012 在大厅取号：个人业务"),
        ("ticket_issued", {"ticket": TICKET | {"origin": None}}, "A012 was issued for Personal", "A012 已取号：个人业务"),
        ("ticket_called", {"ticket": TICKET}, "A012 was called to Window 1", "A012 请到1号窗口"),
        ("ticket_called", {"ticket": TICKET | {"calls": 3}}, "A012 was called again to Window 1 (call 3)",
         "A012 第 3 次呼叫，请到1号窗口"),
        ("ticket_no_show", {"ticket": TICKET}, "A012 did not come to Window 1", "A012 过号，未到1号窗口"),
        ("ticket_transferred", {"ticket": TICKET}, "A012 was transferred to Personal", "A012 已转到个人业务"),
        ("counter_paused", {"counter": "1", "staff": "bo", "reason": "tea"}, "Window 1 was paused", "1号窗口 暂停服务"),
        ("queue_resumed", {"queue": "a", "reason": None}, "Personal is open again", "个人业务 恢复取号"),
        ("appointment_booked", {"appointment": BOOKED}, "Passport was booked for Personal", "护照 已预约：个人业务"),
        ("appointment_arrived", {"appointment": BOOKED, "number": "A007"}, "Passport has checked in, number A007",
         "护照 已签到，号码 A007"),
        ("visitor_blocked", {"visitor": {"id": "C1"}}, "C1 was blocked", "C1 已列入黑名单"),
        ("feedback_given", {"ticket": TICKET, "level": "fair", "level_name": {"en": "Fair", "zh-CN": "一般"}},
         "A012 was rated Fair at Window 1", "A012 在1号窗口评价：一般"),
        ("bad_rating", {"ticket": TICKET}, "A012 was rated badly at Window 1", "A012 在1号窗口给出差评"),
        ("day_began", {"day": "2026-11-22", "let_go": 2}, "usher began the business day 2026-11-22",
         "usher 开始营业日 2026-11-22"),
        ("automation_triggered", {"name": "Lamp", "entity_id": "automation.lamp", "source": "state of x"},
         "Lamp triggered by state of x", "Lamp 由 state of x 触发"),
        ("logbook_entry", {"name": "Door", "message": "was forced", "entity_id": "door.a"}, "Door was forced",
         "Door was forced"),
    ]  # fmt: skip
    for n, (kind, data, *_) in enumerate(rows):
        desk.write(event(kind, NOW + n, data, f"C{n}"))
    assert [said(one) for one in desk.logbook(names=NAMES)] == [english for *_, english, _ in rows]
    assert [said(one) for one in desk.logbook(names=CHINESE, chinese=True)] == [chinese for *_, chinese in rows]


def test_domains_and_entities(desk: Desk) -> None:
    desk.write(event("ticket_called", NOW, {"ticket": TICKET}), event("other_event", NOW, {}))
    desk.write(state("light.l", "on", NOW + 1, "C2"), state("queue.a", 4, NOW + 2, "C2", kind=4),
               state("light.l", "on", NOW + 3, "C2", kind=1), state("light.new", "on", NOW + 4, "C2", kind=2))  # fmt: skip
    entries = desk.logbook(names=NAMES)
    assert [(one.get("domain"), one["entity_id"], one.get("state")) for one in entries] == [
        ("ticket", "counter.1", None), (None, "light.l", "on")]  # fmt: skip
    assert entries[1]["name"] == "Light"
    assert desk.logbook(names=NAMES, entity_ids=["queue.a"])[0]["name"] == "A012"  # its queue's book has it too
    assert desk.logbook(names=NAMES, entity_ids=["counter.2"]) == []


def hall(desk: Desk) -> None:
    """A visitor's tap, the automation it set off, and what that did, a long delay later."""
    desk.write(
        event("ticket_issued", NOW, {"ticket": TICKET}, "tap", user="kiosk.lobby"),
        event("automation_triggered", NOW + 1, {"name": "Lamp", "entity_id": "automation.lamp", "source": "event"},
              "run", parent="tap", user="kiosk.lobby"),
    )  # fmt: skip
    desk.write(event("counter_paused", NOW + 2, {"counter": "2", "staff": "bo"}, "bo", user="u-bo"))
    desk.write(state("counter.2", "paused", NOW + 2, "bo", user="u-bo"))
    desk.write(state("light.l", "on", NOW + 3600, "run", parent="tap", user="kiosk.lobby"))


def test_a_cause_is_right_after_a_delay(desk: Desk) -> None:
    """Home Assistant blames whoever acted last (core 45579): here the automation is the cause an hour later."""
    hall(desk)
    light = desk.logbook(names=NAMES)[-1]
    assert light["entity_id"] == "light.l"
    assert light["context_user_id"] == "kiosk.lobby"
    assert (light["context_event_type"], light["context_domain"]) == ("automation_triggered", "automation")
    assert (light["context_name"], light["context_entity_id"]) == ("Lamp", "automation.lamp")
    assert light["context_entity_id_name"] == "Lamp"
    assert light["context_source"] == "event"
    assert [(link["event_type"], link["name"]) for link in light["chain"]] == [
        ("automation_triggered", "Lamp"), ("ticket_issued", "A012")]  # fmt: skip
    assert light["chain"][1]["message"] == "was issued for Personal at Lobby"


def test_what_is_near_in_time_is_no_cause(desk: Desk) -> None:
    """A window of 5 s stamps one person's act with another's name (core 60302): contexts do not."""
    hall(desk)
    desk.write(event("counter_signed_in", NOW + 2.001, {"counter": "1", "staff": "li"}, "li", user="u-li"))
    desk.write(state("counter.1", "idle", NOW + 2.001, "li", user="u-li"))
    by_id = {one["entity_id"]: one for one in desk.logbook(names=NAMES) if "state" in one}
    assert by_id["counter.2"]["context_user_id"] == "u-bo"
    assert by_id["counter.2"]["context_event_type"] == "counter_paused"
    assert by_id["counter.1"]["context_user_id"] == "u-li"
    assert by_id["counter.1"]["context_event_type"] == "counter_signed_in"


def test_the_first_of_a_chain_has_no_cause(desk: Desk) -> None:
    hall(desk)
    issued = desk.logbook(names=NAMES)[0]
    assert "chain" not in issued
    assert "context_event_type" not in issued


def test_what_happened_in_one_call_is_not_its_own_cause(desk: Desk) -> None:
    """Two events of one call (the former visitor is finished, the next is called) are sisters."""
    desk.write(event("ticket_finished", NOW, {"ticket": TICKET}, "C"),
               event("ticket_called", NOW, {"ticket": TICKET | {"number": "A013"}}, "C", origin=0))  # fmt: skip
    assert [("chain" in one) for one in desk.logbook(names=NAMES)] == [False, False]


def test_the_chain_holds_where_a_link_was_not_recorded(desk: Desk) -> None:
    """Automations excluded from the recorder: what their contexts began with is known all the same."""
    desk.write(event("ticket_issued", NOW, {"ticket": TICKET}, "tap"))
    desk.write(event("automation_triggered", NOW, {"name": "Lamp", "entity_id": "automation.lamp"}, "run", parent="tap",
                     keep=0))  # fmt: skip
    desk.write(state("light.l", "on", NOW + 1, "run", parent="tap"))
    entries = desk.logbook(names=NAMES)
    assert len(entries) == 2
    assert [link["name"] for link in entries[1]["chain"]] == ["Lamp", "A012"]


def test_a_state_may_be_the_cause(desk: Desk) -> None:
    desk.write(state("binary_sensor.door", "on", NOW, "door", origin=1))
    desk.write(event("automation_triggered", NOW + 1, {"name": "Lamp", "entity_id": "automation.lamp"}, "run",
                     parent="door"))  # fmt: skip
    lamp = desk.logbook(names=NAMES)[-1]
    assert (lamp["context_entity_id"], lamp["context_state"]) == ("binary_sensor.door", "on")
    assert "context_event_type" not in lamp


def test_a_chain_of_any_length_ends(desk: Desk) -> None:
    for n in range(60):
        desk.write(event("automation_triggered", NOW + n, {"name": f"L{n}", "entity_id": f"automation.l{n}"}, f"c{n}",
                         parent=f"c{n - 1}" if n else "c59"))  # fmt: skip
    chains = [len(one["chain"]) for one in desk.logbook(names=NAMES)]
    assert max(chains) <= logbook.LONGEST


def test_who_may_not_know_is_not_told(desk: Desk) -> None:
    hall(desk)
    asked = {"names": NAMES, "readable": ["light.l"], "hearable": ["ticket_issued"]}
    entries = desk.logbook(**asked)
    assert [one["entity_id"] for one in entries] == ["light.l"]
    light = entries[0]
    assert "context_event_type" not in light
    assert "context_name" not in light
    assert all(set(link) == {"context_id", "when"} for link in light["chain"])
    assert "Lamp" not in str(entries)
    assert "A012" not in str(entries)


@pytest.mark.parametrize("page", [1, 3, 1000])
def test_pages_leave_nothing_out(desk: Desk, page: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logbook, "PAGE", page)
    for n in range(8):
        desk.write(event("ticket_called", NOW + n // 3, {"ticket": TICKET | {"number": f"A{n}"}}, f"c{n}"),
                   state("light.l", f"s{n}", NOW + n // 3, f"c{n}"))  # fmt: skip
    whole = [one.get("state") or one["name"] for one in desk.logbook(names=NAMES)]
    assert whole == [one for n in range(8) for one in (f"A{n}", f"s{n}")]
    late = desk.ask("logbook", start=0, end=1e12, names=NAMES, since=14, after=None)
    assert late["last"] == 16 if page > 1 else 15


def test_one_context_and_what_came_of_it(desk: Desk) -> None:
    hall(desk)
    assert [one["name"] for one in desk.logbook(names=NAMES, context_id="tap")] == ["A012", "Lamp", "Light"]
    assert [one["name"] for one in desk.logbook(names=NAMES, context_id="run")] == ["Lamp", "Light"]


def test_a_period(desk: Desk) -> None:
    hall(desk)
    assert [one["name"] for one in desk.logbook(names=NAMES, start=NOW + 1, end=NOW + 2)] == ["Lamp"]
