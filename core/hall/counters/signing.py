"""Who sits at a counter: signed in and out, paused and resumed."""

from collections.abc import Sequence
from typing import Any, cast

from ...access import Caller
from ...errors import NotPermitted, Refused
from ...words import Words
from ..config import Serves
from ..events import (
    COUNTER_PAUSED,
    COUNTER_PAUSING,
    COUNTER_RESUMED,
    COUNTER_SERVES,
    COUNTER_SIGNED_IN,
    COUNTER_SIGNED_OUT,
)
from ..floor import CounterRow
from ..hall import Hall
from ..journal import Answer, Decision
from .leaving import close


def who(hall: Hall, caller: Caller, named: str | None) -> tuple[str, str]:
    """(id, name) of who signs in. In a hall that lists its staff they go by their id there. Raises NotPermitted, Refused."""
    listed = hall.staff.find(caller.name, caller.id)
    if caller.role == "staff":
        itself = named is None or named in (caller.id, caller.name) or hall.staff.find(named) == listed is not None
        if not itself:
            raise NotPermitted({"en": "Staff sign in as themselves only.", "zh-CN": "只能以本人身份签到。"})
    elif named is not None:
        if not hall.staff.staff:
            return named, named
        listed = hall.staff.known(named)
    return (caller.id, caller.name) if listed is None else (listed, _said(hall.staff.staff[listed].name, hall))


def _said(name: Words, hall: Hall) -> str:
    if isinstance(name, str):
        return name
    return next((name[language] for language in hall.site.languages if language in name), next(iter(name.values())))


def sign_in(hall: Hall, d: Decision, counter: str, staff: str, name: str, move: bool) -> Answer:
    """This counter is theirs; `move` leaves another one, or takes this one over."""
    hall.counter(counter)
    row = hall.counter_row(d, counter)
    if sits(row, staff, name):
        return {"counter": counter, "staff": name}
    if row["staff"] is not None and not move:
        raise Refused("counter_taken", {
            "en": "{staff} is signed in at this counter.", "zh-CN": "{staff} 已在本窗口签到。"},
            staff=row["staff_name"])  # fmt: skip
    _leave_other(hall, d, counter, staff, name, move)
    if row["staff"] is not None:  # taken over
        d.event(COUNTER_SIGNED_OUT, {"counter": counter, "staff": row["staff"], "reason": None})
    d.put("counter", counter, by_itself({**row, "staff": staff, "staff_name": name, "since": d.now}))
    d.event(COUNTER_SIGNED_IN, {"counter": counter, "staff": staff, "reason": None})
    return {"counter": counter, "staff": name}


def _leave_other(hall: Hall, d: Decision, counter: str, staff: str, name: str, move: bool) -> None:
    for other, row in list(d.floor.counters.items()):
        if not sits(row, staff, name) or other == counter:
            continue
        if not move or row["ticket"]:
            raise Refused("signed_in_elsewhere", {
                "en": "You are signed in at counter {counter}.", "zh-CN": "您已在 {counter} 号窗口签到。"},
                counter=other)  # fmt: skip
        close(hall, d, other)


def pause(hall: Hall, d: Decision, counter: str, reason: Any) -> Answer:
    """Nobody is called there; while somebody is served it takes effect afterwards. `reason` is one of the YAML, or words."""
    hall.open_counter(d.floor, counter)
    row = hall.counter_row(d, counter)
    listed = hall.config.pause_reason.get(reason) if isinstance(reason, str) else None
    row = {**row, "reason": reason if listed is None else listed.name}
    if row["ticket"] is not None:
        d.put("counter", counter, {**row, "pausing": True})
        d.event(COUNTER_PAUSING, {"counter": counter, "staff": row["staff"], "reason": row["reason"], "pausing": True})
        return {"counter": counter, "paused": False, "pausing": True}
    d.put("counter", counter, {**row, "paused": True, "since": d.now})
    d.event(COUNTER_PAUSED, {"counter": counter, "staff": row["staff"], "reason": row["reason"]})
    return {"counter": counter, "paused": True}


def resume(hall: Hall, d: Decision, counter: str) -> Answer:
    """Serving again; what was not to be called by itself may be."""
    hall.open_counter(d.floor, counter)
    row = hall.counter_row(d, counter)
    was, by_hand = row["paused"], row.get("by_hand", False)
    if was or row["pausing"] or by_hand:
        since = d.now if was else row["since"]
        d.put("counter", counter, by_itself({**row, "paused": False, "pausing": False, "reason": None, "since": since}))
        told = {"counter": counter, "staff": row["staff"], "reason": None}
        if was or by_hand:
            d.event(COUNTER_RESUMED, told)
        else:
            d.event(COUNTER_PAUSING, {**told, "pausing": False})
    return {"counter": counter, "paused": False}


def set_serves(hall: Hall, d: Decision, counter: str, serves: Sequence[Serves]) -> Answer:
    """From now on the counter serves these, whatever the YAML says; none: what the YAML says."""
    hall.counter(counter)
    for one in serves:
        hall.queue(one.queue)
    row = {key: value for key, value in hall.counter_row(d, counter).items() if key != "serves"}
    if serves:
        row["serves"] = [{"queue": one.queue, "priority": one.priority} for one in serves]
    d.put("counter", counter, row)
    told = [one.queue for one in serves] or None
    d.event(COUNTER_SERVES, {"counter": counter, "staff": row["staff"], "serves": told})
    return {"counter": counter, "serves": [one.queue for one in hall.staff.serves(d.floor, counter)]}


def by_itself(row: CounterRow) -> CounterRow:
    """With the next one called by itself, where the counter does that."""
    return cast("CounterRow", {key: value for key, value in row.items() if key != "by_hand"})


def sits(row: CounterRow, staff: str, name: str) -> bool:
    """Whether this is who is signed in there: by id, or by the name a manager or a keypad gave."""
    return row["staff"] is not None and (row["staff"] == staff or row["staff_name"] == name)
