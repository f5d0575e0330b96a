"""Reload: a hall takes a new configuration while it runs, or none of it.

The new configuration is read and checked in a child process. Then every room that has something to change is asked
whether it can (`Kit.on_reload`); only when all have agreed does each take its part, the hall first. Whatever did not
change goes on untouched. A faulty configuration, or one that a room refuses, changes nothing.
"""

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import replace
from typing import Any, Final, cast

from .actions import Call
from .bus import Bus
from .candidate import PIECE, Candidate, read
from .clock import Clock
from .config import Configuration, Loaded
from .errors import ActionError, ConfigError, Failed, IntegrationError, Problem, Refused, UsherError
from .events import Context
from .fingerprint import Fingerprint, fingerprint, within
from .integration import PLATFORMS, Kit, Site, Take
from .loader import Loader
from .offers import Offers
from .schema import Nothing
from .site import UsherConfig
from .store import Store
from .supervisor import Handle, Supervisor
from .translations import Both, shown, translated
from .views import Views
from .words import Words

log = logging.getLogger(__name__)
ROOT: Final = "usher"
SETTLE: Final = 15.0  # seconds that changed devices may take before the answer is given
TOLD: Final = 5  # problems in the answer; the log has all
RELOADED: Final = "usher_reloaded"


class Reload:
    """One reload at a time."""

    def __init__(
        self, configuration: Configuration, site: Site, clock: Clock, bus: Bus, offers: Offers, views: Views,
        store: Store, supervisor: Supervisor, kits: Mapping[str, Kit], kept: dict[str, Handle],
        keep: Callable[[Loaded], None], always: tuple[str, ...],
        change: Callable[[Configuration], None],
    ) -> None:  # fmt: skip
        self._configuration, self._site, self._clock, self._bus = configuration, site, clock, bus
        self._offers, self._views, self._store, self._supervisor = offers, views, store, supervisor
        self._kits, self._kept, self._keep, self._always = kits, kept, keep, always
        self._change = change
        self._busy = asyncio.Lock()
        self._platforms: dict[str, Callable[[], None]] = {}
        self._seen: Fingerprint | None = None
        self._register: Callable[..., None] = _nowhere
        self._offered: set[str] = set()

    async def begin(self, register: Callable[..., None]) -> None:
        """Remember what the folder looks like, and offer the actions."""
        if within(self._configuration.folder, self._configuration.files):
            self._seen = await asyncio.to_thread(fingerprint, self._configuration.folder)
        register("usher.reload", Nothing, self._all, timeout=None,
                 description={"en": "Take the changed configuration without a restart.", "zh-CN": "重新加载配置，无需重启。"})  # fmt: skip
        register("usher.check", Nothing, self._check, timeout=None, question=True, response="only",
                 description={"en": "Everything that is wrong with the configuration.", "zh-CN": "检查配置中的所有问题。"})  # fmt: skip
        self._register = register
        self._offer()

    def _offer(self) -> None:
        """One action for each key; those of integrations that came by a reload too. One that is gone may come back by it."""
        for key in self._keys():
            if key not in self._offered:
                self._offered.add(key)
                self._register(f"{key}.reload", Nothing, self._one(key), timeout=None,
                               description={"en": f"Take what changed under {key}:.", "zh-CN": f"重新加载 {key}: 的配置。"})  # fmt: skip

    def _keys(self) -> list[str]:
        wings = [key for one in self._configuration.wings if one.integration.config is not None
                 for key in one.integration.config.model_fields]  # fmt: skip
        return [*wings, *(one.name for one in self._configuration.integrations if one.integration.config is not None)]

    def platforms(self) -> None:
        """Lend the platforms of what is loaded."""
        wanted = self._configuration.platforms()
        for name in [name for name in self._platforms if name not in wanted]:
            self._platforms.pop(name)()
        for name, platform in wanted.items():
            if name not in self._platforms:
                self._platforms[name] = self._offers.add(PLATFORMS, name, platform)

    # -- the actions

    async def _all(self, data: Nothing, call: Call) -> dict[str, Any]:
        return await self.run(None, call.context)

    def _one(self, key: str) -> Callable[[Nothing, Call], Awaitable[dict[str, Any]]]:
        async def run(data: Nothing, call: Call) -> dict[str, Any]:
            return await self.run({key}, call.context)

        return run

    async def _check(self, data: Nothing, call: Call) -> dict[str, Any]:
        candidate = await self._read()
        problems = await asyncio.to_thread(_told, candidate.problems)
        return {"valid": not candidate.errors, "problems": problems}

    async def run(self, only: Collection[str] | None, context: Context) -> dict[str, Any]:
        """Take what changed, under these keys or all; answers what that was. Raises Refused, and nothing has changed."""
        if self._busy.locked():
            raise Refused("busy", {"en": "A reload is under way already.", "zh-CN": "正在重新加载配置。"})
        async with self._busy:
            seen = await asyncio.to_thread(fingerprint, self._configuration.folder)
            if seen is not None and seen == self._seen:
                return {"changed": [], "took": 0.0}
            begun = self._clock.monotonic()
            candidate = await self._read()
            if candidate.errors:
                raise _faulty(candidate.problems)
            changed = await self._take(candidate, only)
            if only is None:
                self._seen = None if candidate.outside else seen
            for problem in candidate.problems:
                log.warning("%s", problem)
            took = round(self._clock.monotonic() - begun, 3)
            log.info("The configuration was reloaded in %.2f s: %s", took, ", ".join(changed) or "nothing had changed")
            self._bus.fire(RELOADED, {"changed": changed}, context.child())
            return {"changed": changed, "took": took}

    async def _read(self) -> Candidate:
        try:
            return await read(self._configuration.folder, self._always)
        except UsherError as error:
            why = translated(str(error), "zh-CN")
            raise Failed({"en": f"Reload: {error}", "zh-CN": f"重新加载失败：{why}"}) from error

    # -- taking it

    async def _take(self, new: Candidate, only: Collection[str] | None) -> list[str]:
        changed: list[str] = []
        plan: list[tuple[str, Take]] = []
        try:
            loaded = await asyncio.to_thread(self._loaded, new)
            usher = await self._plan_usher(new.usher, only, changed)
            wings = {wing.name: await self._plan_wing(wing, new.wings.get(wing.name), only, changed)
                     for wing in self._configuration.wings}  # fmt: skip
            before, after = await self._plan_integrations(loaded, only, changed)
        except ConfigError as error:
            raise _faulty(error.problems) from error
        # The hall first: it alone may still refuse. Platforms before their devices, and gone after them.
        hall = next(iter(wings), None)
        plan += [(name, take) for name, take in wings.items() if name == hall]
        plan += [("usher", usher), ("integrations", before)]
        plan += [(name, take) for name, take in wings.items() if name != hall]
        plan += [("integrations", after)]
        await self._carry_out(plan)
        self._offer()
        for view in self._views.all():
            view.touch()
        await self._supervisor.settled(SETTLE)
        return changed

    async def _carry_out(self, plan: list[tuple[str, Take]]) -> None:
        for index, (name, take) in enumerate(plan):
            try:
                waited = take()
                if inspect.isawaitable(waited):
                    await waited
            except ActionError:
                if index == 0:
                    raise  # nothing has changed yet
                log.exception("%s could not take its part of the new configuration; the others did.", name)
            except Exception:
                log.exception("%s could not take its part of the new configuration; the others did.", name)
            await asyncio.sleep(0)

    async def _plan_usher(self, new: UsherConfig | None, only: Collection[str] | None, changed: list[str]) -> Take:
        configuration, site, clock = self._configuration, self._site, self._clock
        if new is None or new == configuration.usher or (only is not None and ROOT not in only):
            return lambda: None
        if new.site != configuration.usher.site:
            raise Refused("needs_restart", {
                "en": "usher.site has changed: that is the hall's id in all its data. Restart usher to take it.",
                "zh-CN": "usher.site 已更改：它是本大厅所有数据的标识，需重启 usher 才能生效。"})  # fmt: skip
        changed.append(ROOT)

        def take() -> None:
            configuration.usher = new
            site.name, site.languages = new.name, tuple(new.languages)
            site.business_day, site.classes = new.business_day, new.weights
            clock.zone = new.zone
            self._bus.fire("core_config_updated", {})

        return take

    async def _plan_wing(self, wing: Loaded, new: Any, only: Collection[str] | None, changed: list[str]) -> Take:
        kit = self._kits.get(wing.name)
        if new is None or kit is None or kit.prepare is None:
            return lambda: None
        old: dict[str, Any] = dict(wing.config)
        if only is not None and not (wing.integration.together and not old.keys().isdisjoint(only)):
            new = new.model_copy(update={key: value for key, value in old.items() if key not in only})
        changed += [key for key, value in old.items() if await _differ(getattr(new, key), value)]
        take = await kit.prepare(new)

        async def taken() -> None:
            waited = take()
            if inspect.isawaitable(waited):
                await waited
            wings = self._configuration.wings
            index = next(i for i, one in enumerate(wings) if one.name == wing.name)
            wings[index] = replace(wing, config=new)

        return taken

    def _loaded(self, new: Candidate) -> dict[str, Loaded]:
        """The integrations the new configuration has, imported if they were not yet. Blocks: to be run beside the loop."""
        known = {one.name: one for one in self._configuration.integrations}
        loader: Loader | None = None
        found: dict[str, Loaded] = {}
        for name, (config, place) in new.integrations.items():
            old = known.get(name)
            if old is not None and old.error is None:
                found[name] = replace(old, config=config, place=place)
                continue
            loader = loader or Loader(self._configuration.folder)
            try:
                error = loader.missing(name)
                found[name] = Loaded(name, loader.load(name), config, place, loader.manifest(name), error)
            except IntegrationError as failure:
                log.error("%s%s", f"{place}  " if place else "", failure)
        return found

    async def _plan_integrations(
        self, new: Mapping[str, Loaded], only: Collection[str] | None, changed: list[str]
    ) -> tuple[Take, Take]:
        """What comes or changes, taken before the devices; what goes, after them."""
        listed = self._configuration
        old = {one.name: one for one in listed.integrations}
        wanted = dict(new)
        if only is not None:
            wanted = {**old, **{name: one for name, one in new.items() if name in only or name not in old}}
        trial = Configuration(listed.folder, integrations=list(wanted.values()))
        self._change(trial)
        wanted = {one.name: one for one in trial.integrations}
        prepared: dict[str, Take] = {}
        anew: list[Loaded] = []
        for name, one in wanted.items():
            kit = self._kits.get(name)
            if name in old and old[name].config == one.config:
                continue
            changed.append(name)
            if name in old and kit is not None and kit.prepare is not None:
                prepared[name] = await kit.prepare(one.config)
            else:
                anew.append(one)
        gone = [name for name in old if name not in wanted]
        changed += gone

        async def come() -> None:
            listed.integrations[:] = [*wanted.values(), *(old[name] for name in gone)]
            await self._tables(anew)
            self.platforms()
            for one in anew:
                await self._end(one.name)
                self._keep(one)
            await self._carry_out(list(prepared.items()))

        async def go() -> None:
            listed.integrations[:] = list(wanted.values())
            for name in gone:
                await self._end(name)
            self.platforms()

        return come, go

    async def _tables(self, coming: list[Loaded]) -> None:
        tables = [table for one in coming for table in one.integration.tables]
        if tables:
            await self._store.extend(tables)

    async def _end(self, name: str) -> None:
        handle = self._kept.pop(name, None)
        if handle is not None:
            handle()
            await handle.ended()


def _told(problems: list[Problem]) -> list[dict[str, Any]]:
    """The problems as data. Translates: to be run beside the loop."""
    return [
        {**({"file": p.place.file, "line": p.place.line, "column": p.place.column} if p.place else {}),
         "severity": p.severity, "text": dict(Both(p.text))}
        for p in problems
    ]  # fmt: skip


def _nowhere(*_: Any, **__: Any) -> None:
    """Before `begin` there is nothing to register with."""


async def _differ(new: Any, old: Any) -> bool:
    """Whether two parts of the configuration differ; a long list is compared some items at a time."""
    if not isinstance(new, list) or not isinstance(old, list):
        return bool(new != old)
    news, olds = cast("list[Any]", new), cast("list[Any]", old)
    if len(news) != len(olds):
        return True
    for start in range(0, len(news), PIECE):
        if news[start : start + PIECE] != olds[start : start + PIECE]:
            return True
        await asyncio.sleep(0)
    return False


def _faulty(problems: list[Any]) -> Refused:
    """The refusal of a faulty configuration: the first problems in the answer, all of them in the log."""
    for problem in problems:
        log.log(logging.ERROR if problem.severity == "error" else logging.WARNING, "%s", problem)
    errors = [p for p in problems if p.severity == "error"]

    def listed(language: str) -> str:
        return "\n".join(shown(p, language) for p in errors[:TOLD]) + ("\n..." if len(errors) > TOLD else "")

    words: Words = {
        "en": f"The new configuration has {len(errors)} fault{'s' if len(errors) != 1 else ''}, so nothing was changed:\n{listed('en')}",
        "zh-CN": f"新配置有 {len(errors)} 处错误，未做任何更改：\n{listed('zh-CN')}",
    }
    return Refused("bad_configuration", words)
