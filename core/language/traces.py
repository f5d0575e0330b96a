"""Traces: what each run of an automation saw, step by step, with its lines and its context.

The last runs of each automation and script are kept (20, if the YAML says nothing), and beside them the last 5 whose
conditions did not hold or that were dropped: the dull ones never push out the one that mattered. They are written to
`.usher/traces.db` soon after (`trace_file.py`); in memory stands what is not there yet. Everything in a trace is bounded.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any, Final, cast

from ..errors import Place
from ..events import Context
from ..frozen import frozen
from . import private
from .private import NOT_KEPT
from .templates.values import StateView, plain
from .trace_file import Kept, TraceFile, Written, chain_of

log = logging.getLogger("usher.trace")
KEPT: Final = 20
KEPT_DULL: Final = 5
KEPT_DAYS: Final = 14
WRITE_EVERY: Final = 0.5  # seconds
WRITE_MOST: Final = 100  # traces handed over at once, with so many steps: the loop is not held
WRITE_STEPS: Final = 2000
FIRST: Final = 100  # steps noted of one run from its beginning on
LAST: Final = 100  # and of a longer one up to its end; between them it says how many there were
MAX_TEXT: Final = 1000
MAX_ITEMS: Final = 20
MAX_LEVELS: Final = 4
MAX_BITS: Final = 4096  # of a number that is written out
_SCALARS: Final = frozenset({float, bool, type(None)})
DULL: Final = frozenset({"failed_conditions", "failed_single", "failed_max_runs", "cut"})


@frozen
class Noted:
    """One step as it was done. `at` is wall time; `result` is what it saw or gave, clipped."""

    path: str
    place: Place
    at: float
    result: Any = None
    error: str | None = None


_ANSWERS: Final = {True: {"result": True}, False: {"result": False}}


def _none() -> list[Noted]:  # list[Noted] called itself takes ten times as long, and each run calls it
    return []


def _nothing() -> set[str]:
    return set()


def _last() -> deque[Noted]:
    return deque(maxlen=LAST)


@dataclass(slots=True)
class Trace:
    """One run. `outcome` is None while it runs, then finished, stopped, error, changed, cancelled, or one of DULL."""

    run_id: str
    key: str
    entity_id: str
    context: Context
    trigger: str
    started: float
    finished: float | None = None
    outcome: str | None = None
    error: str | None = None
    steps: list[Noted] = field(default_factory=_none)
    last: deque[Noted] = field(default_factory=_last)  # those behind the first
    left_out: int = 0
    blueprint: Mapping[str, str] | None = None  # path and version of the one its automation was made of
    because: Mapping[str, Any] | None = None  # what it was begun by: see `because_of`
    written: int = -1  # how many steps it had when it was handed over to be written
    noting: bool = True
    hidden: set[str] = field(
        default_factory=_nothing
    )  # texts that say who somebody is; shared with the scripts it calls

    @property
    def owner(self) -> str:
        """Whose it is: automation.<key>, script.<key>."""
        return f"{self.entity_id.partition('.')[0]}.{self.key}"

    def note(self, path: str, place: Place, at: float, result: Any = None, error: str | None = None) -> None:
        if self.noting:
            self._add(Noted(path, place, at, clip(result), error))

    def hide(self, texts: Iterable[str]) -> None:
        """Keep none of these, in no step: they say who somebody is."""
        if self.noting:
            self.hidden.update(islice(texts, max(0, private.MOST - len(self.hidden))))

    def answer(self, path: str, place: Place, at: float, answer: bool | None, why: str | None) -> None:
        """Note what a condition answered; `why` says why it could not."""
        if self.noting:
            self._add(Noted(path, place, at, None if answer is None else _ANSWERS[answer], why))

    def _add(self, one: Noted) -> None:
        if len(self.steps) < FIRST:
            self.steps.append(one)
            return
        if len(self.last) == LAST:
            self.left_out += 1
        self.last.append(one)

    @property
    def noted(self) -> int:
        """How many steps were done."""
        return len(self.steps) + len(self.last) + self.left_out

    def end(self, outcome: str, at: float, error: str | None = None) -> None:
        self.outcome, self.finished, self.error = outcome, at, error

    def short(self) -> dict[str, Any]:
        """As Home Assistant's trace/list."""
        last = self.last or self.steps
        made: dict[str, Any] = {
            "run_id": self.run_id,
            "domain": self.entity_id.partition(".")[0],
            "item_id": self.key,
            "entity_id": self.entity_id,
            "state": "running" if self.finished is None else "stopped",
            "script_execution": self.outcome,
            "last_step": last[-1].path if last else None,
            "trigger": self.trigger,
            "timestamp": {"start": _iso(self.started), "finish": _iso(self.finished)},
        }
        if self.blueprint is not None:
            made["blueprint"] = dict(self.blueprint)
        if self.error is not None:
            made["error"] = private.without(self.error, private.pattern(self.hidden)) if self.hidden else self.error
        return made

    def full(self) -> dict[str, Any]:
        """As Home Assistant's trace/get, with the place of each step beside."""
        made = self._whole()
        return cast("dict[str, Any]", private.without(made, private.pattern(self.hidden))) if self.hidden else made

    def _whole(self) -> dict[str, Any]:
        steps: dict[str, list[dict[str, Any]]] = {}
        for one in (*self.steps, *self.last):
            noted: dict[str, Any] = {"path": one.path, "timestamp": _iso(one.at), "place": str(one.place)}
            if one.result is not None:
                noted["result"] = one.result
            if one.error is not None:
                noted["error"] = one.error
            steps.setdefault(one.path, []).append(noted)
        context = {"id": self.context.id, "parent_id": self.context.parent_id, "user_id": self.context.user_id}
        made = {**self.short(), "trace": steps, "context": context, "left_out": self.left_out}
        return made if self.because is None else {**made, "because": dict(self.because)}

    def pack(self) -> list[Any]:
        """As JSON, to be stored with a waiting run."""
        steps = [[n.path, n.place.file, n.place.line, n.place.column, n.at, n.result, n.error]
                 for n in (*self.steps, *self.last)]  # fmt: skip
        because = None if self.because is None else dict(self.because)
        return [self.trigger, self.started, steps, self.left_out, because, sorted(self.hidden)]

    def unpack(self, packed: list[Any]) -> None:
        self.trigger, self.started, steps, self.left_out, *rest = packed
        self.because = rest[0] if rest else None
        self.hidden = set(rest[1]) if len(rest) > 1 else set()
        noted = [Noted(path, Place(file, line, column), at, result, error)
                 for path, file, line, column, at, result, error in steps]  # fmt: skip
        self.steps, self.last = noted[:FIRST], deque(noted[FIRST:], LAST)


class Traces:
    """The traces of all automations and scripts. Without a file they are kept in memory only."""

    def __init__(self, file: TraceFile | None = None, *, runs: int = KEPT, dull: int = KEPT_DULL,
                 days: float = KEPT_DAYS, noting: bool = True) -> None:  # fmt: skip
        self.noting = noting  # False where nobody will ever ask what a run saw: in a simulation
        self._file, self._runs, self._dull, self._seconds = file, runs, dull, days * 86400.0
        self._limits: dict[str, int] = {}
        self._rings: dict[str, tuple[deque[Trace], deque[Trace]]] = {}
        self._told = False

    def limit(self, owner: str, runs: int | None) -> None:
        """Keep so many runs of this owner; None: as many as of all."""
        if runs is None:
            self._limits.pop(owner, None)
        else:
            self._limits[owner] = runs

    def keep(self, trace: Trace) -> None:
        """Keep a run from its beginning on."""
        self._ring(trace)[0].append(trace)

    def keep_dull(self, trace: Trace) -> None:
        """Keep one that did not come to run."""
        self._ring(trace)[1].append(trace)

    def _ring(self, trace: Trace) -> tuple[deque[Trace], deque[Trace]]:
        owner = trace.owner
        rings = self._rings.get(owner)
        if rings is None:
            runs = self._limits.get(owner, self._runs)
            rings = self._rings[owner] = (deque(maxlen=max(1, runs)), deque(maxlen=max(1, self._dull)))
        return rings

    def of(self, owner: str | None = None) -> list[Trace]:
        """Those in memory, of one owner or of all, in the order they began."""
        rings = self._rings.values() if owner is None else [r for k, r in self._rings.items() if k == owner]
        return sorted((t for pair in rings for ring in pair for t in ring), key=lambda t: (t.started, t.run_id))

    # -- what is asked

    async def listed(self, owner: str | None = None) -> list[dict[str, Any]]:
        """One line a run, as trace.list answers it; oldest first."""
        found = {} if self._file is None else {
            one["run_id"]: one for one in await asyncio.to_thread(self._file.listed, owner)}  # fmt: skip
        found |= {trace.run_id: trace.short() for trace in self.of(owner)}
        return sorted(found.values(), key=lambda one: (one["timestamp"]["start"], one["run_id"]))

    async def get(self, run_id: str) -> dict[str, Any] | None:
        """Everything about one run, with the chain of what it came from; None when it is not kept any more."""
        here = {trace.run_id: trace.full() for trace in self.of()}

        def find(wanted: str) -> Mapping[str, Any] | None:
            return here.get(wanted) or (None if self._file is None else self._file.get(wanted))

        def look() -> dict[str, Any] | None:
            found = find(run_id)
            return None if found is None else {**found, "chain": chain_of(found, find)}

        return await asyncio.to_thread(look)

    # -- what is written

    def hand_over(self) -> None:
        """Give what is new to the file; what is over and written stands in memory no more."""
        if self._file is None:
            return
        batch: list[Written] = []
        over: list[tuple[deque[Trace], Trace]] = []
        owners: dict[str, Kept] = {}
        steps = 0
        for owner, rings in self._rings.items():
            for dull, ring in enumerate(rings):
                for trace in list(ring):
                    if len(batch) >= WRITE_MOST or steps >= WRITE_STEPS:
                        break
                    if trace.finished is not None:
                        over.append((ring, trace))
                    elif trace.written == trace.noted:
                        continue
                    trace.written = trace.noted
                    steps += len(trace.steps) + len(trace.last)
                    running = trace.finished is None
                    batch.append(
                        Written(trace.run_id, owner, bool(dull), trace.started, running, trace.short(), trace.full())
                    )
                    owners[owner] = Kept(self._limits.get(owner, self._runs), self._dull, self._seconds)
        if not batch:
            return
        if not self._file.write(batch, owners):
            if not self._told:
                log.warning("The disk does not keep up with the traces; some are lost.")
            self._told = True
            return
        for ring, trace in over:
            ring.remove(trace)
        for owner in owners:  # the others come first the next time
            self._rings[owner] = self._rings.pop(owner)
        if any(not any(rings) for rings in self._rings.values()):
            self._rings = {owner: rings for owner, rings in self._rings.items() if any(rings)}

    def close(self) -> None:
        """Write the rest. Blocks: to be called beside the loop."""
        if self._file is not None:
            while any(t.finished is not None or t.written != t.noted for t in self.of()):
                before = len(self.of())
                self.hand_over()
                self._file.flush()
                if len(self.of()) == before:
                    break
            self._file.close()


def because_of(told: Mapping[str, Any], cause: Context) -> dict[str, Any]:
    """What began a run, as its trace keeps it: the event, what it was about, whose doing it was. Never a name."""
    event: Any = told.get("event")
    ticket: Any = told.get("ticket")
    if isinstance(event, Mapping):
        data: Any = cast("Mapping[str, Any]", event).get("data")
        ticket = ticket or (cast("Mapping[str, Any]", data).get("ticket") if isinstance(data, Mapping) else None)
    made = {
        "platform": told.get("platform"),
        "event": cast("Mapping[str, Any]", event).get("event_type") if isinstance(event, Mapping) else None,
        "entity_id": told.get("entity_id"),
        "context_id": cause.id,
        "parent_id": cause.parent_id,
        "user_id": cause.user_id,
    }
    if isinstance(ticket, Mapping):
        about = cast("Mapping[str, Any]", ticket)
        made |= {"number": about.get("number"), "origin": about.get("origin")}
    return {key: value for key, value in made.items() if value is not None}


def clip(value: Any, level: int = 0) -> Any:
    """A value as JSON and small enough to be kept."""
    kind = value.__class__
    if kind in _SCALARS or (kind is str and len(value) <= MAX_TEXT and value.isascii()):  # nearly all there is
        return value
    if isinstance(value, str):
        text = value[:MAX_TEXT].encode("utf-8", "replace").decode()  # half a surrogate is no JSON
        return text if len(value) <= MAX_TEXT else f"{text}... ({len(value)} characters)"
    if isinstance(value, int):
        if value.bit_length() < 64:
            return int(value) if kind is not bool else value
        return str(value) if value.bit_length() <= MAX_BITS else f"(a number of {value.bit_length()} bits)"
    if kind is dict and level < MAX_LEVELS and len(value) <= MAX_ITEMS:
        return {str(k): NOT_KEPT if v and private.hides(k, value) else clip(v, level + 1) for k, v in value.items()}
    if level >= MAX_LEVELS:
        return "..."
    if isinstance(value, Mapping):
        told = cast("Mapping[Any, Any]", value)
        items = list(told.items())
        made = {str(k): NOT_KEPT if v and private.hides(k, told) else clip(v, level + 1) for k, v in items[:MAX_ITEMS]}
        return {**made, "...": f"{len(items) - MAX_ITEMS} more"} if len(items) > MAX_ITEMS else made
    if isinstance(value, (list, tuple, set, frozenset)):
        listed: list[Any] = list(cast("list[Any]", value))
        short = [clip(v, level + 1) for v in listed[:MAX_ITEMS]]
        return [*short, f"... {len(listed) - MAX_ITEMS} more"] if len(listed) > MAX_ITEMS else short
    if isinstance(value, StateView):
        return {"entity_id": value.entity_id, "state": plain(value.state)}
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return clip(plain(value), level + 1) if plain(value) is not value else str(value)[:MAX_TEXT]


def _iso(stamp: float | None) -> str | None:
    return None if stamp is None else datetime.fromtimestamp(stamp, UTC).isoformat()
