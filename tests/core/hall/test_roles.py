"""Which role may do what in a hall: every action stands in the table, so that a new one is thought about."""

from pathlib import Path
from typing import Final

import pytest
from usher.core.access import Caller, may_act
from usher.core.actions import Call
from usher.core.errors import NotPermitted
from usher.core.testing import branch

YAML: Final = """
queue: {main: {name: Main, prefix: A}, other: {name: Other, prefix: B}}
counter: {"1": {name: One, serves: [main]}}
kiosk: {k: {menu: [{queue: main}]}}
feedback: {}
"""
MANAGER, STAFF, BOOKING = ("manager",), ("manager", "staff"), ("manager", "staff", "booking")
TABLE: Final = {
    BOOKING: "appointment.types appointment.slots appointment.book appointment.confirm appointment.change "
    "appointment.cancel appointment.get appointment.list",
    STAFF: "appointment.check_in appointment.mark_missed kiosk.issue kiosk.check_in "
    "counter.sign_in counter.sign_out counter.pause counter.resume counter.call_next counter.call counter.recall "
    "counter.start counter.finish counter.served counter.no_show counter.put_back counter.undo counter.lease "
    "counter.targets queue.issue queue.pause queue.resume queue.stage queue.estimate queue.next_numbers "
    "ticket.get ticket.list ticket.explain ticket.transfer ticket.hold ticket.release ticket.ready ticket.stage "
    "ticket.requeue ticket.cancel ticket.update ticket.split visitor.add visitor.update visitor.get visitor.find "
    "visitor.block",
    # Who serves rates nobody, and looks at nobody's ratings; numbers, places and the day are a supervisor's.
    MANAGER: "feedback.rate feedback.reasons feedback.stars feedback.list feedback.summary ticket.move queue.clear_day "
    "queue.skip_number counter.set_serves hall.open hall.close visitor.unblock visitor.forget "
    + " ".join(f"{key}.reload" for key in (
        "appointment", "calendar", "card", "class", "counter", "feedback", "hall", "kiosk", "pause_reason", "queue",
        "service_code", "staff", "visitor")),
}  # fmt: skip
HALLS: Final = ("appointment", "counter", "feedback", "hall", "kiosk", "queue", "ticket", "visitor")


async def test_every_action_of_the_hall_and_who_may_do_it(tmp_path: Path) -> None:
    wanted = {action: roles for roles, actions in TABLE.items() for action in actions.split()}
    async with branch(YAML, tmp_path) as hall:
        there = {one.name for one in hall.engine.actions.all() if one.name.partition(".")[0] in HALLS}
    assert there <= set(wanted), "a new action: say in the table which role may do it"
    may = {
        action: tuple(role for role in ("manager", "staff", "booking", "device", "screen")
                      if may_act((role, frozenset()), action)) for action in wanted
    }  # fmt: skip
    assert may == wanted


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("counter.set_serves", {"counter": "1", "serves": ["other"]}),
        ("queue.skip_number", {"queue": "main"}),
        ("queue.clear_day", {"queue": "main"}),
        ("queue.reload", {}),
        ("feedback.rate", {"counter": "1", "level": "1"}),
    ],
)
async def test_what_is_a_supervisors_is_refused_to_staff_and_changes_nothing(
    tmp_path: Path, action: str, data: dict[str, object]
) -> None:
    async with branch(YAML, tmp_path) as hall:
        heard = len(hall.heard)
        with pytest.raises(NotPermitted, match=action):
            await hall.engine.actions.call(action, data, Call(Caller("u", "Ann", "staff")))
        assert len(hall.heard) == heard
