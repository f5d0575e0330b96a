"""Who has booked: before the day begins some of its free places are taken, and their visitors come about that time."""

from collections.abc import Mapping
from typing import Any, Final

from .arrivals import Arrival
from .people import World
from .scenario import Scenario, picked, within

EARLY: Final = (60.0, 900.0)  # seconds before the slot: most are a little early
LATE: Final = (60.0, 1800.0)  # after it
ARE_LATE: Final = 0.1


async def book(world: World, scenario: Scenario, first: int) -> list[tuple[Arrival, str]]:
    """(visitor, appointment id) of all that come, in order of time; the visitors' numbers go on from `first`."""
    types = world.engine.configuration.models.get("appointment", {})
    coming: list[tuple[Arrival, str]] = []
    n = first
    for name in types if scenario.booked else ():
        for at in await _wanted(world, scenario, name):
            chance = scenario.chance("booked", n)
            arrival = await _booked(world, scenario, name, at, n)
            if arrival is not None and chance.random() >= scenario.missing:
                coming.append(arrival)
            n += 1
    return sorted(coming, key=lambda one: (one[0].at, one[0].n))


async def _wanted(world: World, scenario: Scenario, name: str) -> list[float]:
    """The times that are asked for: of each slot's free places so many, by chance."""
    chance = scenario.chance("slots", name)
    answer = await world.act("appointment.slots", {"type": name, "day": scenario.day.isoformat()})
    slots: list[Mapping[str, Any]] = list((answer or {}).get("slots", ()))
    return [slot["at"] for slot in slots for _ in range(slot["free"]) if chance.random() < scenario.booked]


async def _booked(world: World, scenario: Scenario, name: str, at: float, n: int) -> tuple[Arrival, str] | None:
    chance = scenario.chance("booking", n)
    language = picked(scenario.languages, chance) or None
    answer = await world.act("appointment.book", {
        "type": name, "at": at, "origin": "web", "name": f"Visitor {n}", "phone": f"1{n:010d}", "case": f"C{n}",
        **({"language": language} if language else {})})  # fmt: skip
    if answer is None:
        return None
    about = world.engine.configuration.models["appointment"][name]
    late = chance.random() < ARE_LATE
    comes = at - world.midnight + (within(LATE, chance) if late else -within(EARLY, chance))
    arrival = Arrival(n, round(comes, 1), about.queue, about.service, language=language)
    return arrival, str(answer["appointment"]["id"])


__all__ = ["book"]
