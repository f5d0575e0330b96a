"""A timer: idle, active or paused; what may be done with it, and what it tells when its time is over.

It is held with its due wall time and counts down by the monotonic clock. After a restart it goes on with what is left;
what is overdue finishes once the hall is up, in order of due time.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypedDict, cast

from ...core.clock import Cancel
from ...core.errors import Refused
from ...core.events import Context
from ...core.ids import new_id
from ...core.integration import Kit
from ...core.kept import Last
from ...core.things import Change, KeptEntity, Verb, decide, room
from .config import TimerConfig
from .models import ChangeBy, Start, Timers

RETRY: Final = 1.0  # seconds until a timer that could not be stored as finished tries again


class Held(TypedDict):
    """What a timer is held to be; spans in seconds, `due` as wall time while it is active."""

    state: str
    running: float  # how long it runs, all in all
    left: float | None  # when it was last started or paused
    due: float | None
    cause: str | None  # the context it was started in
    user: str | None


class Timer(KeptEntity[Held]):
    """One timer."""

    def __init__(self, kit: Kit, entity_id: str, thing: TimerConfig) -> None:
        super().__init__(kit, entity_id, thing, **({"restore": True} if thing.restore else {}))
        self._thing = thing
        self._stop: Cancel | None = None
        self._counting: tuple[float, float] | None = None  # the due wall time that is counted down to, as monotonic
        self._up = False

    # -- what it is

    def first(self, last: Last | None) -> Held:
        held = None if last is None else _held(last.value)
        if last is None or held is None or not (self._thing.restore or last.this_run):
            return self._idle()
        return self._idle() if held["state"] == "idle" else held

    def _idle(self) -> Held:
        return {
            "state": "idle",
            "running": self._thing.duration,
            "left": None,
            "due": None,
            "cause": None,
            "user": None,
        }

    def look(self, held: Held) -> tuple[str, Mapping[str, Any]]:
        shown: dict[str, Any] = {"duration": _span(held["running"])}
        if held["due"] is not None:
            shown["finishes_at"] = _iso(held["due"])
        if held["left"] is not None:
            shown["remaining"] = _span(held["left"])
        return held["state"], shown

    # -- what may be done with it

    def start(self, duration: float | None) -> Change[Held]:
        """From the beginning, or on from where it was paused."""
        held = self.decided
        running = duration or (held["running"] if held["state"] != "idle" else self._thing.duration)
        left = duration or held["left"] or running
        word = "started" if held["state"] == "idle" else "restarted"
        return self._become(word, state="active", running=running, left=left, due=self.kit.clock.now() + left)

    def pause(self) -> Change[Held] | None:
        if self.decided["state"] != "active":
            return None
        return self._become("paused", state="paused", left=self._left(self.decided), due=None)

    def cancel(self) -> Change[Held]:
        return Change(self, self._idle(), self._tell("cancelled"))

    def finish(self) -> Change[Held] | None:
        """Now, or when it was due if that is over."""
        due = self.decided["due"]
        if self.decided["state"] != "active" or due is None:
            return None
        return Change(self, self._idle(), self._tell("finished", finished_at=_iso(min(due, self.kit.clock.now()))))

    def change(self, by: float) -> Change[Held]:
        if self.decided["state"] != "active":
            raise Refused("not_active", {"en": f"{self.entity_id} is not running: only an active timer can be changed.",
                                         "zh-CN": f"{self.entity_id} 未在计时，只能更改正在计时的计时器。"})  # fmt: skip
        left, running = self._left(self.decided) + by, self.decided["running"]
        if not 0 <= left <= running:
            raise Refused("out_of_range", {
                "en": f"{self.entity_id} would have {left:g} s left; it may have 0 to {running:g} s.",
                "zh-CN": f"{self.entity_id} 将剩余 {left:g} 秒，允许 0 到 {running:g} 秒。"})  # fmt: skip
        return self._become("changed", left=left, due=self.kit.clock.now() + left)

    def _become(self, word: str, **fields: Any) -> Change[Held]:
        return Change(self, cast("Held", {**self.decided, **fields}), self._tell(word))

    def _tell(self, word: str, **data: Any) -> Any:
        def told(context: Context) -> None:
            self.kit.bus.fire(f"timer.{word}", {"entity_id": self.entity_id, **data}, context)

        return told

    # -- its time

    def because(self, held: Held, context: Context) -> Held:
        """An active timer remembers what it was started by."""
        return {**held, "cause": context.id, "user": context.user_id} if held["state"] == "active" else held

    def settle(self, held: Held, context: Context) -> None:
        super().settle(held, context)
        self._count()

    def undo(self) -> None:
        super().undo()
        self._count()

    def go_on(self) -> None:
        """The hall is up: what is overdue finishes now, the rest counts on."""
        self._up = True
        self._count()

    def _left(self, held: Held) -> float:
        due = held["due"] or 0.0
        if self._counting is not None and self._counting[0] == due:  # also when the wall clock was set meanwhile
            return max(0.0, self._counting[1] - self.kit.clock.monotonic())
        return min(max(0.0, due - self.kit.clock.now()), held["running"])

    def _count(self) -> None:
        """Count down to what is durable."""
        held = self._durable
        if not self._up or (self._counting is not None and self._counting[0] == held["due"]):
            return
        self._rest()
        if held["due"] is not None:
            left = self._left(held)
            self._counting = held["due"], self.kit.clock.monotonic() + left
            if left > 0:
                self._stop = self.kit.after(left, self._run_out)
            else:
                self._run_out()

    def _run_out(self) -> None:
        """Its time is over. While the disk takes nothing it waits: what is told must be durable."""
        self._stop = None
        if self.decided != self._durable:  # something else was decided; if that is not stored, this is due again
            self._counting = None
            return
        change = self.finish()
        if change is None:
            return
        try:
            room(self.kit)
        except Refused:
            self._again()
        else:
            decide(self.kit, [change], self._cause(), lambda stored: None if stored else self._again())

    def _again(self) -> None:
        if self._up and self._stop is None:
            self._stop = self.kit.after(RETRY, self._run_out)

    def _rest(self) -> None:
        if self._stop is not None:
            self._stop()
        self._stop = self._counting = None

    def stop(self) -> None:
        self._rest()
        self._up = False

    def _cause(self) -> Context:
        """Time that has passed is no link of a circle: a timer that starts itself again may do so for ever."""
        cause = self.decided["cause"]
        return Context() if cause is None else Context(new_id(), cause, self.decided["user"])


def go_on(timers: Sequence[Timer]) -> None:
    """In order of due time."""
    for timer in sorted(timers, key=lambda one: one.decided["due"] or 0.0):
        timer.go_on()


def _held(value: Any) -> Held | None:
    """What was kept, if it is whole."""
    try:
        held: Held = {
            "state": str(value["state"]), "running": float(value["running"]),
            "left": None if value["left"] is None else float(value["left"]),
            "due": None if value["due"] is None else float(value["due"]),
            "cause": value["cause"], "user": value["user"],
        }  # fmt: skip
    except (TypeError, ValueError, KeyError):
        return None
    return held if (held["state"] == "active") is (held["due"] is not None) else None


def _span(seconds: float) -> str:
    """0:05:00, as Home Assistant writes it."""
    whole = int(seconds)
    return f"{whole // 3600}:{whole % 3600 // 60:02}:{whole % 60:02}"


def _iso(stamp: float) -> str:
    return datetime.fromtimestamp(stamp, UTC).isoformat()


VERBS: Final[Mapping[str, Verb[Timer, Any]]] = {
    "start": Verb(Start, lambda one, data: one.start(data.duration),
                  {"en": "Start timers, or let paused ones go on.", "zh-CN": "启动计时器，或让暂停的继续。"}),
    "pause": Verb(Timers, lambda one, _: one.pause(), {"en": "Pause running timers.", "zh-CN": "暂停计时器。"}),
    "cancel": Verb(Timers, lambda one, _: one.cancel(), {"en": "Stop timers; they do not finish.",
                                                         "zh-CN": "取消计时器，不触发完成。"}),
    "finish": Verb(Timers, lambda one, _: one.finish(), {"en": "Finish running timers now.", "zh-CN": "立即完成计时器。"}),
    "change": Verb(ChangeBy, lambda one, data: one.change(data.duration),
                   {"en": "Give running timers more or less time.", "zh-CN": "增减正在计时的时间。"}),
}  # fmt: skip
