"""One automation at work: it hears its triggers, asks its conditions, and begins runs as its mode allows.

Triggers and conditions are answered in the bus's turn, so they see the moment of the event; the steps begin after all
have heard the event, in the order in which automations fired.
"""

import logging
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from ..access import Caller
from ..entities import Entity
from ..errors import TemplateError
from ..events import MAX_DEPTH, Context
from ..integration import Kit
from ..offers import TriggerKind
from .attached import Attached
from .conditions import hold
from .kept_waits import WaitRoom
from .lanes import Lane
from .last import LastRuns
from .reading import Value
from .runner import Runner
from .runs import Run
from .specs import TOP, Spec
from .templates.reads import Seen
from .templates.values import StateView, moment
from .traces import Trace, Traces, because_of
from .triggers import Trigger

log = logging.getLogger("usher.automation")
TRIGGERED: Final = "automation_triggered"


class Automation:
    """One automation: its entity, its triggers, its runs."""

    def __init__(self, spec: Spec, kit: Kit, runner: Runner, traces: Traces, kinds: Mapping[str, TriggerKind],
                 waits: WaitRoom | None, last: LastRuns, seen: Seen) -> None:  # fmt: skip
        self.spec, self._kit, self._traces = spec, kit, traces
        self.key, self.title, self.hash, self.program = spec.identity.key, spec.identity.title, spec.hash, spec.program
        self.entity_id = spec.identity.entity_id
        self.caller = Caller(self.entity_id, spec.identity.alias, "system")
        self.entity = Entity(self.entity_id, spec.identity.alias, id=self.key)
        self.on = False
        self.lane = Lane(self.title, spec.model, runner, traces, self._show)
        made = None if waits is None else partial(waits.of, self.key)
        self._watching = Attached(spec.triggers, kinds, kit.offers, self.title, self._fired, made)
        self._fixed: dict[str, Any] = {}
        self._last, self._seen = last, seen
        self._because: Context | None = None  # of the last run: why its entity shows something new

    @property
    def blueprint(self) -> Mapping[str, str] | None:
        """Path and version of the one it was made of."""
        return self.spec.blueprint

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
        trace = Trace(context.id, self.key, self.entity_id, context, source, now, blueprint=self.spec.blueprint,
                      because=because_of(told, cause) if self._traces.noting else None, noting=self._traces.noting)  # fmt: skip
        if context.depth > MAX_DEPTH:
            self.lane.dull(trace, "cut", f"a chain of more than {MAX_DEPTH} causes was cut: automations trigger each "
                           "other.", logging.ERROR)  # fmt: skip
            return
        try:
            with self._seen.as_of(kit.states.untold()):
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
        run = Run(self, context, trace, kit.clock, TOP, names)
        self.lane.show_soon()  # before the run takes its turn: its steps see when it last ran
        if self.lane.admit(run):
            self._last.note(self.entity_id, now)
            self._because = context
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
            state = self._seen.get(self.entity_id)
            names["this"] = None if state is None else StateView(state)
        if "context" in uses:
            names["context"] = {"id": context.id, "parent_id": context.parent_id, "user_id": context.user_id}
        if variables is not None:
            names.update(variables.render(names))
        return self._render(self.spec.variables, names) if self.spec.variables else names

    @staticmethod
    def _render(values: Mapping[str, Value], names: dict[str, Any]) -> dict[str, Any]:
        for name, value in values.items():  # each sees those before it; what is given already stays, as in HA
            if name not in names:
                names[name] = value.render(names)
        return names

    def _hold(self, names: Mapping[str, Any], trace: Trace, now: float) -> bool:
        def note(path: str, place: Any, answer: bool | None, why: str | None) -> None:
            trace.answer(path, place, now, answer, why)

        return hold(self.spec.conditions, names, note)

    # -- its runs

    def ended(self, run: Run) -> None:
        """A run is over; the next in the queue begins."""
        self.lane.ended(run)

    def end_runs(self, why: str = "cancelled", error: str | None = None) -> None:
        """End all runs, queued ones too."""
        self.lane.end_runs(why, error)

    def retire(self) -> None:
        """It is no more, or is another from now on."""
        self.on = False
        self.unwatch()
        self.end_runs("changed", "the automation was changed or removed by a reload.")
        self.entity.leave()

    def replace(self, spec: Spec) -> None:
        """The same automation, of which only places have moved: its runs, timers and waits go on."""
        self.spec, self.program = spec, spec.program
        self.lane.take(spec.model)
        self.title = self.lane.title = spec.identity.title

    # -- its entity

    def _show(self, context: Context | None = None) -> None:
        shown: dict[str, Any] = {"last_triggered": moment(self._last.of(self.entity_id)), **self.lane.shown()}
        if self.spec.blueprint is not None:
            shown["blueprint"] = self.spec.blueprint
        self.entity.show("on" if self.on else "off", shown, context or self._because)
