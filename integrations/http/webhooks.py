"""/api/webhook/<id>: what other programs tell automations. No token: the id is the secret.

As in Home Assistant, an id nobody waits for is answered with 200 too, so that nothing can be learnt by trying.
"""

import asyncio
from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any, Final

import orjson
from aiohttp import web

from ...core.clock import Cancel
from ...core.errors import BadData
from ...core.events import Context
from ...core.offers import TRIGGERS, Fire, TriggerKind
from .door import BODY, Door, TooSlow
from .webhook_trigger import WebhookTrigger

_LOCAL: Final = tuple(map(ip_network, (
    "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "::1/128", "fc00::/7", "fe80::/10",
)))  # fmt: skip
MAX_FIELDS: Final = 1000


class Webhooks:
    """Who waits for which id."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._waiting: dict[str, list[tuple[WebhookTrigger, Fire]]] = {}
        door.kit.offer(TRIGGERS, "webhook", TriggerKind(WebhookTrigger, self._attach))

    def _attach(self, model: WebhookTrigger, fire: Fire) -> Cancel:
        entry = (model, fire)
        self._waiting.setdefault(model.webhook_id, []).append(entry)

        def stop() -> None:
            left = [one for one in self._waiting.get(model.webhook_id, ()) if one is not entry]
            if left:
                self._waiting[model.webhook_id] = left
            else:
                self._waiting.pop(model.webhook_id, None)

        return stop

    async def serve(self, request: web.Request) -> web.Response:
        """Tell all who wait for this id, in the order of the YAML."""
        webhook_id = request.match_info["webhook_id"]
        waiting = self._waiting.get(webhook_id, [])
        local = _is_local(self._door.address(request))
        meant = [(model, fire) for model, fire in waiting if local or not model.local_only]
        if not meant:
            why = "not from this network" if waiting else "nobody waits for it"
            self._door.kit.log.warning("A webhook was asked by %s, but %s.", self._door.address(request), why)
            return web.Response()
        meant = [(model, fire) for model, fire in meant if request.method in model.allowed_methods]
        if not meant:
            allowed = {method for model, _ in waiting for method in model.allowed_methods}
            return web.Response(status=405, headers={"Allow": ", ".join(sorted(allowed))})
        said = {
            "webhook_id": webhook_id,
            **await _body(request),
            "query": dict(request.query),
            "description": "webhook",
        }
        context = Context()
        for _, fire in meant:
            fire(said, context)
        return web.Response()


def _is_local(address: str) -> bool:
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return any(found in network for network in _LOCAL)


async def _body(request: web.Request) -> Mapping[str, Any]:
    """`json`, or `data` of a form."""
    try:
        async with asyncio.timeout(BODY):
            if "json" in request.content_type:
                return {"json": orjson.loads(await request.read() or b"null")}
            form = await request.post()
    except TimeoutError as error:
        raise TooSlow from error
    except ValueError as error:
        raise BadData({"en": f"The body cannot be read: {error}.", "zh-CN": f"无法读取请求内容：{error}。"}) from error
    fields = list(form.items())[:MAX_FIELDS]
    return {"data": {name: value for name, value in fields if isinstance(value, str)}}
