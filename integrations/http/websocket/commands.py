"""The commands a socket takes: Home Assistant's by its names and shapes, and usher's own."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, Field

from ....core.access import may_hear, may_read
from ....core.errors import ActionError, NotPermitted
from ....core.schema import Strict
from ..door import check_admin, complaint, needs_answer
from ..given import check_event
from ..hall import configuration, user_of
from ..own import permitted_view, screens
from ..rest import permitted
from ..services import describe
from ..shapes import context_of
from ..sign_in import speaking
from . import history, registries, traces
from .notices import get_notices, subscribe_notices
from .triggers import Trigger, subscribe_trigger
from .watched import RenderTemplate, render_template

if TYPE_CHECKING:
    from .connection import Connection

Run = Callable[["Connection", int, Any], Coroutine[Any, Any, None] | None]


@dataclass(frozen=True, slots=True)
class Command:
    """One `type`: the model of its message (without id and type), and what it does.

    `run` answers by itself; it returns a coroutine where it must wait, which then runs beside the others.
    """

    name: str
    model: type[BaseModel]
    run: Run
    subscribes: bool = False


class Nothing(Strict):
    """A command without data."""


class CallService(Strict):
    domain: str = Field(max_length=64)
    service: str = Field(max_length=64)
    service_data: dict[str, Any] | None = None
    target: dict[str, Any] | None = None
    return_response: bool = False


class SubscribeEvents(Strict):
    event_type: str = Field("*", min_length=1, max_length=64)


class SubscribeEntities(Strict):
    entity_ids: list[str] | None = Field(None, max_length=10_000)


class Unsubscribe(Strict):
    subscription: int


class FireEvent(Strict):
    event_type: str
    event_data: dict[str, Any] | None = None


class Features(Strict):
    features: dict[str, int | float]


class OwnCall(Strict):
    action: str = Field(max_length=128)
    data: dict[str, Any] | None = None
    request_id: str | None = None
    language: str | None = Field(None, max_length=35)


class SubscribeView(Strict):
    view: str = Field(max_length=255)
    boot: str | None = Field(None, max_length=64)
    seq: int | None = None


def ping(socket: "Connection", number: int, _: Nothing) -> None:
    socket.send({"id": number, "type": "pong"})


def supported_features(socket: "Connection", number: int, m: Features) -> None:
    socket.coalesce(bool(m.features.get("coalesce_messages")))
    socket.result(number)


def current_user(socket: "Connection", number: int, _: Nothing) -> None:
    socket.result(number, user_of(socket.caller))


def get_config(socket: "Connection", number: int, _: Nothing) -> None:
    socket.result(number, configuration(socket.door, socket.origin))


def get_states(socket: "Connection", number: int, _: Nothing) -> None:
    permission = socket.permission
    allowed = (state for state in socket.kit.states if may_read(permission, state.entity_id))
    socket.raw_result(number, socket.door.shapes.states(allowed))


async def get_services(socket: "Connection", number: int, _: Nothing) -> None:
    actions = permitted(socket.kit.actions.all(), socket.caller)
    socket.result(number, await asyncio.to_thread(describe, actions, socket.language))


async def call_service(socket: "Connection", number: int, m: CallService) -> None:
    data = dict(m.service_data or {})
    if m.target:
        data["target"] = m.target
    name = f"{m.domain}.{m.service}"
    action = socket.kit.actions.get(name)
    if action is not None:
        needs_answer(action.response, m.return_response)
    call = socket.door.call(socket.caller, data.pop("request_id", None))
    answer = await socket.kit.actions.call(name, data, call)
    result: dict[str, Any] = {"context": context_of(call.context)}
    if m.return_response:
        result["response"] = answer or {}
    socket.result(number, result)


def subscribe_events(socket: "Connection", number: int, m: SubscribeEvents) -> None:
    kind, permission = m.event_type, socket.permission
    if kind != "*" and not may_hear(permission, kind):
        raise NotPermitted({"en": f"{socket.caller.name} may not hear {kind}.",
                            "zh-CN": f"{socket.caller.name} 无权接收 {kind} 事件。"})  # fmt: skip
    socket.subscribed(number, socket.fanout.events(socket, number, kind))
    socket.result(number)


def subscribe_entities(socket: "Connection", number: int, m: SubscribeEntities) -> None:
    socket.result(number)
    wanted = frozenset(m.entity_ids) if m.entity_ids else None
    socket.subscribed(number, socket.fanout.entities(socket, number, wanted))


def unsubscribe_events(socket: "Connection", number: int, m: Unsubscribe) -> None:
    if not socket.unsubscribe(m.subscription):
        socket.error(number, {"code": "not_found", "message": "Subscription not found."})
        return
    socket.result(number)


def fire_event(socket: "Connection", number: int, m: FireEvent) -> None:
    check_admin(socket.caller)
    check_event(m.event_type)
    context = socket.door.call(socket.caller).context
    socket.kit.bus.fire(m.event_type, m.event_data or {}, context)
    socket.result(number, {"context": context_of(context)})


async def own_call(socket: "Connection", number: int, m: OwnCall) -> None:
    """As call_service, with usher's own codes: the answer itself is the result. A kiosk says which language it speaks."""
    language = m.language or socket.language
    call = socket.door.call(speaking(socket.caller, language), m.request_id)
    try:
        answer = await socket.kit.actions.call(m.action, m.data or {}, call)
    except ActionError as error:
        socket.error(number, complaint(error, language))
    else:
        socket.result(number, answer)


def subscribe_view(socket: "Connection", number: int, m: SubscribeView) -> None:
    view = permitted_view(socket.door, socket.caller, m.view)
    look = socket.feeds.look(socket, number, view, m.boot, m.seq, lambda now: socket.result(number, now))
    socket.subscribed(number, look)


def list_screens(socket: "Connection", number: int, _: Nothing) -> None:
    socket.result(number, screens(socket.door, socket.caller, socket.origin))


def _fixed(answer: Any) -> Run:
    """A command about something a hall does not have: always this answer."""

    def run(socket: "Connection", number: int, _: BaseModel) -> None:
        socket.result(number, answer)

    return run


def _commands() -> dict[str, Command]:
    table: list[Command] = [
        Command("ping", Nothing, ping),
        Command("supported_features", Features, supported_features),
        Command("auth/current_user", Nothing, current_user),
        Command("get_config", Nothing, get_config),
        Command("get_states", Nothing, get_states),
        Command("get_services", Nothing, get_services),
        Command("call_service", CallService, call_service),
        Command("subscribe_events", SubscribeEvents, subscribe_events, True),
        Command("subscribe_entities", SubscribeEntities, subscribe_entities, True),
        Command("unsubscribe_events", Unsubscribe, unsubscribe_events),
        Command("fire_event", FireEvent, fire_event),
        Command("render_template", RenderTemplate, render_template, True),
        Command("subscribe_trigger", Trigger, subscribe_trigger, True),
        Command("usher/call", OwnCall, own_call),
        Command("usher/subscribe_view", SubscribeView, subscribe_view, True),
        Command("usher/screens", Nothing, list_screens),
        Command("persistent_notification/get", Nothing, get_notices),
        Command("persistent_notification/subscribe", Nothing, subscribe_notices, True),
        *(Command(*command) for command in history.COMMANDS),
        *(Command(name, model, run) for name, model, run in traces.COMMANDS),
        *(Command(name, model, run) for name, model, run in registries.COMMANDS),
        *(Command(name, registries.Anything, _fixed(answer)) for name, answer in registries.FIXED.items()),
    ]
    return {command.name: command for command in table}


COMMANDS: Final[Mapping[str, Command]] = _commands()
