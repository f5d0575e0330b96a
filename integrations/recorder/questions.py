"""The recorder's actions, and the two questions about the past: each answers only of what the caller may read."""

from collections.abc import Coroutine
from datetime import datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final

from ...core.access import may_hear, may_read
from ...core.actions import Call
from ...core.integration import Kit
from ...core.schema import Nothing
from ...core.words import Words, say
from .models import Logbook, Period, Purge, PurgeEntities

if TYPE_CHECKING:
    from .recorder import Recorder

DAY: Final = 86400.0
FIELDS: Final = ("value", "available", "attributes", "changed_at", "updated_at")
AT_ONCE: Final = 1000  # entities of one question


class Questions:
    """What can be asked of a recorder."""

    def __init__(self, recorder: "Recorder", kit: Kit) -> None:
        self._recorder, self._kit = recorder, kit

    def register(self) -> None:
        add = self._kit.action
        add("history.period", Period, self.period, question=True, response="only", timeout=60.0, description={
            "en": "The states of entities over a period.", "zh-CN": "实体在一段时间内的状态。"})  # fmt: skip
        add("logbook.get", Logbook, self.logbook, question=True, response="only", timeout=60.0, description={
            "en": "What happened, in words, with its cause.", "zh-CN": "发生了什么（文字说明）及其原因。"})  # fmt: skip
        add("recorder.purge", Purge, self.purge, response="none", description={
            "en": "Forget what is too old, now.", "zh-CN": "立即清除过期的历史记录。"})  # fmt: skip
        add("recorder.purge_entities", PurgeEntities, self.purge_entities, response="none", description={
            "en": "Forget some entities.", "zh-CN": "清除某些实体的历史记录。"})  # fmt: skip
        add("recorder.enable", Nothing, self.enable, response="none", description={
            "en": "Record again.", "zh-CN": "恢复记录。"})  # fmt: skip
        add("recorder.disable", Nothing, self.disable, response="none", description={
            "en": "Record nothing until enabled.", "zh-CN": "停止记录，直到重新启用。"})  # fmt: skip
        add("recorder.info", Nothing, self.info, question=True, response="only", description={
            "en": "How the recorder is.", "zh-CN": "历史记录的运行状况。"})  # fmt: skip

    # -- questions

    async def period(self, m: Period, call: Call) -> dict[str, Any]:
        """{"states": {entity_id: [{value, available, attributes, changed_at, updated_at}]}, "truncated": bool}."""
        start, end = self._span(m.start_time, m.end_time)
        permission = call.caller.permission
        names = m.entities if m.entities is not None else await self._known("entities")
        names = [name for name in dict.fromkeys(names) if may_read(permission, name)][:AT_ONCE]
        found: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
        asked = {"start": start, "end": end, "entity_ids": names, "initial": m.initial, "after": None,
                 "significant": m.significant_changes_only, "attributes": not m.no_attributes}  # fmt: skip
        left = m.limit
        while names and left > 0:
            page = await self._ask("history", asked)
            for name, *values, _ in page["rows"][:left]:
                found[name].append(dict(zip(FIELDS, values, strict=True)))
            cut = len(page["rows"]) > left
            left -= len(page["rows"])
            asked["after"] = page["more"]
            if asked["after"] is None and not cut:
                break
        more = bool(names) and (asked["after"] is not None or left < 0)
        return {"states": {name: states for name, states in found.items() if states}, "truncated": more}

    async def logbook(self, m: Logbook, call: Call) -> dict[str, Any]:
        """{"entries": [...], "last": a number for `since`, "truncated": bool}."""
        start, end = self._span(m.start_time, m.end_time)
        asked = await self._seen_by(call) | {
            "start": start, "end": end, "entity_ids": m.entities, "context_id": m.context_id, "since": m.since,
            "names": self._names(call.language), "chinese": (self._language(call.language) or "").startswith("zh"),
        }  # fmt: skip
        entries: list[dict[str, Any]] = []
        last = 0
        while True:
            page = await self._ask("logbook", asked)
            entries += page["entries"]
            last = max(last, page["last"])
            more = page["more"] is not None
            if not more or len(entries) >= m.limit:
                break
            asked |= {"since": page["last"]} if m.since is not None else {"after": page["more"]}
        return {"entries": entries[: m.limit], "last": last, "truncated": more or len(entries) > m.limit}

    async def _seen_by(self, call: Call) -> dict[str, Any]:
        """The entities and events this caller may know of; None for all."""
        permission = call.caller.permission
        if may_read(permission, "*") and not call.caller.scopes:
            return {"readable": None, "hearable": None}
        known = await self._ask("known", {})
        return {"readable": [name for name in known["entities"] if may_read(permission, name)],
                "hearable": [kind for kind in known["types"] if may_hear(permission, kind)]}  # fmt: skip

    async def _known(self, what: str) -> list[str]:
        return list((await self._ask("known", {}))[what])

    async def _ask(self, what: str, data: dict[str, Any]) -> Any:
        await self._recorder.caught_up()  # what happened up to now is in the answer
        return await self._recorder.archive.ask(what, data)

    def _span(self, start: datetime | None, end: datetime | None) -> tuple[float, float]:
        now = self._kit.clock.now()
        until = now + 1 if end is None else self._stamp(end)  # what happens in this moment is in it
        return (now - DAY if start is None else self._stamp(start)), until

    def _stamp(self, at: datetime) -> float:
        """A time without a zone is the hall's own."""
        return (at if at.tzinfo else at.replace(tzinfo=self._kit.clock.zone)).timestamp()

    def _language(self, language: str | None) -> str | None:
        languages = self._kit.site.languages
        return language or (languages[0] if languages else None)

    def _names(self, language: str | None) -> dict[str, str]:
        """What people call the entities, in the asker's language."""
        language, names = self._language(language), dict[str, str]()
        for state in self._kit.states:
            name: Words | None = state.attributes.get("friendly_name") or state.attributes.get("name")
            if name:
                names[state.entity_id] = say(name, language)
        return names

    # -- actions

    async def purge(self, m: Purge, call: Call) -> None:
        """Begins it and answers; `recorder_purged` is the end."""
        self._beside(self._recorder.purge(m.keep_days, repack=m.repack, apply_filter=m.apply_filter))

    async def purge_entities(self, m: PurgeEntities, call: Call) -> None:
        async def forget() -> None:
            known = await self._known("entities")
            chosen = [name for name in known if name in m.entity_id or name.partition(".")[0] in m.domains
                      or any(fnmatchcase(name, glob) for glob in m.entity_globs)]  # fmt: skip
            await self._recorder.forget(chosen, m.keep_days)

        self._beside(forget())

    async def enable(self, m: Nothing, call: Call) -> None:
        self._recorder.turn(True)

    async def disable(self, m: Nothing, call: Call) -> None:
        self._recorder.turn(False)

    async def info(self, m: Nothing, call: Call) -> dict[str, Any]:
        return self._recorder.info()

    def _beside(self, work: Coroutine[Any, Any, None]) -> None:
        async def run() -> None:
            try:
                await work
            except Exception as error:
                self._kit.log.warning("Old history could not be forgotten: %s", error)

        self._kit.task(run(), "purge")
