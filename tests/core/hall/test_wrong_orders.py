"""Every action at a counter in every state of it: done, or refused with a code and a text in both languages; nothing changes."""

from typing import Any, Final

import pytest
from usher.core.errors import ActionError, Refused
from usher.core.testing import Branch

STATES: Final = ("closed", "idle", "calling", "serving", "paused")
# Action: what is answered in each of these states; None is done.
TABLE: Final[dict[str, tuple[str | None, ...]]] = {
    "counter.sign_in": (None, None, None, None, None),
    "counter.sign_out": ("counter_closed", None, "busy", "busy", None),
    "counter.pause": ("counter_closed", None, None, None, None),
    "counter.resume": ("counter_closed", None, None, None, None),
    "counter.call_next": ("counter_closed", None, "busy", "busy", "counter_paused"),
    "counter.call": ("counter_closed", None, "busy", "busy", "counter_paused"),
    "counter.recall": ("counter_closed", "no_ticket", None, "wrong_state", "no_ticket"),
    "counter.start": ("counter_closed", "no_ticket", None, "wrong_state", "no_ticket"),
    "counter.finish": ("counter_closed", "no_ticket", "must_start", None, "no_ticket"),
    "counter.no_show": ("counter_closed", "no_ticket", None, "wrong_state", "no_ticket"),
    "counter.put_back": ("counter_closed", "no_ticket", None, None, "no_ticket"),
    "counter.served": ("counter_closed", "no_ticket", None, None, "no_ticket"),
    "counter.undo": ("nothing_to_undo", "nothing_to_undo", None, None, "nothing_to_undo"),
}
MORE: Final[dict[str, dict[str, Any]]] = {
    "counter.sign_in": {"staff": "bob"},
    "counter.call": {"ticket": "B002"},
    "counter.served": {"code": "cheque"},
}


async def _stand(hall: Branch, state: str) -> None:
    """Counter 2, where a called ticket must be started, in this state; somebody waits."""
    for _ in range(2):
        await hall.act("queue.issue", queue="corporate")
    if state == "closed":
        return
    await hall.act("counter.sign_in", counter="2", staff="bob")
    if state == "paused":
        await hall.act("counter.pause", counter="2")
    elif state in ("calling", "serving"):
        await hall.act("counter.call_next", counter="2")
    if state == "serving":
        await hall.act("counter.start", counter="2")


@pytest.mark.parametrize("state", STATES)
async def test_every_action_at_every_state(hall: Branch, state: str) -> None:
    await _stand(hall, state)
    assert hall.state("counter.2").value == state
    wrong: list[str] = []
    for action, answers in TABLE.items():
        expected = answers[STATES.index(state)]
        if expected is None:
            continue
        heard, before = len(hall.heard), hall.state("counter.2")
        try:
            await hall.act(action, counter="2", **MORE.get(action, {}))
        except Refused as refused:
            if refused.code != expected or refused.say("en") == refused.say("zh-CN"):
                wrong.append(f"{action}: {refused.code}, not {expected}")
        else:
            wrong.append(f"{action}: done, not {expected}")
        if (len(hall.heard), hall.state("counter.2")) != (heard, before):
            wrong.append(f"{action}: something changed")
    assert wrong == []


@pytest.mark.parametrize(
    ("state", "action"),
    [(state, action) for action, answers in TABLE.items() for state, answer in zip(STATES, answers, strict=True)
     if answer is None],
)  # fmt: skip
async def test_what_may_be_done_is_done(hall: Branch, state: str, action: str) -> None:
    await _stand(hall, state)
    await hall.act(action, counter="2", **MORE.get(action, {}))


async def _ready(hall: Branch) -> None:
    await hall.act("counter.sign_in", counter="1", staff="amy")
    for _ in range(2):
        await hall.act("queue.issue", queue="personal")
    await hall.act("counter.call_next", counter="1")


@pytest.mark.parametrize(
    ("code", "action", "data"),
    [
        ("wrong_state", "ticket.hold", {"ticket": "A001"}),  # it is on hold
        ("wrong_state", "ticket.release", {"ticket": "A002"}),  # it waits
        ("wrong_state", "ticket.requeue", {"ticket": "A002"}),
        ("wrong_state", "ticket.ready", {"ticket": "A002"}),
        ("paused", "ticket.transfer", {"ticket": "A002", "queue": "corporate"}),
        ("not_served", "ticket.transfer", {"ticket": "A002", "queue": "loss", "counter": "2"}),
    ],
)
async def test_a_ticket_in_another_state(hall: Branch, code: str, action: str, data: dict[str, Any]) -> None:
    await _ready(hall)
    await hall.act("ticket.hold", ticket="A001")
    await hall.act("queue.pause", queue="corporate")
    heard = len(hall.heard)
    with pytest.raises(ActionError) as refused:
        await hall.act(action, **data)
    assert refused.value.code == code
    assert refused.value.say("en") != refused.value.say("zh-CN")
    assert len(hall.heard) == heard


async def test_who_is_called_elsewhere_is_not_called_here(hall: Branch) -> None:
    await _ready(hall)
    await hall.act("counter.sign_in", counter="2", staff="bob")
    with pytest.raises(Refused, match="being called"):
        await hall.act("counter.call", counter="2", ticket="A001")


async def test_half_of_finish_and_next_is_never_done(hall: Branch) -> None:
    """What cannot be finished keeps the next one waiting."""
    await hall.act("counter.sign_in", counter="2", staff="bob")
    for _ in range(2):
        await hall.act("queue.issue", queue="corporate")
    await hall.act("counter.call_next", counter="2")
    heard = len(hall.heard)
    with pytest.raises(Refused) as refused:
        await hall.act("counter.call_next", counter="2", current="finish")
    assert (refused.value.code, len(hall.heard)) == ("must_start", heard)
    assert hall.state("queue.corporate").value == 1
