"""All automations of the hall: set up from the YAML, their actions, and the runs that waited when the hall went down."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, Final

from ..actions import Call
from ..clock import Cancel
from ..errors import Unknown
from ..events import Event
from ..integration import Kit, Take
from ..offers import LAST, RENDER, STARTED, TRACK, TRIGGERS, WATCH, Rendered
from ..tables import Batch
from ..undisturbed import undisturbed
from .automation import Automation
from .config import ACTIONS, OneTrace, TriggerNow, TurnOff, Which, WhichTraces
from .generic import register
from .holding import Room as TriggerRoom
from .kept_waits import WaitRoom
from .last import LastRuns
from .reading import Reading
from .ready import Ready
from .renewal import PIECE, renew
from .restoring import Restorable, restore
from .runner import Runner
from .scripts import Scripts
from .specs import Book, Spec, compile_all
from .step_kinds import Ground
from .tables import RUNS, SWITCHES
from .template_entities import TemplateEntities
from .templates import Templates
from .templates.macros import read_macros
from .templates.tracking import TemplateWatch, Tracked
from .traces import Traces
from .trigger_kinds import builtin_kinds
from .triggers import MODELS
from .watching import EventWatch, StateWatch

log = logging.getLogger("usher.automation")
PATIENCE: Final = 30.0  # seconds that restored runs wait for the hall to be up


class Automations:
    """The room: holds every automation and answers their actions."""

    def __init__(self, kit: Kit, tree: Any, traces: Traces | None = None, scripts: Any = None,
                 entities: Any = None, ready: Ready | None = None) -> None:  # fmt: skip
        self._kit, self.traces = kit, traces or Traces()
        self.templates = Templates(kit.states, kit.clock, kit.offers, kit.site.folder)
        self._runner = Runner(kit)
        self._events = EventWatch(kit.bus)
        changes = StateWatch(kit.bus, kit.states, self._events)
        kit.on_close(changes.stop)
        self.tracking = TemplateWatch(kit.states, kit.bus, kit.clock, changes, self._events)
        kit.on_close(self.tracking.stop)
        room = TriggerRoom(self.templates, changes, self.tracking, lambda: kit.offers.get(STARTED, "hall") is not None)
        kinds = self._kinds = builtin_kinds(room, kit.clock, self._events)
        self._waits = WaitRoom(kit.store, kit.clock, kit.site.id)
        self._book = Book(
            self.templates,
            Ground(kit.actions, kit.bus, self.tracking, kit.offers, kinds),
            kit.site.folder,
            MODELS,
            lent_later=True,
            ready=ready,
        )
        self._last = LastRuns(kit)
        self.scripts = Scripts(kit, scripts, self._runner, self.traces, self._book, self._last)
        self.entities = TemplateEntities(kit, entities, self._book, kinds, self.tracking)
        self._automations: dict[str, Automation] = {}
        self._switches: dict[str, bool] = {}
        with undisturbed():
            for reading, spec in compile_all(tree, self._book):
                _tell(reading)
                if spec is not None:
                    self._automations[spec.identity.key] = self._make(spec)
        self._book.ready = None

    def _make(self, spec: Spec) -> Automation:
        self.traces.limit(f"automation.{spec.identity.key}", spec.model.trace.stored_traces)
        return Automation(spec, self._kit, self._runner, self.traces, self._kinds, self._waits, self._last,
                          self.templates.seen)  # fmt: skip

    async def begin(self) -> None:
        """Register everything, turn on what is to be on, and let stored runs go on."""
        kit = self._kit
        kit.offer(RENDER, "render", self.templates.render)
        kit.offer(RENDER, "text", self.templates.write)
        kit.offer(TRACK, "track", self._track)
        kit.offer(WATCH, "events", self._events.watch)
        kit.offer(LAST, "automations", self._runner.last_steps)
        for word, kind in self._kinds.items():  # a program over WebSocket may watch them too
            kit.offer(TRIGGERS, word, kind)
        self._switches = {key: bool(on) for key, _, on in await kit.store.rows(SWITCHES)}
        await self._waits.load()
        await self._last.load()
        kit.on_close(self._leave)
        await self.entities.begin()  # before whatever looks at them
        self.scripts.begin()
        with undisturbed():
            for one in self._automations.values():
                self._enter(one)
        kit.on_close(self._waits.close)  # before they are unwatched: what waits stays kept
        kit.on_close(kit.offers.watch(TRIGGERS, self._kinds_changed))
        self._register()
        register(kit)
        owners: dict[str, Restorable] = {**self._automations, **self.scripts.owners}
        restore(await kit.store.rows(RUNS), owners, self._runner, self.traces, kit.clock)
        _When(kit, self._started)

    def _enter(self, one: Automation) -> None:
        one.entity.enter(self._kit.states)
        initial = one.spec.model.initial_state
        one.turn(self._switches.get(one.key, True) if initial is None else initial)

    def _leave(self) -> None:
        for one in self._automations.values():
            one.unwatch()
            one.entity.leave()

    # -- reload

    async def prepare(self, tree: Any) -> Take:
        """Compile what is new; the answer takes it. What is the same goes on, with its runs, its waits and its traces."""
        macros = await asyncio.to_thread(read_macros, self._kit.site.folder)
        made = await renew(tree, {key: one.spec for key, one in self._automations.items()}, self._book)
        for reading in made.readings:
            _tell(reading)

        async def take() -> None:
            if self.templates.reload(macros):
                self.tracking.refresh()  # who follows a template that imports a changed file
            before = dict(self._automations)
            for turn, key in enumerate(before.keys() - made.order.keys()):
                self._automations.pop(key).retire()
                if turn % PIECE == PIECE - 1:
                    await asyncio.sleep(0)
            for turn, (key, spec) in enumerate(made.changed.items()):
                if key in before:
                    self._waits.hand_on(key)
                    self._automations.pop(key).retire()
                self._automations[key] = one = self._make(spec)
                self._enter(one)
                if turn % PIECE == PIECE - 1:
                    await asyncio.sleep(0)
            for turn, (key, spec) in enumerate(made.moved.items()):
                before[key].replace(spec)
                if turn % PIECE == PIECE - 1:
                    await asyncio.sleep(0)
            self._automations = {key: self._automations[key] for key in made.order}
            if self._waits.up:
                self._waits.forget_rest()
            self._kit.bus.fire("automation_reloaded", {})

        return take

    def _register(self) -> None:
        kit = self._kit
        kit.action("automation.turn_on", Which, self._turn_on,
                   description={"en": "Turn automations on.", "zh-CN": "启用自动化。"})  # fmt: skip
        kit.action("automation.turn_off", TurnOff, self._turn_off,
                   description={"en": "Turn automations off.", "zh-CN": "停用自动化。"})  # fmt: skip
        kit.action("automation.toggle", Which, self._toggle,
                   description={"en": "Turn automations on or off.", "zh-CN": "切换自动化的启用状态。"})  # fmt: skip
        kit.action("automation.trigger", TriggerNow, self._trigger,
                   description={"en": "Run automations now.", "zh-CN": "立即运行自动化。"})  # fmt: skip
        kit.action("trace.list", WhichTraces, self._list_traces, question=True, response="only",
                   description={"en": "The last runs of automations.", "zh-CN": "自动化最近的运行记录。"})  # fmt: skip
        kit.action("trace.get", OneTrace, self._get_trace, question=True, response="only",
                   description={"en": "Everything one run saw.", "zh-CN": "一次运行的完整记录。"})  # fmt: skip
        assert all(kit.actions.get(name) is not None for name in ACTIONS)

    def _track(self, text: str, variables: Mapping[str, Any], then: Rendered) -> Tracked:
        return self.tracking.track(self.templates.read(text), variables, then)

    def _kinds_changed(self) -> None:
        for one in self._automations.values():
            one.watch()

    def _started(self) -> None:
        """The hall is up: stored runs go on, those that are late at once, in the order in which they fell due."""
        self._waits.started()
        self._runner.up()
        for one in self._automations.values():
            one.lane.go_on()
        self.scripts.go_on()
        for one in self._automations.values():
            for trigger in one.missing():
                log.error("%s  %s: nobody brings the trigger %r.", trigger.place, one.title, trigger.word)

    # -- actions

    def _which(self, names: list[str]) -> list[Automation]:
        found: list[Automation] = []
        for name in names:
            one = next((a for a in self._automations.values() if a.entity_id == f"automation.{name}"), None)
            if one is None:
                raise Unknown("unknown_automation", {"en": f"There is no automation {name}.",
                                                     "zh-CN": f"没有自动化 {name}。"})  # fmt: skip
            found.append(one)
        return found

    async def _switch(self, wanted: list[tuple[Automation, bool]], call: Call, *, stop_runs: bool = True) -> None:
        """Durable first, then true: a restart finds it as it was said."""
        batch = Batch()
        for one, on in wanted:
            batch.put(SWITCHES, one.key, self._kit.site.id, int(on))
        await self._kit.store.save(batch)
        self._switches |= {one.key: on for one, on in wanted}
        for one, on in wanted:
            now = self._automations.get(one.key)  # a reload may have come in between
            if now is not None:
                now.turn(on, call.context, stop_runs=stop_runs)

    async def _turn_on(self, data: Which, call: Call) -> None:
        await self._switch([(one, True) for one in self._which(data.automation)], call)

    async def _turn_off(self, data: TurnOff, call: Call) -> None:
        await self._switch([(one, False) for one in self._which(data.automation)], call, stop_runs=data.stop_actions)

    async def _toggle(self, data: Which, call: Call) -> None:
        await self._switch([(one, not one.on) for one in self._which(data.automation)], call)

    async def _trigger(self, data: TriggerNow, call: Call) -> None:
        for one in self._which(data.automation):
            told = {"platform": None, "id": None, "idx": None, "alias": None, "description": "automation.trigger"}
            one.fire(told, call.context, skip_condition=data.skip_condition, given=data.variables)

    async def _list_traces(self, data: WhichTraces, call: Call) -> dict[str, Any]:
        owner = None if data.domain is None or data.item_id is None else f"{data.domain}.{data.item_id}"
        if data.automation is not None:
            owner = f"automation.{self._which([data.automation])[0].key}"
        listed = await self.traces.listed(owner)
        return {"traces": [t for t in listed if data.domain in (None, t["domain"])]}

    async def _get_trace(self, data: OneTrace, call: Call) -> dict[str, Any]:
        found = await self.traces.get(data.run_id)
        if found is None:
            raise Unknown("unknown_trace", {"en": "That run is not kept any more.", "zh-CN": "该运行记录已不存在。"})
        return {"trace": found}


def _tell(reading: Reading) -> None:
    """`usher check` has told these; one faulty automation keeps no other down."""
    for problem in reading.problems:
        log.log(logging.ERROR if problem.severity == "error" else logging.WARNING, "%s", problem)


class _When:
    """Calls `then` once: when the hall is up, or after PATIENCE at the latest."""

    def __init__(self, kit: Kit, then: Any) -> None:
        self._then = then
        self._cancels: list[Cancel] = []
        if kit.offers.get(STARTED, "hall") is not None:
            asyncio.get_running_loop().call_soon(self._now)
            return
        self._cancels = [kit.bus.listen(self._heard, "usher_started"), kit.clock.after(PATIENCE, self._now)]
        kit.on_close(self._stop)

    def _heard(self, _: Event) -> None:
        self._now()

    def _now(self) -> None:
        self._stop()
        then, self._then = self._then, None
        if then is not None:
            then()

    def _stop(self) -> None:
        for cancel in self._cancels:
            cancel()
        self._cancels = []
