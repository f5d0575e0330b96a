"""The figures of a day: waits by queue and class, what counters did, automations, announcements, refusals, problems."""

from collections.abc import Iterable, Sequence
from typing import Any

from ..clock import local
from .day import Day
from .notes import Life, Logged


def figures(day: Day) -> dict[str, Any]:
    """Everything as JSON; spans in seconds."""
    notes, recording, scenario = day.notes, day.recording, day.scenario
    lives = list(notes.lives.values())
    queues = list(day.configuration.models.get("queue", {}))
    classes = sorted({life.class_ for life in lives})
    fired: dict[str, int] = dict.fromkeys(sorted(day.automations), 0)
    for one in notes.fired:
        fired[one.entity_id] = fired.get(one.entity_id, 0) + 1
    return {
        "hall": _plain(day.configuration.usher.name),
        "day": scenario.day.isoformat(),
        "seed": scenario.seed,
        "hours": [[begin, end] for begin, end in scenario.hours],
        "visitors": day.arrivals,
        "tickets": {
            "issued": len(lives), **{what: sum(life.outcome == what for life in lives)
                                     for what in ("finished", "cancelled", "missed", "left")}},
        "queues": {queue: _waits((life for life in lives if life.queue == queue), queue) for queue in queues},
        "classes": {class_: _waits(life for life in lives if life.class_ == class_) for class_ in classes},
        "all": _waits(lives),
        "counters": {name: _counter(day, name) for name in day.configuration.models.get("counter", {})},
        "automations": [{"entity_id": entity_id, "name": day.automations.get(entity_id, entity_id), "fired": count}
                        for entity_id, count in fired.items()],
        "never_fired": [entity_id for entity_id, count in fired.items() if not count],
        "announcements": {
            "spoken": len(recording.said), "seconds": round(sum(one.seconds for one in recording.said), 1),
            "languages": dict(sorted(notes.announced.items())), "dropped": dict(sorted(notes.dropped.items())),
            "waited": _spread(notes.waited)},
        "shown": len(recording.shown),
        "printed": len(recording.printed),
        "not_printed": dict(sorted(notes.print_failures.items())),
        "asked": _tally(one.action for one in recording.asked),
        "not_entered": recording.not_entered,
        "refusals": [{"action": action, "code": code, "times": times}
                     for (action, code), times in sorted(notes.refusals.items())],
        "errors": _errors(notes.log),
        "problems": [dict(one) if not isinstance(one, str) else one for one in notes.laws.broken],
        "problems_count": notes.laws.count,
    }  # fmt: skip


def _waits(lives: Iterable[Life], queue: str | None = None) -> dict[str, Any]:
    mine = list(lives)
    waits = [wait for life in mine for where, wait in life.waits if queue is None or where == queue]
    return {"tickets": len(mine), "called": sum(bool(life.calls) for life in mine), **_spread(waits),
            "no_shows": sum(life.missed for life in mine),
            "unserved": sum(life.outcome in ("cancelled", "left", "missed") for life in mine)}  # fmt: skip


def _spread(values: Sequence[float]) -> dict[str, float | None]:
    """Mean, median, the ninth tenth, the longest."""
    if not values:
        return {"mean": None, "median": None, "p90": None, "max": None}
    ordered = sorted(values)
    return {"mean": round(sum(ordered) / len(ordered), 1), "median": _at(ordered, 0.5), "p90": _at(ordered, 0.9),
            "max": round(ordered[-1], 1)}  # fmt: skip


def _at(ordered: Sequence[float], part: float) -> float:
    """The value that this part of all do not exceed, between neighbours by a straight line."""
    place = part * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return round(ordered[low] + (ordered[high] - ordered[low]) * (place - low), 1)


def _counter(day: Day, name: str) -> dict[str, Any]:
    desk = day.notes.desks.get(name)
    states = ("idle", "calling", "serving", "paused")
    spent = {state: round(desk.spent[state], 1) if desk else 0.0 for state in states}
    open_for = spent["idle"] + spent["calling"] + spent["serving"]
    busy = spent["calling"] + spent["serving"]
    return {"served": desk.served if desk else 0, "no_shows": desk.missed if desk else 0, **spent,
            "utilisation": round(busy / open_for, 3) if open_for else None}  # fmt: skip


def _errors(log: Sequence[Logged]) -> list[dict[str, Any]]:
    """What was logged, each text once with how often."""
    found: dict[tuple[str, str, str], int] = {}
    for one in log:
        key = (one.level, one.room, one.text)
        found[key] = found.get(key, 0) + 1
    return [
        {"level": level, "room": room, "text": text, "times": times} for (level, room, text), times in found.items()
    ]


def _tally(names: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name in names:
        found[name] = found.get(name, 0) + 1
    return dict(sorted(found.items()))


def _plain(words: Any) -> Any:
    return words if isinstance(words, str) else dict(words)


def stamp(day: Day, at: float) -> str:
    """A moment as the hall's wall shows it."""
    moment = local(day.clock, at)
    return f"{moment:%H:%M:%S}" if moment.date() == day.scenario.day else f"{moment:%m-%d %H:%M:%S}"
