"""What is wrong with the plans of the YAML: services, counters, staff and pools that are not there for a leg."""

from collections.abc import Iterable

from ...errors import Problem
from ...integration import Checked
from ...schema import did_you_mean
from ...source import place_of
from ..config import HallConfig
from ..config.legs import BACK, Leg

Loc = tuple[str | int, ...]


def check_plans(checked: Checked, config: HallConfig) -> None:
    """Complain about each leg that could not begin as it is written."""
    for name, queue in config.queue.items():
        _check(checked, config, ("queue", name, "then"), queue.then)
        for key, service in queue.services.items():
            _check(checked, config, ("queue", name, "services", key, "then"), service.then or ())


def _check(checked: Checked, config: HallConfig, loc: Loc, plan: Iterable[Leg]) -> None:
    pools = {pool for counter in config.counter.values() for pool in counter.pools}
    pools |= {pool for one in config.staff.values() for pool in one.pools}
    for at, leg in enumerate(plan):
        queue = config.queue.get(leg.queue)
        counter = config.counter.get(leg.counter or "")
        if leg.queue == BACK:
            _complain(
                checked, (*loc, at), "back is where staff sent somebody from, and here nobody was sent. Name the queue."
            )
        if sum(one is not None for one in (leg.counter, leg.staff, leg.pool)) > 1:
            _complain(checked, (*loc, at), "it is kept for a counter, for staff or for a pool, not for two. Keep one.")
        if queue is not None and leg.service is not None and leg.service not in queue.services:
            _missing(checked, (*loc, at), f"queue.{leg.queue} has no service", leg.service, queue.services)
        if counter is not None and leg.queue not in {one.queue for one in counter.serves}:
            _complain(checked, (*loc, at), f"counter.{leg.counter} does not serve queue.{leg.queue}.")
        if leg.staff is not None and leg.staff not in config.staff:
            _missing(checked, (*loc, at), "there is no staff", leg.staff, config.staff)
        if leg.pool is not None and leg.pool not in pools:
            _missing(checked, (*loc, at), "there is no pool", leg.pool, pools)


def _missing(checked: Checked, loc: Loc, what: str, name: str, known: Iterable[str]) -> None:
    _complain(checked, loc, f"{what} {name!r}.{did_you_mean(name, sorted(known))}")


def _complain(checked: Checked, loc: Loc, text: str) -> None:
    said = ".".join(str(step) for step in loc)
    checked.problems.append(Problem(place_of(checked.tree, loc, key=True), f"{said}: {text}"))
