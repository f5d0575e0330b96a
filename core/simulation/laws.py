"""What must hold on any day, whatever happens; heard from the events alone, so that the hall cannot talk itself out of it."""

from typing import Any, Final

from ..events import Event
from ..words import Words

AT: Final = ("called", "serving")
ENDED: Final = ("finished", "cancelled", "expired")
MAX_TOLD: Final = 100


class Laws:
    """Hears every ticket event; `broken` are the sentences, in order."""

    def __init__(self) -> None:
        self.broken: list[Words] = []
        self.count = 0
        self.issued = self.finished = self.cancelled = self.expired = 0
        self._tickets: dict[str, tuple[str, str, str | None]] = {}  # id -> (number, state, counter)
        self._numbers: dict[tuple[str, str], str] = {}  # (day, number) -> id
        self._at: dict[str, str] = {}  # counter -> ticket id
        self._latest = 0.0

    def hear(self, event: Event) -> None:
        ticket: dict[str, Any] = event.data["ticket"]
        key, number, state, counter = ticket["id"], ticket["number"], ticket["state"], ticket["counter"]
        if event.type == "ticket_finished" and not event.data.get("final", True):
            state = "between"  # two stays of one visit
        if event.at < self._latest:
            self._tell(f"{event.type} of {number} was told before what came after it.",
                       f"{number} 的 {event.type} 事件先后颠倒。")  # fmt: skip
        self._latest = max(self._latest, event.at)
        before = self._tickets.get(key)
        if event.type == "ticket_issued":
            self._issue(before, (ticket["day"], number), key)
        elif before is None:
            self._tell(
                f"{number} appears at {event.type}, and was never issued.", f"{number} 未经取号即出现 {event.type}。"
            )
        elif before[1] in ENDED:
            self._tell(f"{number} had ended ({before[1]}), and then came {event.type}.",
                       f"{number} 已结束（{before[1]}），之后又出现 {event.type}。")  # fmt: skip
        if before is not None and before[1] in AT and before[2] is not None and self._at.get(before[2]) == key:
            if state in AT and counter != before[2]:
                self._tell(f"{number} was called to counter {counter} while it was at counter {before[2]}.",
                           f"{number} 在 {before[2]} 号窗口时又被 {counter} 号窗口呼叫。")  # fmt: skip
            del self._at[before[2]]
        if state in AT and counter is not None:
            other = self._at.get(counter)
            if other is not None and other != key:
                self._tell(f"Counter {counter} called {number} while {self._tickets[other][0]} was there.",
                           f"{counter} 号窗口在 {self._tickets[other][0]} 未离开时呼叫了 {number}。")  # fmt: skip
            self._at[counter] = key
        self._tickets[key] = (number, state, counter)
        if state in ENDED and (before is None or before[1] not in ENDED):
            setattr(self, state, getattr(self, state) + 1)

    def _issue(self, before: Any, number: tuple[str, str], key: str) -> None:
        self.issued += 1
        if before is not None:
            self._tell(f"{number[1]} was issued twice.", f"{number[1]} 被重复取号。")
        elif number in self._numbers:
            self._tell(f"The number {number[1]} was given twice.", f"号码 {number[1]} 被发放两次。")
        self._numbers[number] = key

    def end(self) -> None:
        """The day is over: every ticket has ended, and none is lost."""
        for number, state, counter in self._tickets.values():
            if state not in ENDED:
                where = f" at counter {counter}" if counter and state in AT else ""
                self._tell(f"{number} is still {state}{where} after the end of the day.",
                           f"一天结束后 {number} 仍为 {state} 状态。")  # fmt: skip
        ended = self.finished + self.cancelled + self.expired
        if self.issued != ended:
            self._tell(f"{self.issued} tickets were issued and {ended} ended.",
                       f"共取号 {self.issued} 张，结束 {ended} 张，数目不符。")  # fmt: skip

    def _tell(self, en: str, zh: str) -> None:
        self.count += 1
        if len(self.broken) < MAX_TOLD:
            self.broken.append({"en": en, "zh-CN": zh})
