"""Nobody is known for ever: who was not here for as long as the YAML says is forgotten."""

import logging
from typing import Final

from ...actions import Call
from ...errors import ActionError
from ...integration import Kit
from ..hall import Hall
from ..journal import Answer, Decision
from .actions import forget
from .rows import is_blocked

log = logging.getLogger(__name__)
CHUNK: Final = 100  # visitors in one decision: the loop is never held long
LOOK_EVERY: Final = 3600.0


class Keeping:
    """Looks each hour, and forgets some at a time."""

    def __init__(self, hall: Hall, kit: Kit) -> None:
        self._hall, self._kit, self._busy = hall, kit, False
        kit.every(LOOK_EVERY, self.look)

    def look(self) -> None:
        """Forget those whose time is over, if any."""
        old = self._old() if not self._busy else []
        if old:
            self._busy = True
            self._kit.task(self._forget(old), "visitors")

    def _old(self) -> list[str]:
        """Who was not here for so long. Somebody blocked stays as long as that holds, and so does who has a ticket."""
        floor, now = self._hall.journal.decided, self._hall.clock.now()
        before = now - self._hall.config.visitor.keep * 86400.0
        return [
            visitor
            for visitor, row in floor.visitors.items()
            if row["seen"] < before and not is_blocked(row, now) and not floor.holders.of(visitor, None)
        ]

    async def _forget(self, old: list[str]) -> None:
        try:
            for start in range(0, len(old), CHUNK):
                some = old[start : start + CHUNK]

                def rule(d: Decision, some: list[str] = some) -> Answer:
                    for visitor in some:
                        if visitor in d.floor.visitors:
                            forget(d, visitor)
                    return {}

                await self._hall.journal.decide(Call(self._kit.caller), "visitor.forget", None, rule)
        except ActionError as error:
            log.warning("Visitors could not be forgotten yet: %s", error)
        finally:
            self._busy = False
