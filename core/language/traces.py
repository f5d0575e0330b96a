"""Traces: what each run of an automation saw, step by step, with its lines and its context.

The last 20 runs of each automation are kept, and beside them the last 5 whose conditions did not hold or that were
dropped: the dull ones never push out the one that mattered. Everything in a trace is bounded.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, cast

from ..errors import Place
from ..events import Context
from .templates.values import StateView, plain

KEPT: Final = 20
KEPT_DULL: Final = 5
MAX_STEPS: Final = 200  # noted of one run; a longer one says how many more there were
MAX_TEXT: Final = 1000
MAX_ITEMS: Final = 20
MAX_LEVELS: Final = 4
_SCALARS: Final = frozenset({int, float, bool, type(None)})
DULL: Final = frozenset({"failed_conditions", "failed_single", "failed_max_runs", "cut"})


@dataclass(frozen=True, slots=True)
class Noted:
    """One step as it was done. `at` is wall time; `result` is what it saw or gave, clipped."""

    path: str
    place: Place
    at: float
    result: Any = None
    error: str | None = None


_ANSWERS: Final = {True: {"result": True}, False: {"result": False}}


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
    steps: list[Noted] = field(default_factory=list[Noted])
    left_out: int = 0
    blueprint: Mapping[str, str] | None = None  # path and version of the one its automation was made of

    def note(self, path: str, place: Place, at: float, result: Any = None, error: str | None = None) -> None:
        if len(self.steps) < MAX_STEPS:
            self.steps.append(Noted(path, place, at, clip(result), error))
        else:
            self.left_out += 1

    def answer(self, path: str, place: Place, at: float, answer: bool | None, why: str | None) -> None:
        """Note what a condition answered; `why` says why it could not."""
        if len(self.steps) < MAX_STEPS:
            self.steps.append(Noted(path, place, at, None if answer is None else _ANSWERS[answer], why))
        else:
            self.left_out += 1

    def end(self, outcome: str, at: float, error: str | None = None) -> None:
        self.outcome, self.finished, self.error = outcome, at, error

    def short(self) -> dict[str, Any]:
        """As Home Assistant's trace/list."""
        made: dict[str, Any] = {
            "run_id": self.run_id,
            "domain": "automation",
            "item_id": self.key,
            "entity_id": self.entity_id,
            "state": "running" if self.finished is None else "stopped",
            "script_execution": self.outcome,
            "last_step": self.steps[-1].path if self.steps else None,
            "trigger": self.trigger,
            "timestamp": {"start": _iso(self.started), "finish": _iso(self.finished)},
        }
        if self.blueprint is not None:
            made["blueprint"] = dict(self.blueprint)
        if self.error is not None:
            made["error"] = self.error
        return made

    def full(self) -> dict[str, Any]:
        """As Home Assistant's trace/get, with the place of each step beside."""
        steps: dict[str, list[dict[str, Any]]] = {}
        for one in self.steps:
            noted: dict[str, Any] = {"path": one.path, "timestamp": _iso(one.at), "place": str(one.place)}
            if one.result is not None:
                noted["result"] = one.result
            if one.error is not None:
                noted["error"] = one.error
            steps.setdefault(one.path, []).append(noted)
        context = {"id": self.context.id, "parent_id": self.context.parent_id, "user_id": self.context.user_id}
        return {**self.short(), "trace": steps, "context": context, "left_out": self.left_out}

    def pack(self) -> list[Any]:
        """As JSON, to be stored with a waiting run."""
        steps = [[n.path, n.place.file, n.place.line, n.place.column, n.at, n.result, n.error] for n in self.steps]
        return [self.trigger, self.started, steps, self.left_out]

    def unpack(self, packed: list[Any]) -> None:
        self.trigger, self.started, steps, self.left_out = packed
        self.steps = [Noted(path, Place(file, line, column), at, result, error)
                      for path, file, line, column, at, result, error in steps]  # fmt: skip


class Traces:
    """The traces of all automations, by their keys."""

    def __init__(self) -> None:
        self._traces: dict[str, tuple[deque[Trace], deque[Trace]]] = {}

    def keep(self, trace: Trace) -> None:
        """Keep a run from its beginning on."""
        self._rings(trace.key)[0].append(trace)

    def keep_dull(self, trace: Trace) -> None:
        """Keep one that did not come to run."""
        self._rings(trace.key)[1].append(trace)

    def _rings(self, key: str) -> tuple[deque[Trace], deque[Trace]]:
        rings = self._traces.get(key)
        if rings is None:
            rings = self._traces[key] = (deque(maxlen=KEPT), deque(maxlen=KEPT_DULL))
        return rings

    def of(self, key: str | None = None) -> list[Trace]:
        """Those kept of one automation, or of all, in the order they began."""
        rings = self._traces.values() if key is None else [r for k, r in self._traces.items() if k == key]
        return sorted((t for pair in rings for ring in pair for t in ring), key=lambda t: (t.started, t.run_id))

    def list(self, key: str | None = None) -> list[dict[str, Any]]:
        """One line a run."""
        return [trace.short() for trace in self.of(key)]

    def get(self, run_id: str) -> dict[str, Any] | None:
        """Everything about one run, or None when it is not kept any more."""
        return next((trace.full() for trace in self.of() if trace.run_id == run_id), None)


def clip(value: Any, level: int = 0) -> Any:
    """A value as JSON and small enough to be kept."""
    kind = value.__class__
    if kind in _SCALARS or (kind is str and len(value) <= MAX_TEXT):  # nearly all there is
        return value
    if isinstance(value, str):
        return str(value) if len(value) <= MAX_TEXT else value[:MAX_TEXT] + f"... ({len(value)} characters)"
    if kind is dict and level < MAX_LEVELS and len(value) <= MAX_ITEMS:
        return {str(k): clip(v, level + 1) for k, v in value.items()}
    if level >= MAX_LEVELS:
        return "..."
    if isinstance(value, Mapping):
        items = list(cast("Mapping[Any, Any]", value).items())
        made = {str(k): clip(v, level + 1) for k, v in items[:MAX_ITEMS]}
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
