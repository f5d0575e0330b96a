"""Steps that wait: for a time, for a template to become true, for a trigger. What waits survives a restart."""

from typing import Any

from pydantic import Field

from ...clock import Cancel
from ...errors import Place, TemplateError
from ...events import Context, Event
from ...offers import TRIGGERS
from ...source import Map
from ..attached import Attached
from ..conditions import truth
from ..reading import Value
from ..steps import Do, Doing, End, Made, Outcome, Wait, Watch
from ..templates import is_template
from ..triggers import Trigger, compile_triggers
from .common import Compiler, StepCommon, span_of


class DelayStep(StepCommon):
    """Wait. A run that waits survives a restart."""

    delay: Any = Field(description='How long: "00:00:30", 30, {minutes: 5}, or a template.')


class _WaitStep(StepCommon):
    timeout: Any = Field(None, description="How long at most; left out: as long as it takes.")
    continue_on_timeout: bool = Field(True, description="False: the run ends when the time is over.")


class WaitTemplateStep(_WaitStep):
    """Wait until a template is true."""

    wait_template: str = Field(description="The template.")


class WaitForTriggerStep(_WaitStep):
    """Wait until one of these triggers fires."""

    wait_for_trigger: Any = Field(description="The triggers.")


def delay(compiler: Compiler, model: DelayStep, tree: Map, path: str) -> Do:
    place, span = tree.value_places.get("delay", tree.place), _duration(compiler, tree, "delay")

    def do(run: Doing) -> Outcome:
        wait = span_of(span.render(run.names), place, "delay")
        run.note(path, place, {"delay": wait})
        return Wait(wait)

    return do


def _duration(compiler: Compiler, tree: Map, key: str) -> Value:
    place = tree.value_places.get(key, tree.place)
    span = compiler.reading.value(tree.get(key), place)
    if not span.live and span.tree is not None:
        try:
            span_of(span.tree, place, key)
        except TemplateError as error:
            compiler.reading.complain(place, error.text)
    return span


def _times(compiler: Compiler, tree: Map, extra: dict[str, Any]) -> Any:
    """How the timeout of a wait is read when the wait begins; `wait` is set then, as in Home Assistant."""
    span, place = _duration(compiler, tree, "timeout"), tree.value_places.get("timeout", tree.place)
    compiler.reading.names.add("wait")

    def begin(run: Doing) -> float | None:
        given = span.render(run.names)
        timeout = None if given is None else span_of(given, place, "timeout")
        run.assign("wait", {"remaining": timeout, "completed": False, **extra}, protected=True)
        return timeout

    return begin


def _late(path: str, place: Place, goes_on: bool) -> Do:
    def late(run: Doing) -> Outcome:
        wait = {**run.names.get("wait", {}), "remaining": 0.0}
        run.assign("wait", wait, protected=True)
        run.note(path, place, {"wait": wait, "timeout": True})
        return None if goes_on else End("timeout", "what it waited for did not come in time.")

    return late


def wait_template(compiler: Compiler, model: WaitTemplateStep, tree: Map, path: str) -> Made | None:
    reading, tracking = compiler.reading, compiler.ground.tracking
    place = tree.value_places.get("wait_template", tree.place)
    if not is_template(tree["wait_template"]):
        reading.complain(
            place, f"wait_template: {str(tree['wait_template'])!r} is not a template. Write {{{{ ... }}}}."
        )
        return None
    template, begin = reading.template(tree["wait_template"], place), _times(compiler, tree, {})
    if template is None:
        return None

    def came(run: Doing, remaining: float | None) -> None:
        wait = {"remaining": remaining, "completed": True}
        run.assign("wait", wait, protected=True)
        run.note(path, place, {"wait": wait})

    def do(run: Doing) -> Outcome:
        timeout = begin(run)
        if truth(template.render(run.names)):
            came(run, timeout)
            return None
        return Wait(timeout)

    def watch(run: Doing, done: Any) -> Cancel | None:
        assert tracking is not None
        told: list[bool] = []

        def rendered(result: Any, _: Event | None) -> None:
            if isinstance(result, TemplateError):
                run.warn(result)
            elif truth(result) and not told:
                told.append(True)
                came(run, run.left())
                done()

        tracked = tracking.track(template, run.names, rendered, pause=False)
        if not isinstance(tracked.result, TemplateError) and truth(tracked.result):
            tracked.stop()
            came(run, run.left())
            return None
        return tracked.stop

    return Made(do, watch=watch, late=_late(path, place, model.continue_on_timeout))


def wait_for_trigger(compiler: Compiler, model: WaitForTriggerStep, tree: Map, path: str) -> Made:
    reading, ground = compiler.reading, compiler.ground
    place = tree.value_places.get("wait_for_trigger", tree.place)
    triggers = compile_triggers(
        reading, tree["wait_for_trigger"], place, compiler.triggers, lent_later=compiler.lent_later
    )
    if not triggers and not tree["wait_for_trigger"]:
        reading.complain(place, "wait_for_trigger: there is no trigger, so it would wait for ever. Write one.")
    begin = _times(compiler, tree, {"trigger": None})

    def do(run: Doing) -> Outcome:
        return Wait(begin(run))

    def watch(run: Doing, done: Any) -> Cancel | None:
        told: list[bool] = []

        def fired(trigger: Trigger, data: Any, _: Context) -> None:
            if told:
                return
            told.append(True)
            wait = {"remaining": run.left(), "completed": True, "trigger": data}
            run.assign("wait", wait, protected=True)
            if trigger.variables is not None:
                for name, value in trigger.variables.render(run.names).items():
                    run.assign(name, value)
            run.note(path, place, {"wait": wait})
            done()

        attached = Attached(triggers, ground.kinds, ground.offers, reading.title, fired)
        attached.watch(run.names)
        unwatch = ground.offers.watch(TRIGGERS, lambda: attached.watch(run.names))

        def stop() -> None:
            unwatch()
            attached.stop()

        return stop

    made: Watch = watch
    return Made(do, watch=made, late=_late(path, place, model.continue_on_timeout))
