"""Who stands at the door: tokens, links, codes and passwords; tries to sign in are limited per address."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Final, Protocol

from ...core.access import Caller, Links
from ...core.clock import Cancel, Clock
from ...core.errors import ActionError, BadData, Refused
from ...core.words import Words

MAX_ADDRESSES: Final = 10_000


class Access(Protocol):
    """What this door asks of `core.accounts`."""

    links: Links

    def authenticate(self, token: str) -> Caller | None:
        """The caller a token, session or signed link stands for."""
        ...

    async def sign_in_code(self, code: str) -> str | None:
        """A token for the one-time code printed at first start."""
        ...

    async def sign_in(self, name: str, password: str, origin: str = "") -> str | None:
        """A token for a user's password, asked for from this address."""
        ...

    def watch(self, then: Callable[[], None]) -> Cancel:
        """Call `then` whenever users or tokens changed."""
        ...


class Unauthorized(ActionError):
    """No token, or none that is known here: HTTP 401."""

    code = "unauthorized"

    def __init__(self, words: Words | None = None) -> None:
        super().__init__(words or {
            "en": "A valid token is needed: Authorization: Bearer TOKEN. Make one with: usher token add NAME",
            "zh-CN": "需要有效的令牌：Authorization: Bearer TOKEN。可用 usher token add NAME 创建。"})  # fmt: skip


class Bucket:
    """So many tries a minute for each address; the least recently seen addresses are forgotten first."""

    def __init__(self, clock: Clock, per_minute: int) -> None:
        self._clock, self._size = clock, per_minute
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # address -> tries left, when

    def take(self, address: str) -> None:
        """Use up one try; raises Refused("too_many_tries")."""
        now = self._clock.monotonic()
        left, then = self._left.pop(address, (float(self._size), now))
        left = min(float(self._size), left + (now - then) * self._size / 60)
        self._left[address] = (left - 1 if left >= 1 else left, now)
        while len(self._left) > MAX_ADDRESSES:
            self._left.popitem(last=False)
        if left < 1:
            raise Refused("too_many_tries", {"en": "Too many tries. Wait a minute.",
                                             "zh-CN": "尝试次数过多，请一分钟后再试。"})  # fmt: skip


async def sign_in(access: Access, body: dict[str, object], address: str) -> tuple[str, Caller]:
    """A new token and whose it is, for {"code"} or {"user", "password"}."""
    code, user, password = (_short(body, key) for key in ("code", "user", "password"))
    if code:
        token = await access.sign_in_code(code)
    elif user and password:
        token = await access.sign_in(user, password, address)
    else:
        raise BadData({"en": "Send a code, or a user and a password.", "zh-CN": "请提供一次性代码，或用户名和密码。"})
    caller = access.authenticate(token) if token else None
    if token is None or caller is None:
        raise Unauthorized({"en": "That code, user or password is not right.", "zh-CN": "代码、用户名或密码不正确。"})
    return token, caller


def _short(body: dict[str, object], key: str) -> str | None:
    value = body.get(key)
    if value is not None and (not isinstance(value, str) or len(value) > 256):
        text = "a text of at most 256 characters is expected."
        raise BadData({"en": f"{key}: {text}", "zh-CN": f"{key}：应为不超过 256 个字符的文字。"}, {key: text})
    return value


def speaking(caller: Caller, language: str | None) -> Caller:
    """The same caller, told in this language what goes wrong."""
    return replace(caller, language=language) if language and language != caller.language else caller


@lru_cache(maxsize=512)
def preferred_language(header: str) -> str | None:
    """The language an Accept-Language header likes best."""
    best, best_weight = None, 0.0
    for part in header[:256].split(","):
        name, _, rest = part.strip().partition(";")
        weight = rest.strip().removeprefix("q=")
        try:
            value = float(weight) if weight else 1.0
        except ValueError:
            continue
        if name and name != "*" and value > best_weight:
            best, best_weight = name, value
    return best
