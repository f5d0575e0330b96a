"""Scripts: sequences of steps that are called as actions, each an entity that is on while it runs.

A script runs with the rights of the hall, as an automation does: who wrote the YAML decided what it may do, and who may
call it is decided by role and scope (`action:script.greet`) as for every action. A step that calls a script waits for
its end as data, not as a task; `script.turn_on` does not wait.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, cast

from ..access import Caller
from ..actions import Answer, Call, action
from ..clock import Cancel
from ..entities import Entity
from ..errors import BadData, Failed, TemplateError, Unknown
from ..events import MAX_DEPTH, Context
from ..integration import Kit
from .lanes import Lane
from .last import LastRuns
from .runner import Runner
from .runs import Run, Stack
from .script_config import RunScripts, ScriptData, data_model
from .script_config import Scripts as Which
from .specs import SCRIPT_TOP, Book, ScriptSpec, compile_scripts
from .templates.values import StateView, moment
from .traces import Trace, Traces, because_of

log = logging.getLogger("usher.script")
STARTED: Final = "script_started"


class Script:
    """One script: its entity, its action, its runs."""

    def __init__(self, spec: ScriptSpec, kit: Kit, runner: Runner, traces: Traces, last: LastRuns) -> None:
        identity = spec.identity
        self.spec, self._kit, self._traces = spec, kit, traces
        self.key, self.title, self.hash, self.program = identity.key, identity.title, spec.hash, spec.program
        self.entity_id = identity.entity_id
        self.name = self.entity_id.partition(".")[2]
        self.caller = Caller(self.entity_id, identity.alias, "system")
        self.entity = Entity(self.entity_id, identity.alias)
        self.lane = Lane(self.title, spec.model, runner, traces, self._show, at_once=True)
        self._last = last
        self._because: Context | None = None

    def replace(self, spec: ScriptSpec) -> None:
        """The same script, of which only places have moved: its runs and waits go on."""
        self.spec, self.program = spec, spec.program
        self.lane.take(spec.model)

    @property
    def blueprint(self) -> Mapping[str, str] | None:
        """Path and version of the one it was made of."""
        return self.spec.blueprint

    # -- being called

    def run(self, given: Mapping[str, Any], cause: Context) -> Run:
        """A run of it, not begun; raises ActionError."""
        context, kit = cause.child(), self._kit
        if context.depth > MAX_DEPTH:
            raise Failed({"en": f"a chain of more than {MAX_DEPTH} causes was cut: scripts call each other.",
                          "zh-CN": f"调用链超过 {MAX_DEPTH} 层，已中断：脚本相互调用。"}, "cut")  # fmt: skip
        missing = [name for name, field in self.spec.fields.items()
                   if field.model.required and not field.has_default and name not in given]  # fmt: skip
        if missing:
            listed = ", ".join(missing)
            raise BadData({"en": f"{self.entity_id} needs {listed}.", "zh-CN": f"{self.entity_id} 需要 {listed}。"},
                          dict.fromkeys(missing, "is missing. Add it."))  # fmt: skip
        trace = Trace(context.id, self.name, self.entity_id, context, self.entity_id, kit.clock.now(),
                      blueprint=self.spec.blueprint, because=because_of({}, cause), noting=self._traces.noting)  # fmt: skip
        try:
            names = self._names(given, context)
        except TemplateError as error:
            trace.end("error", trace.started, error.text)
            self._traces.keep(trace)
            raise Failed(
                {"en": f"{self.title} did not run: {error}", "zh-CN": f"{self.title} 未能运行：{error}"}
            ) from error
        return Run(self, context, trace, kit.clock, SCRIPT_TOP, names)

    def _names(self, given: Mapping[str, Any], context: Context) -> dict[str, Any]:
        names: dict[str, Any] = dict(given)
        if "this" in self.spec.uses and "this" not in names:
            state = self._kit.states.get(self.entity_id)
            names["this"] = None if state is None else StateView(state)
        names["context"] = {"id": context.id, "parent_id": context.parent_id, "user_id": context.user_id}
        for name, value in self.spec.variables.items():  # each sees those before it; what is given wins, as in HA
            if name not in names:
                names[name] = value.render(names)
        for name, field in self.spec.fields.items():
            if field.has_default and name not in names:
                names[name] = field.model.default
        return names

    def prepare(self, data: Mapping[str, Any], caller: Stack) -> Run:
        """A run for a step that waits for its end; raises ActionError, also when that wait would never end."""
        at: Stack | None = caller
        while at is not None and self.lane.mode in ("queued", "restart"):
            if at.run.owner is self:
                raise Failed({"en": f"it calls itself, and its mode is {self.lane.mode}: it would wait for itself.",
                              "zh-CN": f"脚本调用了自身，而其模式为 {self.lane.mode}，将永远等待自己。"},
                             "recursion")  # fmt: skip
            at = at.run.caller
        given = dict(data)
        target: Any = given.pop("target", None)
        if isinstance(target, dict):
            given.update(cast("dict[str, Any]", target))
        return self.run(given, caller.run.cause)

    def admit(self, run: Run) -> bool:
        """Begin or queue a run; False when its mode drops it."""
        because, self._because = self._because, run.context
        self.lane.show_soon()  # before the run takes its turn: its steps see when it last ran
        if not self.lane.admit(run):
            self._because = because
            return False
        self._last.note(self.entity_id, self._kit.clock.now())
        self._kit.bus.fire(STARTED, {"name": self.spec.identity.alias, "entity_id": self.entity_id, "run_id": run.id},
                           run.context)  # fmt: skip
        return True

    async def call(self, data: ScriptData, call: Call) -> Answer:
        """The action `script.<name>`: waits for its end and answers what `stop` said."""
        run = self.run(data.given(), call.context)
        over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        run.then = lambda _: None if over.done() else over.set_result(None)
        if not self.admit(run):
            return {}
        await over
        if run.failure is not None:
            raise Failed({"en": f"{self.title}: {run.failure}", "zh-CN": f"{self.title}：{run.failure}"})
        return dict(run.answer or {})

    # -- its runs and its entity

    def ended(self, run: Run) -> None:
        self.lane.ended(run)

    def end_runs(self, why: str = "cancelled", error: str | None = None) -> None:
        """End all runs, queued ones too."""
        self.lane.end_runs(why, error)

    @property
    def on(self) -> bool:
        return self.lane.current > 0

    def _show(self) -> None:
        shown: dict[str, Any] = {"last_triggered": moment(self._last.of(self.entity_id)), **self.lane.shown()}
        for key in ("icon", "description"):
            if value := getattr(self.spec.model, key):
                shown[key] = value
        if self.spec.blueprint is not None:
            shown["blueprint"] = self.spec.blueprint
        self.entity.show("on" if self.on else "off", shown, self._because)

    def show(self) -> None:
        """Say what is true now."""
        self._show()


class Scripts:
    """The room: holds every script and answers their actions."""

    def __init__(self, kit: Kit, tree: Any, runner: Runner, traces: Traces, book: Book, last: LastRuns) -> None:
        self._last = last
        self._kit, self._runner, self._traces, self._book = kit, runner, traces, book
        self._scripts: dict[str, Script] = {}
        self._given: dict[str, Cancel] = {}
        self._specs = list(self._each(tree))

    @property
    def owners(self) -> Mapping[str, Script]:
        """The scripts by the keys of their stored runs."""
        return self._scripts

    def begin(self) -> None:
        """Register everything."""
        kit = self._kit
        for spec in self._specs:
            self._add(spec)
        kit.on_close(self._close)
        kit.action("script.turn_on", RunScripts, self._turn_on,
                   description={"en": "Run scripts, without waiting for their end.", "zh-CN": "运行脚本，不等待结束。"})  # fmt: skip
        kit.action("script.turn_off", Which, self._turn_off,
                   description={"en": "End all runs of scripts.", "zh-CN": "结束脚本的所有运行。"})  # fmt: skip
        kit.action("script.toggle", RunScripts, self._toggle,
                   description={"en": "Run scripts that do not run, and end those that do.",
                                "zh-CN": "未运行的脚本开始运行，正在运行的结束。"})  # fmt: skip

    def go_on(self) -> None:
        """The hall is up: what was queued begins."""
        for script in self._scripts.values():
            script.lane.go_on()

    async def prepare(self, tree: Any) -> Callable[[], None]:
        """Compile another `script:`; the answer takes it. Unchanged scripts keep their runs; those of others end."""
        wanted: dict[str, ScriptSpec] = {}
        for spec in self._each(tree):
            wanted[spec.identity.key] = spec
            await asyncio.sleep(0)  # the loop is not held, however many there are
        return lambda: self._take(wanted)

    async def reload(self, tree: Any) -> None:
        """Take another `script:` at once."""
        (await self.prepare(tree))()

    def _take(self, wanted: Mapping[str, ScriptSpec]) -> None:
        for key, script in list(self._scripts.items()):
            spec = wanted.get(key)
            if spec is not None and spec.hash == script.hash:
                script.replace(spec)
                continue
            script.end_runs("changed", "the script was changed or removed while it ran.")
            self._remove(key)
        for key, spec in wanted.items():
            if key not in self._scripts:
                self._add(spec)

    def _each(self, tree: Any) -> Iterator[ScriptSpec]:
        for reading, spec in compile_scripts(tree, self._book):
            for problem in reading.problems:  # `usher check` has told them; one faulty script keeps no other down
                log.log(logging.ERROR if problem.severity == "error" else logging.WARNING, "%s", problem)
            if spec is not None:
                yield spec

    def _add(self, spec: ScriptSpec) -> None:
        kit, script = self._kit, Script(spec, self._kit, self._runner, self._traces, self._last)
        model = data_model(script.name, spec.fields)
        about = spec.model.description or spec.identity.alias
        made = action(script.entity_id, model, script.call, description=about, timeout=None)
        taken_back = kit.actions.add(made)
        self._traces.limit(script.entity_id, spec.model.trace.stored_traces)
        script.entity.enter(kit.states)
        self._scripts[script.key] = self._runner.scripts[script.entity_id] = script
        self._given[script.key] = taken_back
        script.show()

    def _remove(self, key: str) -> None:
        script = self._scripts.pop(key)
        self._runner.scripts.pop(script.entity_id, None)
        self._given.pop(key)()
        script.entity.leave()

    def _close(self) -> None:
        for key in list(self._scripts):
            self._remove(key)

    # -- actions

    def _which(self, names: Iterable[str]) -> list[Script]:
        found: list[Script] = []
        for name in names:
            script = self._scripts.get(f"script.{name}")
            if script is None:
                raise Unknown("unknown_script", {"en": f"There is no script {name}.", "zh-CN": f"没有脚本 {name}。"})
            found.append(script)
        return found

    async def _turn_on(self, data: RunScripts, call: Call) -> None:
        for script, run in [(one, one.run(data.variables, call.context)) for one in self._which(data.script)]:
            script.admit(run)

    async def _turn_off(self, data: Which, call: Call) -> None:
        for script in self._which(data.script):
            script.end_runs()

    async def _toggle(self, data: RunScripts, call: Call) -> None:
        for script in self._which(data.script):
            if script.on:
                script.end_runs()
            else:
                script.admit(script.run(data.variables, call.context))
