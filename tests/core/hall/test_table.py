"""HALL's table: every action in every state of a ticket. What is not in the table is refused and changes nothing."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from usher.core.errors import Refused
from usher.core.testing import Branch

Act = Callable[[Branch, str], Awaitable[dict[str, Any]]]


async def _ticket(hall: Branch, ready: bool = True) -> str:
    return (await hall.act("queue.issue", queue="personal", ready=ready))["ticket"]["id"]


async def _reach(hall: Branch, state: str) -> str:
    """A ticket in this state, at counter 1 if it is at one."""
    await hall.act("counter.sign_in", counter="1", staff="amy")
    ticket = await _ticket(hall, ready=state != "pending")
    if state in ("called", "serving", "no_show", "finished"):
        await hall.act("counter.call", counter="1", ticket=ticket)
    if state == "serving":
        await hall.act("counter.start", counter="1")
    for name, action in {"no_show": "counter.no_show", "finished": "counter.finish"}.items():
        if state == name:
            await hall.act(action, counter="1")
    for name, action in {"held": "ticket.hold", "cancelled": "ticket.cancel"}.items():
        if state == name:
            await hall.act(action, ticket=ticket)
    if state == "staged":
        await hall.act("ticket.stage", ticket=ticket, counter="1")
    return ticket


STATES = ("pending", "waiting", "staged", "called", "serving", "held", "no_show", "finished", "cancelled")
AT = {name: (lambda n: lambda hall, _: hall.act(f"counter.{n}", counter="1"))(name)
      for name in ("call_next", "recall", "start", "finish", "put_back", "no_show")}  # fmt: skip
ON = {name: (lambda n: lambda hall, ticket: hall.act(f"ticket.{n}", ticket=ticket))(name)
      for name in ("ready", "requeue", "hold", "release", "cancel")}  # fmt: skip
ACTIONS: dict[str, Act] = {
    **{f"counter.{name}": act for name, act in AT.items()},
    **{f"ticket.{name}": act for name, act in ON.items()},
    "counter.call": lambda hall, ticket: hall.act("counter.call", counter="1", ticket=ticket),
    "ticket.transfer": lambda hall, ticket: hall.act("ticket.transfer", ticket=ticket, queue="corporate"),
    "ticket.stage": lambda hall, ticket: hall.act("ticket.stage", ticket=ticket, counter="1"),
    "ticket.move": lambda hall, ticket: hall.act("ticket.move", ticket=ticket, to="front", reason="asked"),
    "ticket.update": lambda hall, ticket: hall.act("ticket.update", ticket=ticket, note="wheelchair"),
}
# (action, from) -> (to, event)
TABLE = {
    ("ticket.ready", "pending"): ("waiting", "ticket_ready"),
    **{("counter.call_next", s): ("called", "ticket_called") for s in ("waiting", "staged")},
    **{("counter.call", s): ("called", "ticket_called") for s in ("pending", "waiting", "staged", "held", "no_show")},
    ("counter.recall", "called"): ("called", "ticket_called"),
    ("counter.start", "called"): ("serving", "ticket_started"),
    **{("counter.finish", s): ("finished", "ticket_finished") for s in ("serving", "called")},
    **{("counter.put_back", s): ("waiting", "ticket_put_back") for s in ("serving", "called")},
    ("counter.no_show", "called"): ("no_show", "ticket_no_show"),
    ("ticket.requeue", "no_show"): ("waiting", "ticket_requeued"),
    **{("ticket.transfer", s): ("waiting", "ticket_transferred")
       for s in ("pending", "waiting", "staged", "called", "serving", "held", "no_show")},
    **{("ticket.hold", s): ("held", "ticket_held") for s in ("waiting", "staged", "called", "serving")},
    ("ticket.release", "held"): ("waiting", "ticket_released"),
    **{("ticket.cancel", s): ("cancelled", "ticket_cancelled")
       for s in ("pending", "waiting", "staged", "called", "held", "no_show")},
    ("ticket.stage", "waiting"): ("staged", "ticket_staged"),
    ("ticket.move", "waiting"): ("waiting", "ticket_moved"),
    **{("ticket.update", s): (s, "ticket_updated")
       for s in ("pending", "waiting", "staged", "called", "serving", "held", "no_show")},
}  # fmt: skip


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("state", STATES)
async def test_every_action_in_every_state(hall: Branch, action: str, state: str) -> None:
    ticket = await _reach(hall, state)
    before = (await hall.act("ticket.get", ticket=ticket))["ticket"]
    counter_before = hall.state("counter.1")
    assert before["state"] == state
    heard = len(hall.heard)
    expected = TABLE.get((action, state))
    if expected is None:
        with pytest.raises(Refused):
            await ACTIONS[action](hall, ticket)
        assert (await hall.act("ticket.get", ticket=ticket))["ticket"] == before
        assert hall.state("counter.1") == counter_before
        assert len(hall.heard) == heard
        return
    to, event = expected
    answer = await ACTIONS[action](hall, ticket)
    assert answer["ticket"]["id"] == ticket
    assert answer["ticket"]["state"] == to
    after = (await hall.act("ticket.get", ticket=ticket))["ticket"]
    assert after == answer["ticket"]
    told = [e for e in hall.heard[heard:] if e.type.startswith("ticket_")]
    assert [e.type for e in told] == [event]
    assert told[0].data["ticket"] == after
    assert told[0].data["from"]["state"] == state
    present = hall.state("counter.1").attributes["ticket"]
    assert (present or {}).get("id") == (ticket if to in ("called", "serving") else None)
