"""The trigger `counter`, lent to the language: staff come and go, a counter is in a state, or serves one for too long."""

from datetime import timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from ...clock import Cancel
from ...events import Context, Event
from ...integration import Kit
from ...offers import TRIGGERS, Fire, TriggerKind
from ...schema import Duration, Strict, Target
from ...states import STATE_CHANGED, State
from ...waits import Waits
from ..events import PublicTicket
from .queue_trigger import looked_for
from .triggers import listed, watch

CounterState = Literal["closed", "idle", "calling", "serving", "paused"]
_TOLD: Final = ("name", "number", "staff", "since", "serves", "served_today", "pause_reason")


class CounterTrigger(Strict):
    """`trigger: counter`: an event at a counter, a state it comes into, or a service that takes too long."""

    counter: Annotated[list[str], Target("counter", many=True)] | None = Field(
        default=None, description="The counter, or several; left out: every counter."
    )
    event: Annotated[list[Literal["signed_in", "signed_out", "paused", "resumed"]], BeforeValidator(listed)] | None = (
        Field(default=None, description="Staff sign in or out, the counter is paused or resumed.")
    )
    from_: Annotated[list[CounterState], BeforeValidator(listed)] | None = Field(
        default=None, alias="from", description="The state before, or several."
    )
    to: Annotated[list[CounterState], BeforeValidator(listed)] | None = Field(
        default=None, description="The state after: closed, idle, calling, serving or paused; or several."
    )
    serving_over: Duration | None = Field(
        default=None, gt=0, description="One visitor is being served for longer than this."
    )
    for_: Duration | None = Field(
        default=None, alias="for", description="Only when it stays in the state for this long: {to: idle, for: 00:10}."
    )

    @model_validator(mode="after")
    def _one_thing(self) -> "CounterTrigger":
        given = {"event", "serving_over"} & self.model_fields_set
        by_state = bool({"from_", "to"} & self.model_fields_set)
        if len(given) + by_state != 1:
            raise ValueError("one of event, to (with from) or serving_over is wanted. Write one trigger for each")
        if self.for_ is not None and not by_state:
            raise PydanticCustomError("for_without", "for goes with to only. Write {to: idle, for: ...}.",
                                      {"key": "for"})  # fmt: skip
        return self


def counter_told(state: State) -> dict[str, Any]:
    """A counter as `trigger.counter`."""
    return {"id": state.entity_id.partition(".")[2], "entity_id": state.entity_id, "state": state.value,
            **{key: state.attributes.get(key) for key in _TOLD}}  # fmt: skip


def lend(kit: Kit) -> None:
    """Offer the trigger."""

    def attach(model: CounterTrigger, fire: Fire, waits: Waits | None = None) -> Cancel:
        if model.event is not None:
            return _events(kit, model, model.event, fire)
        waits = waits or Waits(kit.clock, fire)
        if model.serving_over is not None:
            return _Serving(model, model.serving_over, waits, kit).stop
        return _Changes(model, fire, waits, kit).stop

    kit.offer(
        TRIGGERS, "counter", TriggerKind(CounterTrigger, attach, lambda fire, names: Waits(kit.clock, fire, names))
    )


def _events(kit: Kit, model: CounterTrigger, names: list[Any], fire: Fire) -> Cancel:
    wanted = None if model.counter is None else frozenset(model.counter)

    def hear(event: Event) -> None:
        name = event.data["counter"]
        state = kit.states.get(f"counter.{name}")
        if (wanted is None or name in wanted) and state is not None:
            fire({"event": event, "counter": counter_told(state), "entity_id": state.entity_id,
                  "staff": event.data.get("staff"), "reason": event.data.get("reason"),
                  "description": f"{state.entity_id} {event.type.removeprefix('counter_')}"}, event.context)  # fmt: skip

    data = {} if wanted is None else {"counter": wanted}
    return watch(kit, [f"counter_{name}" for name in names], data, hear)


class _Changes:
    """One trigger on a counter's state."""

    def __init__(self, model: CounterTrigger, fire: Fire, waits: Waits, kit: Kit) -> None:
        self._model, self._fire, self._waits = model, fire, waits
        self._forget = watch(kit, [STATE_CHANGED], looked_for("counter", model.counter), self._hear)
        for key in waits.recalled():
            state = kit.states.get(key)
            waits.settle(key, None if state is None else waits.data(key)["to"] == state.value)

    def _hear(self, event: Event) -> None:
        entity_id: str = event.data["entity_id"]
        old, new = event.data["old_state"], event.data["new_state"]
        if not entity_id.startswith("counter.") or old is None:
            return
        if new is None or new.value != old.value:
            self._waits.end(entity_id)
        if new is None or new.value == old.value:
            return
        model = self._model
        if (model.from_ is not None and old.value not in model.from_) or (
            model.to is not None and new.value not in model.to
        ):
            return
        data = {"counter": counter_told(new), "ticket": new.attributes.get("ticket"), "entity_id": entity_id,
                "from": old.value, "to": new.value, "for": None if model.for_ is None else timedelta(seconds=model.for_),
                "description": f"{entity_id}: {old.value} to {new.value}"}  # fmt: skip
        if model.for_ is None:
            self._fire(data, event.context)
        else:
            self._waits.begin(entity_id, model.for_, data, event.context)

    def stop(self) -> None:
        self._forget()
        self._waits.stop()


class _Serving:
    """One `serving_over`: counted from the start of the service, so a restart in between changes nothing."""

    def __init__(self, model: CounterTrigger, limit: float, waits: Waits, kit: Kit) -> None:
        self._limit, self._waits, self._kit = limit, waits, kit
        wanted = None if model.counter is None else frozenset(f"counter.{name}" for name in model.counter)
        for state in kit.states.domain("counter"):
            if wanted is None or state.entity_id in wanted:
                self._recall(state)
        self._forget = watch(kit, [STATE_CHANGED], looked_for("counter", model.counter), self._hear)

    def _recall(self, state: State) -> None:
        """What is served when it begins to watch; over already and not waiting any more, it has been told."""
        key, ticket = state.entity_id, _served(state)
        if key in self._waits.recalled():
            self._waits.settle(key, ticket is not None and self._waits.data(key)["ticket"]["id"] == ticket["id"])
        elif ticket is not None and self._left(ticket) > 0:
            self._begin(state, ticket, Context())

    def _hear(self, event: Event) -> None:
        new = event.data["new_state"]
        key: str = event.data["entity_id"]
        if not key.startswith("counter."):
            return
        ticket = None if new is None else _served(new)
        if new is None or ticket is None:
            self._waits.end(key)
        elif key not in self._waits or self._waits.data(key)["ticket"]["id"] != ticket["id"]:
            old = event.data["old_state"]
            before = None if old is None else _served(old)
            if before is None or before["id"] != ticket["id"]:
                self._begin(new, ticket, event.context)

    def _left(self, ticket: PublicTicket) -> float:
        started = ticket["times"].get("started", self._kit.clock.now())
        return started + self._limit - self._kit.clock.now()

    def _begin(self, state: State, ticket: PublicTicket, context: Context) -> None:
        data = {"counter": counter_told(state), "ticket": ticket, "entity_id": state.entity_id,
                "serving_over": self._limit, "for": None,
                "description": f"{state.entity_id}: serving_over {self._limit:g} s"}  # fmt: skip
        self._waits.begin(state.entity_id, max(0.0, self._left(ticket)), data, context)

    def stop(self) -> None:
        self._forget()
        self._waits.stop()


def _served(state: State) -> PublicTicket | None:
    """The ticket being served there."""
    ticket: PublicTicket | None = state.attributes.get("ticket") if state.value == "serving" else None
    return ticket
