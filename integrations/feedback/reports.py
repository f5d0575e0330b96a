"""Questions about ratings given: each of them, or what they come to."""

from datetime import date, timedelta
from typing import Any, Final

import orjson

from ...core.actions import Call
from ...core.errors import BadData
from ...core.integration import Kit
from ...core.tables import Batch
from .config import Config
from .counts import HALL, figures
from .models import Listing, Summary
from .tables import COUNTS, RATINGS

MAX_DAYS: Final = 400
_SHOWN: Final = ("id", "at", "day", "counter", "staff", "queue", "service", "class", "number", "level", "score", "bad",
                 "reasons", "origin")  # fmt: skip


class Reports:
    """Read beside the writer, from the disk."""

    def __init__(self, config: Config, kit: Kit) -> None:
        self._config, self._kit = config, kit

    async def listing(self, data: Listing, call: Call) -> dict[str, Any]:
        """The ratings of some days, the latest first."""
        first, last = _days(data.first, data.last)
        where, values = "day >= ? AND day <= ?", [first, last]
        for column, wanted in (("counter", data.counter), ("staff", data.staff), ("queue", data.queue)):
            if wanted is not None:
                where, values = f"{where} AND {column} = ?", [*values, wanted]
        if data.bad:
            where += " AND bad = 1"
        rows = await self._rows(RATINGS, where, values)
        rows.sort(key=lambda row: (row[2], row[0]), reverse=True)
        listed = [dict(zip(RATINGS.names, row, strict=True)) for row in rows[: data.limit]]
        return {"total": len(rows), "ratings": [
            {**{key: one[key] for key in _SHOWN}, "bad": bool(one["bad"]), "reasons": orjson.loads(one["reasons"])}
            for one in listed]}  # fmt: skip

    async def summary(self, data: Summary, call: Call) -> dict[str, Any]:
        """What the ratings of some days come to."""
        first, last = _days(data.first, data.last)
        of = "of = ?" if data.by == HALL else "of >= ? AND of < ?"
        whose = [HALL] if data.by == HALL else [f"{data.by}:", f"{data.by};"]
        rows = await self._rows(COUNTS, f"day >= ? AND day <= ? AND {of}", [first, last, *whose])
        lines: dict[tuple[str, str], dict[str, tuple[int, float]]] = {}
        for day, _, name, what, n, score in rows:
            line = lines.setdefault((day if data.daily else "", name), {})
            before = line.get(what, (0, 0.0))
            line[what] = (before[0] + n, before[1] + score)
        return {"first": first, "last": last, "lines": [
            {**({"day": day} if day else {}), **({} if data.by == HALL else {data.by: name.partition(":")[2]}),
             **self._figures(line)} for (day, name), line in sorted(lines.items())]}  # fmt: skip

    async def _rows(self, table: Any, where: str, values: list[Any]) -> list[Any]:
        if not self._kit.store.idle:  # what was answered is in it
            await self._kit.store.save(Batch())
        return list(await self._kit.store.rows(table, where, values))

    def _figures(self, line: dict[str, tuple[int, float]]) -> dict[str, Any]:
        levels = self._config.known.values()
        counts = {level.id: line.get(f"level:{level.id}", (0, 0.0))[0] for level in levels}
        score = sum(line.get(f"level:{level.id}", (0, 0.0))[1] for level in levels)
        others = {what: line.get(what, (0, 0.0))[0] for what in ("asked", "late", "duplicate", "idle")}
        return figures(levels, counts, score, others)


def _days(first: str, last: str | None) -> tuple[str, str]:
    try:
        begin, end = date.fromisoformat(first), date.fromisoformat(last or first)
    except ValueError as error:
        raise BadData({"en": f"There is no such day: {error}.", "zh-CN": f"没有这一天：{error}。"}) from error
    if not timedelta(0) <= end - begin < timedelta(days=MAX_DAYS):
        raise BadData({"en": f"Ask for 1 to {MAX_DAYS} days, the first one first.",
                       "zh-CN": f"请查询 1 到 {MAX_DAYS} 天，起始日期在前。"})  # fmt: skip
    return begin.isoformat(), end.isoformat()
