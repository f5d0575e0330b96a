"""The day's counts: for the hall, each counter, each of the staff and each queue. They are rows, so a restart loses none."""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any, Final

from ...core.clock import local
from ...core.errors import StoreError
from ...core.integration import Kit
from ...core.tables import Batch
from .config import Config, KnownLevel
from .tables import COUNTS

HALL: Final = "hall"
Key = tuple[str, str]  # of whom, what


class Counts:
    """The counts of one business day; another day begins with none."""

    def __init__(self, config: Config, kit: Kit) -> None:
        self._config, self._kit = config, kit
        self.day = self.today()
        self._n: dict[Key, int] = {}
        self._score: dict[Key, float] = {}
        self.changed: Callable[[Sequence[str]], None] = lambda ofs: None

    def today(self) -> str:
        """The business day it is now."""
        moment, begins = local(self._kit.clock), self._kit.site.business_day
        return (moment.date() - timedelta(days=moment.time() < begins)).isoformat()

    async def load(self) -> None:
        """Today's, as they were when usher ended."""
        for _, _, of, what, n, score in await self._kit.store.rows(COUNTS, "day = ?", (self.day,)):
            self._n[of, what], self._score[of, what] = n, score

    def turn(self) -> bool:
        """Begin the new day if there is one."""
        if self.today() == self.day:
            return False
        self.day = self.today()
        self._n.clear()
        self._score.clear()
        return True

    def add(
        self, batch: Batch, ofs: Sequence[str], what: str, by: int = 1, score: float = 0.0
    ) -> Callable[[], None]:  # fmt: skip
        """Count it now, and keep the new counts with the rest of the batch; the answer takes it back."""
        self.turn()
        day = self.day
        for of in ofs:
            n = self._n[of, what] = self._n.get((of, what), 0) + by
            total = self._score[of, what] = self._score.get((of, what), 0.0) + score
            batch.put(COUNTS, day, self._kit.site.id, of, what, n, total)

        def take_back() -> None:
            if day == self.day:
                for of in ofs:
                    self._n[of, what] -= by
                    self._score[of, what] -= score

        return take_back

    def count(self, ofs: Sequence[str], what: str, by: int = 1, batch: Batch | None = None) -> None:
        """Count something nobody waits for. What comes when too much is on its way is not counted."""
        if self._kit.store.full:
            return
        batch = batch or Batch()
        take_back = self.add(batch, ofs, what, by)

        def done(error: StoreError | None) -> None:
            if error is None:
                self.changed(ofs)
                return
            take_back()
            self._kit.log.warning("A count of ratings was not kept: %s", error)

        self._kit.store.submit(batch, done)

    def of(self, of: str) -> dict[str, Any]:
        """The figures of one: votes, asked, the mean, how many per cent are satisfied, and each level's count."""
        levels = self._config.known.values()
        counts = {level.id: self._n.get((of, f"level:{level.id}"), 0) for level in levels}
        score = sum(self._score.get((of, f"level:{level.id}"), 0.0) for level in levels)
        others = {what: self._n.get((of, what), 0) for what in ("asked", "late", "duplicate", "idle")}
        return figures(levels, counts, score, others)


def figures(
    levels: Iterable[KnownLevel], counts: dict[str, int], score: float, others: dict[str, int]
) -> dict[str, Any]:
    """What counts come to."""
    votes = sum(counts.values())
    satisfied = sum(counts[level.id] for level in levels if level.satisfied)
    return {
        "satisfaction": round(100 * satisfied / votes, 1) if votes else None,
        "score": round(score / votes, 1) if votes else None,
        "ratings": votes,
        "bad": sum(counts[level.id] for level in levels if level.bad),
        "levels": counts,
        **others,
    }
