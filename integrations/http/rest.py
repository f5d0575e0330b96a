"""Home Assistant's REST paths over usher's states, events and actions."""

import asyncio
from typing import Any, Final, cast

import orjson
from aiohttp import web

from ...core.access import Caller, may_act, may_read
from ...core.actions import Action
from ...core.bus import Bus
from ...core.clock import Cancel
from ...core.errors import BadData
from ...core.events import Event
from ...core.states import STATE_CHANGED, State
from .checks import check_configuration
from .door import Door, Handler, NoSuchEntity, json_object, language_of, needs_answer, reply
from .given import Given, check_event
from .hall import components, configuration
from .log import RecentLog
from .services import describe
from .templates import render

MAX_CHANGED: Final = 100  # changed states told with one answer


class Changes:
    """Collects the states that a call changes while it runs; one listener for all calls."""

    def __init__(self, bus: Bus) -> None:
        self._open: dict[str, list[State]] = {}
        self.stop: Cancel = bus.listen(self._hear, STATE_CHANGED)

    def begin(self, context_id: str) -> list[State]:
        found = self._open[context_id] = []
        return found

    def end(self, context_id: str) -> None:
        self._open.pop(context_id, None)

    def _hear(self, event: Event) -> None:
        if not self._open:
            return
        found = self._open.get(event.context.id)
        new = event.data["new_state"]
        if found is not None and new is not None and len(found) < MAX_CHANGED:
            found.append(new)


class Rest:
    """The paths under /api/ that Home Assistant has too."""

    def __init__(self, door: Door, given: Given, log: RecentLog) -> None:
        self._door, self._kit, self._given, self._log = door, door.kit, given, log
        self._changes = Changes(self._kit.bus)
        self._kit.on_close(self._changes.stop)

    def routes(self) -> list[tuple[str, str, Handler]]:
        return [
            ("POST", "/api/services/{domain}/{action}", self.call),  # first: the one that must be found quickly
            ("GET", "/api/", self.running),
            ("GET", "/api/config", self.config),
            ("GET", "/api/components", self.components),
            ("GET", "/api/core/state", self.core_state),
            ("GET", "/api/error_log", self.error_log),
            ("POST", "/api/config/core/check_config", self.check_config),
            ("GET", "/api/states", self.states),
            ("GET", "/api/states/{entity_id}", self.state),
            ("POST", "/api/states/{entity_id}", self.set_state),
            ("DELETE", "/api/states/{entity_id}", self.drop_state),
            ("GET", "/api/services", self.services),
            ("GET", "/api/events", self.events),
            ("POST", "/api/events/{type}", self.fire),
            ("POST", "/api/template", self.template),
        ]

    async def running(self, request: web.Request) -> web.Response:
        self._door.caller(request)
        return reply(b'{"message":"API running."}')

    async def config(self, request: web.Request) -> web.Response:
        self._door.caller(request)
        return reply(self._door.shapes.encode(configuration(self._door, self._door.origin(request))))

    async def components(self, request: web.Request) -> web.Response:
        self._door.caller(request)
        return reply(orjson.dumps(components(self._kit)))

    async def core_state(self, request: web.Request) -> web.Response:
        self._door.caller(request)
        recorder = {"migration_in_progress": False, "migration_is_live": False}
        state = "RUNNING" if self._door.running else "STARTING"
        return reply(orjson.dumps({"state": state, "recorder_state": recorder}))

    async def error_log(self, request: web.Request) -> web.Response:
        """Text, as Home Assistant's: the last warnings and errors."""
        self._door.admin(request)
        return web.Response(text=self._log.text())

    async def check_config(self, request: web.Request) -> web.Response:
        self._door.admin(request)
        return reply(orjson.dumps(await check_configuration(self._kit.site.folder, language_of(request))))

    # --- states -----------------------------------------------------------------------------------------------------
    async def states(self, request: web.Request) -> web.Response:
        permission = self._door.caller(request).permission
        allowed = (state for state in self._kit.states if may_read(permission, state.entity_id))
        return reply(self._door.shapes.states(allowed))

    async def state(self, request: web.Request) -> web.Response:
        caller, entity_id = self._door.caller(request), request.match_info["entity_id"]
        state = self._kit.states.get(entity_id)
        if state is None or not may_read(caller.permission, entity_id):
            raise NoSuchEntity(entity_id)
        return reply(self._door.shapes.state(state))

    async def set_state(self, request: web.Request) -> web.Response:
        caller, entity_id = self._door.admin(request), request.match_info["entity_id"]
        body = await json_object(request)
        new = entity_id not in self._kit.states
        state = self._given.set(entity_id, body, self._door.call(caller).context)
        answer = reply(self._door.shapes.state(state), 201 if new else 200)
        answer.headers["Location"] = f"/api/states/{entity_id}"
        return answer

    async def drop_state(self, request: web.Request) -> web.Response:
        caller, entity_id = self._door.admin(request), request.match_info["entity_id"]
        self._given.remove(entity_id, self._door.call(caller).context)
        return reply(b'{"message":"Entity removed."}')

    # --- actions ----------------------------------------------------------------------------------------------------
    async def services(self, request: web.Request) -> web.Response:
        caller = self._door.caller(request)
        actions = permitted(self._kit.actions.all(), caller)
        domains = await asyncio.to_thread(describe, actions, caller.language)
        listed = [{"domain": domain, "services": services} for domain, services in domains.items()]
        return reply(self._door.shapes.encode(listed))

    async def call(self, request: web.Request) -> web.Response:
        """Do it; answers the states changed and, with ?return_response, what the action answers."""
        caller = self._door.caller(request)
        data = await json_object(request)
        name = f"{request.match_info['domain']}.{request.match_info['action']}"
        asked = "return_response" in request.query
        action = self._kit.actions.get(name)
        if action is not None:
            needs_answer(action.response, asked)
        call = self._door.call(caller, data.pop("request_id", None) or request.headers.get("Idempotency-Key"))
        changed = self._changes.begin(call.context.id)
        try:
            answer = await self._kit.actions.call(name, data, call)
        finally:
            self._changes.end(call.context.id)
        shapes = self._door.shapes
        states = shapes.states(state for state in changed if may_read(caller.permission, state.entity_id))
        if not asked:
            return reply(states)
        return reply(b'{"changed_states":%b,"service_response":%b}' % (states, shapes.encode(answer or {})))

    # --- events, templates -------------------------------------------------------------------------------------------
    async def events(self, request: web.Request) -> web.Response:
        self._door.caller(request)
        listened = self._kit.bus.listened()
        return reply(orjson.dumps([{"event": kind, "listener_count": n} for kind, n in listened.items()]))

    async def fire(self, request: web.Request) -> web.Response:
        caller, kind = self._door.admin(request), request.match_info["type"]
        data = await json_object(request)
        check_event(kind)
        self._kit.bus.fire(kind, data, self._door.call(caller).context)
        return reply(orjson.dumps({"message": f"Event {kind} fired."}))

    async def template(self, request: web.Request) -> web.Response:
        """Text, as Home Assistant's."""
        caller = self._door.caller(request)
        body = await json_object(request)
        template: object = body.get("template")
        variables: object = body.get("variables") or {}
        if not isinstance(template, str) or not isinstance(variables, dict):
            raise BadData({"en": 'Send {"template": "...", "variables": {...}}.',
                           "zh-CN": '请发送 {"template": "...", "variables": {...}}。'})  # fmt: skip
        return web.Response(text=str(render(self._kit, caller, template, cast("dict[str, Any]", variables))))


def permitted(actions: list[Action], caller: Caller) -> list[Action]:
    """Those this caller may call at all."""
    return [action for action in actions if may_act(caller.permission, action.name)]
