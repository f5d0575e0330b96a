"""The trigger `queue`, lent to the language: a line grows, shrinks, waits too long, empties, is paused or resumed."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias

from pydantic import BeforeValidator, Field, model_validator

from ...clock import Cancel
from ...events import Context, Event
from ...integration import Kit
from ...offers import TRIGGERS, Fire, TriggerKind
from ...schema import Duration, Strict, Target
from ...states import STATE_CHANGED, State
from ...waits import Waits
from .triggers import listed, watch

if TYPE_CHECKING:
    from ..hall import Hall

Holds: TypeAlias = Callable[[State], bool]
_TOLD: Final = ("name", "waiting", "next", "oldest_wait", "estimated_wait", "issued_today", "served_today", "paused",
                "pause_reason", "open", "why_closed", "opens_at", "closes_at", "counters_open")  # fmt: skip


class QueueTrigger(Strict):
    """`trigger: queue`: fires when it becomes so, not while it stays so; what is so already at the start is no news."""

    queue: Annotated[list[str], Target("queue", many=True)] | None = Field(
        default=None, description="The queue, or several; left out: every queue."
    )
    entity_id: Annotated[list[str], Target("queue", many=True)] | None = Field(
        default=None, description="The same, as queue.personal."
    )
    waiting_over: int | None = Field(default=None, ge=0, description="More than so many wait.")
    waiting_under: int | None = Field(default=None, ge=1, description="Fewer than so many wait.")
    wait_over: Duration | None = Field(default=None, gt=0, description="Who waits longest has waited longer than this.")
    event: Annotated[list[Literal["empty", "paused", "resumed"]], BeforeValidator(listed)] | None = Field(
        default=None, description="empty: the last one has left the line; paused; resumed."
    )
    for_: Duration | None = Field(default=None, alias="for", description="Only when it stays so for this long.")

    @model_validator(mode="after")
    def _one_thing(self) -> "QueueTrigger":
        given = {"waiting_over", "waiting_under", "wait_over", "event"} & self.model_fields_set
        if len(given) != 1:
            raise ValueError(
                "one of waiting_over, waiting_under, wait_over or event is wanted. Write one trigger for each"
            )
        if self.wait_over is not None and self.for_ is not None:
            raise ValueError("for does not go with wait_over. Write a longer wait_over")
        if self.queue is not None and self.entity_id is not None:
            raise ValueError("queue and entity_id are the same. Keep queue")
        return self

    def names(self) -> list[str] | None:
        """The queues meant; None is every one."""
        return self.queue if self.queue is not None else self.entity_id


def queue_told(state: State) -> dict[str, Any]:
    """A queue as `trigger.queue`."""
    attributes = state.attributes
    return {"id": state.entity_id.partition(".")[2], "entity_id": state.entity_id,
            **{key: attributes.get(key) for key in _TOLD}}  # fmt: skip


def lend(kit: Kit, hall: "Hall") -> None:
    """Offer the trigger."""

    def attach(model: QueueTrigger, fire: Fire, waits: Waits | None = None) -> Cancel:
        if model.wait_over is not None:
            return _Longest(model, model.wait_over, fire, kit, hall).stop
        return _Becomes(model, fire, waits or Waits(kit.clock, fire), kit).stop

    kit.offer(TRIGGERS, "queue", TriggerKind(QueueTrigger, attach, lambda fire, names: Waits(kit.clock, fire, names)))


class _Becomes:
    """One trigger on what a queue's state says."""

    def __init__(self, model: QueueTrigger, fire: Fire, waits: Waits, kit: Kit) -> None:
        self._model, self._fire, self._waits = model, fire, waits
        self._asked = _questions(model)
        self._forget = watch(kit, [STATE_CHANGED], looked_for("queue", model.names()), self._hear)
        for key in waits.recalled():
            state = kit.states.get(key)
            waits.settle(key, None if state is None else any(holds(state) for _, holds in self._asked))

    def _hear(self, event: Event) -> None:
        entity_id: str = event.data["entity_id"]
        old, new = event.data["old_state"], event.data["new_state"]
        if not entity_id.startswith("queue."):
            return
        if new is None or not any(holds(new) for _, holds in self._asked):
            self._waits.end(entity_id)
            return
        self._waits.settle(entity_id, True)
        for said, holds in self._asked:
            if old is not None and holds(new) and not holds(old):
                self._came(said, new, event.context)

    def _came(self, said: dict[str, Any], state: State, context: Context) -> None:
        data = {**said, "entity_id": state.entity_id, "queue": queue_told(state), "for": None if self._model.for_ is None else timedelta(seconds=self._model.for_),
                "description": f"{state.entity_id}: {next(iter(said))} {next(iter(said.values()))}"}  # fmt: skip
        if self._model.for_ is None:
            self._fire(data, context)
        else:
            self._waits.begin(state.entity_id, self._model.for_, data, context)

    def stop(self) -> None:
        self._forget()
        self._waits.stop()


def _questions(model: QueueTrigger) -> list[tuple[dict[str, Any], Holds]]:
    """What is asked of the state, and how the trigger says it."""
    over, under = model.waiting_over, model.waiting_under
    if over is not None:
        return [({"waiting_over": over}, lambda state: _count(state) > over)]
    if under is not None:
        return [({"waiting_under": under}, lambda state: _count(state) < under)]
    by_event: dict[str, Holds] = {
        "empty": lambda state: _count(state) == 0,
        "paused": lambda state: bool(state.attributes.get("paused")),
        "resumed": lambda state: not state.attributes.get("paused"),
    }
    return [({"event": name}, by_event[name]) for name in dict.fromkeys(model.event or ())]


def _count(state: State) -> float:
    return state.value if isinstance(state.value, (int, float)) else 0


class _Longest:
    """One `wait_over`: the clock is set for the moment at which who waits longest has waited so long."""

    def __init__(self, model: QueueTrigger, limit: float, fire: Fire, kit: Kit, hall: "Hall") -> None:
        self._limit, self._fire, self._kit, self._hall = limit, fire, kit, hall
        self._timers: dict[str, Cancel] = {}
        self._over: dict[str, bool] = {}
        names: Iterable[str] = hall.queues if (given := model.names()) is None else given
        for name in names:
            self._over[name] = self._left(name) <= 0
            self._look(name, Context())
        self._forget = watch(kit, [STATE_CHANGED], looked_for("queue", model.names()), self._hear)

    def _left(self, name: str) -> float:
        """Seconds until it is over; endless while nobody waits."""
        oldest = self._hall.journal.durable.oldest(name)
        return float("inf") if oldest is None else oldest + self._limit - self._kit.clock.now()

    def _hear(self, event: Event) -> None:
        domain, _, name = event.data["entity_id"].partition(".")
        if domain == "queue":
            self._look(name, event.context)

    def _look(self, name: str, context: Context) -> None:
        self._timers.pop(name, _nothing)()
        left = self._left(name)
        was, self._over[name] = self._over.get(name, False), left <= 0
        if 0 < left < float("inf"):
            self._timers[name] = self._kit.clock.after(left, lambda: self._look(name, Context()))
        state = self._kit.states.get(f"queue.{name}")
        if left <= 0 and not was and state is not None:
            waited = round(self._limit - left)
            self._fire({"wait_over": self._limit, "entity_id": state.entity_id, "for": None,
                        "queue": {**queue_told(state), "oldest_wait": waited},
                        "description": f"{state.entity_id}: wait_over {self._limit:g} s"}, context)  # fmt: skip

    def stop(self) -> None:
        self._forget()
        for cancel in self._timers.values():
            cancel()
        self._timers.clear()


def looked_for(domain: str, names: list[str] | None) -> dict[str, Any]:
    """The data of state_changed that is meant."""
    return {} if names is None else {"entity_id": frozenset(f"{domain}.{name}" for name in names)}


def _nothing() -> None:
    pass
