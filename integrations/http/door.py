"""What every request passes: who asks, in which language, JSON in, JSON out, and errors in words."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Final, TypeAlias, TypeGuard, cast

import orjson
from aiohttp import web

from ...core.access import Caller
from ...core.actions import Call
from ...core.errors import ActionError, BadData, NotPermitted, Refused, TemplateError, Unknown, UnknownAction
from ...core.events import Context
from ...core.integration import Kit
from .config import Config
from .shapes import Shapes
from .sign_in import Access, Bucket, Unauthorized, preferred_language, speaking

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]
ADMINS: Final = ("system", "owner", "manager")
BODY: Final = 30.0  # seconds a request's body may take
_LANGUAGE: Final = web.RequestKey("language", str)
_JSON: Final = {"Content-Type": "application/json"}


def reply(body: bytes, status: int = 200) -> web.Response:
    """JSON that is encoded already."""
    return web.Response(body=body, status=status, headers=_JSON)


class TooSlow(ActionError):
    """The body did not come."""

    code = "too_slow"

    def __init__(self) -> None:
        super().__init__({"en": f"The body did not come within {BODY:g} s.",
                          "zh-CN": f"请求内容未在 {BODY:g} 秒内到达。"})  # fmt: skip


class NoSuchPath(Unknown):
    """Nothing stands at this address."""

    def __init__(self, path: str) -> None:
        super().__init__("not_found", {"en": "There is nothing at {path}.", "zh-CN": "{path} 处没有内容。"},
                         path=path[:200])  # fmt: skip


class NoSuchEntity(Unknown):
    """No entity of this id, or none that the asker may know of."""

    def __init__(self, entity_id: str) -> None:
        super().__init__("unknown_entity", {"en": "There is no entity {entity_id}.", "zh-CN": "没有实体 {entity_id}。"},
                         entity_id=entity_id[:255])  # fmt: skip


_STATUS: Final[tuple[tuple[type[ActionError], int], ...]] = (  # the first that fits
    (Unauthorized, 401),
    (TooSlow, 408),
    (UnknownAction, 404),
    (Unknown, 404),
    (BadData, 400),
    (NotPermitted, 403),
    (Refused, 409),
)


def status_of(error: ActionError) -> int:
    """The HTTP status of an error on purpose."""
    for kind, status in _STATUS:
        if isinstance(error, kind):
            return 429 if error.code == "too_many_tries" else status
    return 504 if error.code == "timeout" else 502  # a device did not do its part


def complaint(error: ActionError, language: str | None) -> dict[str, Any]:
    """{code, message}, of bad data {fields}, of a refusal {next}, when it will be possible: alike in REST and WebSocket."""
    said: dict[str, Any] = {"code": error.code, "message": error.say(language)}
    if isinstance(error, BadData) and error.fields:
        said["fields"] = error.fields
    if isinstance(error, Refused) and error.next is not None:
        said["next"] = error.next
    return said


def _names(request_id: object) -> TypeGuard[str]:
    """Whether this can name a request; a header's broken bytes come as halves of signs, which cannot be written down."""
    if not isinstance(request_id, str) or not 0 < len(request_id) <= 128:
        return False
    return not any("\ud800" <= sign <= "\udfff" for sign in request_id)


@dataclass
class Door:
    """What the rooms of this integration share."""

    kit: Kit
    config: Config
    access: Access
    shapes: Shapes
    bucket: Bucket
    running: bool = False  # homeassistant_started has been fired
    began: float = 0.0  # when this door was opened, wall time

    def caller(self, request: web.Request) -> Caller:
        """Who asks; raises Unauthorized."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        caller = self.access.authenticate(token.strip()) if scheme.lower() == "bearer" and token else None
        if caller is None:
            raise Unauthorized
        if caller.language:
            request[_LANGUAGE] = caller.language  # theirs, where the request names none
        return speaking(caller, language_of(request))

    def admin(self, request: web.Request) -> Caller:
        """Who asks, if it is an owner or manager whose token is not narrowed; raises NotPermitted."""
        caller = self.caller(request)
        check_admin(caller)
        return caller

    def call(self, caller: Caller, request_id: object = None) -> Call:
        """A call by this caller, with a context of its own; raises BadData for a bad request id."""
        if request_id is not None and not _names(request_id):
            text = "a text of 1 to 128 characters is expected."
            raise BadData({"en": f"request_id: {text}", "zh-CN": "request_id：应为 1 至 128 个字符的文字。"},
                          {"request_id": text})  # fmt: skip
        return Call(caller, Context(user_id=caller.id), request_id)

    def address(self, request: web.Request) -> str:
        """The address of who asks; behind a trusted proxy, the one it forwards."""
        peer = request.remote or "unknown"
        for hop in reversed(request.headers.get("X-Forwarded-For", "").split(",")):
            if not self._trusted(peer) or not hop.strip():
                break
            peer = hop.strip()[:64]
        return peer

    def origin(self, request: web.Request) -> str:
        """The hall's own address as this client reaches it: http://192.168.1.20:8780."""
        if self.config.base_url:
            return self.config.base_url
        forwarded = request.headers.get("X-Forwarded-Proto", "") if self._trusted(request.remote or "") else ""
        scheme = forwarded if forwarded in ("http", "https") else request.scheme
        return f"{scheme}://{request.host}"

    def _trusted(self, peer: str) -> bool:
        if not self.config.trusted_proxies:
            return False
        try:
            address = ip_address(peer)
        except ValueError:
            return False
        return any(address in network for network in self.config.trusted_proxies)

    def guarded(self, handler: Handler) -> Handler:
        """The handler, with every error as JSON in the asker's language."""

        async def run(request: web.Request) -> web.StreamResponse:
            try:
                return await handler(request)
            except ActionError as error:
                return reply(orjson.dumps(complaint(error, language_of(request))), status_of(error))
            except TemplateError as error:
                return reply(orjson.dumps({"code": "template_error", "message": str(error)}), 400)
            except web.HTTPRequestEntityTooLarge:
                return reply(orjson.dumps({"code": "too_large", "message":
                             f"At most {self.config.limits.body} bytes are read of one request."}), 413)  # fmt: skip
            except (web.HTTPException, ConnectionError):
                raise
            except Exception:  # a fault in one request is told and logged; the door stays open for the others
                self.kit.log.exception("%s %s failed.", request.method, request.path)
                return reply(b'{"code":"unknown_error","message":"Something failed inside. The log says what."}', 500)

        return run


def check_admin(caller: Caller) -> None:
    """Raise NotPermitted unless this is an owner or manager whose token is not narrowed."""
    if caller.role not in ADMINS or caller.scopes:
        raise NotPermitted({"en": f"{caller.name} may not do this: it needs an owner or a manager.",
                            "zh-CN": f"{caller.name} 无权执行此操作：需要所有者或经理。"})  # fmt: skip


def language_of(request: web.Request) -> str | None:
    """The language the request asks for, else that of the user who asks."""
    header = request.headers.get("Accept-Language")
    return (preferred_language(header) if header else None) or request.get(_LANGUAGE)


async def json_object(request: web.Request) -> dict[str, Any]:
    """The body as a JSON object; an empty body is an empty one. Raises BadData."""
    if request.content.is_eof():  # nearly always: it came with the head
        raw = await request.read()
    else:
        try:
            async with asyncio.timeout(BODY):
                raw = await request.read()
        except TimeoutError as error:
            raise TooSlow from error
    if not raw:
        return {}
    try:
        body: object = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise BadData(
            {"en": f"The body is not JSON: {error}.", "zh-CN": f"请求内容不是有效的 JSON：{error}。"}
        ) from error
    if not isinstance(body, dict):
        raise BadData({"en": "The body must be a JSON object.", "zh-CN": "请求内容应为 JSON 对象。"})
    return cast("dict[str, Any]", body)


def needs_answer(response: str, asked: bool) -> None:
    """Home Assistant's rule of `return_response`; raises BadData."""
    if response == "none" and asked:
        raise BadData({"en": "This action answers nothing: leave return_response out.",
                       "zh-CN": "此操作没有返回内容：请去掉 return_response。"})  # fmt: skip
    if response == "only" and not asked:
        raise BadData({"en": "This action is a question: add return_response.",
                       "zh-CN": "此操作是查询：请加上 return_response。"})  # fmt: skip
