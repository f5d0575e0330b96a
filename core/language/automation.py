"""One automation at work: it hears its triggers, asks its conditions, and begins runs as its mode allows.

Triggers and conditions are answered in the bus's turn, so they see the moment of the event; the steps begin after all
have heard the event, in the order in which automations fired.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Mapping
from typing import Any, Final

from ..access import Caller
from ..entities import Entity
from ..errors import TemplateError
from ..events import MAX_DEPTH, Context
from ..integration import Kit
from ..offers import TriggerKind
from .attached import Attached
from .conditions import hold
from .reading import Value
from .runs import Frame, Run, Runner
from .specs import TOP, Spec
from .templates.values import StateView
from .traces import Trace, Traces
from .triggers import Trigger

log = logging.getLogger("usher.automation")
TRIGGERED: Final = "automation_triggered"
_LOUD: Final = {"silent": 0, "debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}


class Automation:
    """One automation: its entity, its triggers, its runs."""

    def __init__(self, spec: Spec, kit: Kit, runner: Runner, traces: Traces, kinds: Mapping[str, TriggerKind]) -> None:
        self.spec, self._kit, self._runner, self._traces, self._kinds = spec, kit, runner, traces, kinds
        self.key, self.title, self.hash, self.program = spec.identity.key, spec.identity.title, spec.hash, spec.program
        self.entity_id = spec.identity.entity_id
        self.caller = Caller(self.entity_id, spec.identity.alias, "system")
        self.entity = Entity(self.entity_id, spec.identity.alias, id=self.key)
        self.on = False
        self._mode, self._max = spec.model.mode, spec.model.max
        self._runs: dict[str, Run] = {}
        self._queue: deque[Run] = deque()
        self._watching = Attached(spec.triggers, kinds, kit.offers, self.title, self._fired)
        self._fixed: dict[str, Any] = {}
        self._last: float | None = None
        self._showing = False
        self._because: Context | None = None  # of the last run: why its entity shows something new

    # -- on and off

    def turn(self, on: bool, context: Context | None = None, *, stop_runs: bool = True) -> None:
        """Turn it on or off; off ends the runs under way unless told otherwise."""
        if on and not self.on:
            self.on = True
            self._fixed = self._render(self.spec.fixed, {})
            self.watch()
        elif not on and self.on:
            self.on = False
            self.unwatch()
            if stop_runs:
                self.end_runs()
        self._show(context)

    def watch(self) -> None:
        """Begin to watch by every trigger whose kind is here; called again when kinds come and go."""
        if self.on:
            self._watching.watch(self._fixed)

    def unwatch(self) -> None:
        self._watching.stop()

    def missing(self) -> list[Trigger]:
        """The triggers whose kind nobody lends."""
        return self._watching.missing() if self.on else []

    def _fired(self, trigger: Trigger, data: Mapping[str, Any], context: Context) -> None:
        self.fire(data, context, trigger.variables)

    # -- firing

    def fire(
        self,
        told: Mapping[str, Any],
        cause: Context,
        variables: Value | None = None,
        *,
        skip_condition: bool = False,
        given: Mapping[str, Any] | None = None,
    ) -> None:
        """It fires: ask the conditions, and begin a run as the mode allows. `told` is what templates see as trigger."""
        kit, context = self._kit, cause.child()
        now = kit.clock.now()
        source = str(told.get("description") or told.get("platform") or "")
        trace = Trace(context.id, self.key, self.entity_id, context, source, now, blueprint=self.spec.blueprint)
        if context.depth > MAX_DEPTH:
            self._dull(trace, "cut", f"a chain of more than {MAX_DEPTH} causes was cut: automations trigger each other.",
                       logging.ERROR)  # fmt: skip
            return
        try:
            names = self._names(told, context, variables, given)
            if not skip_condition and self.spec.conditions and not self._hold(names, trace, now):
                trace.end("failed_conditions", now)
                self._traces.keep_dull(trace)
                return
        except TemplateError as error:
            trace.end("error", now, error.text)
            self._traces.keep(trace)
            place = error.place or self.spec.identity.place
            log.error("%s  %s did not run: %s", place, self.title, error.text)
            return
        run = Run(context.id, self, context, trace, kit.clock.now, [Frame(TOP, 0, names)])
        if self._begin(run):
            self._last, self._because = now, context
            self._show_soon()
            kit.bus.fire(TRIGGERED, {"name": self.spec.identity.alias, "entity_id": self.entity_id, "source": source,
                                     "run_id": run.id}, context)  # fmt: skip

    def _names(
        self, told: Mapping[str, Any], context: Context, variables: Value | None, given: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        uses = self.spec.uses
        names: dict[str, Any] = {**self._fixed, "trigger": told}
        if given:
            names.update(given)
        if "this" in uses:
            state = self._kit.states.get(self.entity_id)
            names["this"] = None if state is None else StateView(state)
        if "context" in uses:
            names["context"] = {"id": context.id, "parent_id": context.parent_id, "user_id": context.user_id}
        if variables is not None:
            names.update(variables.render(names))
        return self._render(self.spec.variables, names) if self.spec.variables else names

    @staticmethod
    def _render(values: Mapping[str, Value], names: dict[str, Any]) -> dict[str, Any]:
        for name, value in values.items():  # each sees those before it
            names[name] = value.render(names)
        return names

    def _hold(self, names: Mapping[str, Any], trace: Trace, now: float) -> bool:
        def note(path: str, place: Any, answer: bool | None, why: str | None) -> None:
            trace.answer(path, place, now, answer, why)

        return hold(self.spec.conditions, names, note)

    def _dull(self, trace: Trace, outcome: str, why: str, level: int) -> None:
        trace.end(outcome, trace.started, why)
        self._traces.keep_dull(trace)
        if level:
            log.log(level, "%s: %s", self.title, why)

    # -- modes

    def _begin(self, run: Run) -> bool:
        """Begin a run, queue it or drop it."""
        under_way = len(self._runs)
        level = _LOUD[self.spec.model.max_exceeded]
        if under_way and self._mode == "single":
            self._dull(run.trace, "failed_single", "it still runs, so this run was dropped (mode: single).", level)
            return False
        if self._mode == "restart":
            self.end_runs("restarted")
        elif under_way + len(self._queue) >= self._max:
            self._dull(run.trace, "failed_max_runs",
                       f"{self._max} runs are under way or queued, so this one was dropped (max).", level)  # fmt: skip
            return False
        self._traces.keep(run.trace)
        if under_way and self._mode == "queued":
            self._queue.append(run)
            return True
        return self._start(run)

    def _start(self, run: Run) -> bool:
        self._runs[run.id] = run
        if self._runner.begin(run):
            return True
        self._runner.cancel(run, "dropped")
        log.error("%s: there are too many runs in the hall, so this one was dropped.", self.title)
        return False

    def resume(self, run: Run) -> None:
        """A restored run counts as under way again."""
        self._runs[run.id] = run
        self._traces.keep(run.trace)
        self._show_soon()

    def ended(self, run: Run) -> None:
        """A run is over; the next in the queue begins."""
        self._runs.pop(run.id, None)
        while self._queue and not self._runs and self.on:
            self._start(self._queue.popleft())
        self._show_soon()

    def end_runs(self, why: str = "cancelled") -> None:
        """End all runs, queued ones too."""
        now = self._kit.clock.now()
        queued, self._queue = list(self._queue), deque()
        for run in queued:
            run.over = True
            run.trace.end(why, now)
        for run in list(self._runs.values()):
            self._runner.cancel(run, why)

    # -- its entity

    def _show_soon(self) -> None:
        """Once a turn of the loop is enough, however often it fires."""
        if not self._showing:
            self._showing = True
            asyncio.get_running_loop().call_soon(self._show)

    def _show(self, context: Context | None = None) -> None:
        self._showing = False
        shown: dict[str, Any] = {
            "last_triggered": self._last,
            "mode": self._mode,
            "current": len(self._runs),
        }
        if self._mode in ("queued", "parallel"):
            shown["max"] = self._max
        if self.spec.blueprint is not None:
            shown["blueprint"] = self.spec.blueprint
        self.entity.show("on" if self.on else "off", shown, context or self._because)
