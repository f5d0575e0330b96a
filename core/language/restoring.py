"""Bringing runs back that waited when the hall went down.

A run goes on with the very program it was begun with: if its automation or script was changed or removed, it ends, and
its trace says `changed`.
"""

import logging
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import orjson

from ..clock import Clock
from ..events import Context
from ..tables import Row
from .lanes import Lane
from .runner import Runner
from .runs import Owner, Run, Stack
from .traces import Trace, Traces

log = logging.getLogger("usher.automation")


class Restorable(Owner, Protocol):
    """An automation or a script."""

    entity_id: str
    lane: Lane

    @property
    def blueprint(self) -> Mapping[str, str] | None: ...


def restore(
    rows: Iterable[Row], owners: Mapping[str, Restorable], runner: Runner, traces: Traces, clock: Clock
) -> None:
    """Every stored run waits on for what is left of its time; what is late waits for the hall to be up."""
    found: dict[str, tuple[Run, dict[str, Any]]] = {}
    for row in rows:
        made = _read(row, owners, runner, traces, clock)
        if made is not None:
            found[made[0].id] = made
    for run, body in found.values():
        _link(run, body["root"], found)
    stacks = [stack for run, _ in found.values() if run.queued is None for stack in run.all()]
    runner.resume(sorted(stacks, key=lambda stack: (stack.due or 0.0, stack.run.id)))


def _read(
    row: Row, owners: Mapping[str, Restorable], runner: Runner, traces: Traces, clock: Clock
) -> tuple[Run, dict[str, Any]] | None:
    run_id, _, key, hashed, _, text = row
    owner = owners.get(key)
    name = owner.entity_id if owner is not None else key if "." in key else f"automation.{key}"
    trace = Trace(run_id, key.removeprefix("script.") if name == key else key, name, Context(), "", clock.now(),
                  blueprint=None if owner is None else owner.blueprint)  # fmt: skip
    if owner is not None and owner.hash == hashed:
        try:
            body: dict[str, Any] = orjson.loads(text)
            identity, parent, user, depth = body["context"]
            trace.context = Context(identity, parent, user, depth)
            run = Run(owner, trace.context, trace, clock, "", {})
            run.unpack_all(body)
            if not all(map(_fits, run.all())):
                raise ValueError("its place is not in the program")
        except (ValueError, KeyError, TypeError) as error:
            log.error("A stored run of %s cannot be read and is given up: %s", owner.title, error)
        else:
            runner.keeping.adopt(run)
            owner.lane.adopt(run)
            return run, body
    trace.end("changed", clock.now(), "its automation or script was changed or removed while it waited.")
    traces.keep(trace)
    log.warning("A run of %s that waited has ended: it was changed or removed.", name)
    runner.keeping.forget(run_id)
    return None


def _fits(stack: Stack) -> bool:
    lists = stack.run.owner.program.lists
    inner = len(stack.frames) - 1
    return all(
        frame.path in lists and (0 if at == inner and not stack.waits else 1) <= frame.next <= len(lists[frame.path])
        for at, frame in enumerate(stack.frames)
    )


def _link(stack: Stack, packed: Mapping[str, Any], found: Mapping[str, tuple[Run, Any]]) -> None:
    """Who waited for a script waits for it again, if that was stored too; if not, it goes on behind the call."""
    if "asked" in packed:
        run_id, response = packed["asked"]
        called = found.get(run_id)
        if called is not None:
            stack.asked, stack.response, called[0].caller = called[0], response, stack
        elif response is not None:
            stack.assign(response, {})
    for child, inner in zip(stack.children, packed.get("children", ()), strict=True):
        _link(child, inner, found)
