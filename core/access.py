"""Who may do and hear what: callers, roles, scopes, tokens, signed links.

Whoever opens a door (HTTP, a keypad's port, MQTT) only says which Caller stands there. A role allows by patterns; a
scope narrows or, for `device` and `screen`, which may nothing by themselves, grants: `action:counter.*`,
`entity:counter.1`, `event:ticket_*`, `view:display/hall`.
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Final

from .clock import Clock
from .errors import NotPermitted

ROLES: Final = ("owner", "manager", "staff", "booking", "device")
_ACTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "system": ("*",),
    "owner": ("*",),
    "manager": ("*",),
    "staff": (
        "queue.*",
        "counter.*",
        "ticket.*",
        "appointment.*",
        "visitor.add",
        "visitor.update",
        "visitor.get",
        "visitor.find",
        "visitor.block",
        "kiosk.issue",
        "kiosk.check_in",
        "speaker.*",
        "display.*",
        "printer.*",
    ),
    # An outside site that books: what is free, and its own bookings.
    "booking": (
        "appointment.types",
        "appointment.slots",
        "appointment.book",
        "appointment.confirm",
        "appointment.change",
        "appointment.cancel",
        "appointment.get",
        "appointment.list",
    ),
    "device": (),
    "screen": (),
}
# A supervisor's: whose turn it is, the day, the run of numbers, who serves what, and the configuration itself.
_NOT_STAFF: Final = ("ticket.move", "queue.clear_day", "queue.skip_number", "counter.set_serves", "*.reload")
_OWNER_ONLY: Final = ("access.*", "usher.stop", "usher.restart")
_OF_WHAT_IS_READ: Final = ("history.period", "logbook.get")  # each answers only of what the caller may read
_READS_ALL: Final = frozenset({"system", "owner", "manager", "staff"})


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. `scopes` empty means all that the role allows; for a device or screen it means nothing."""

    id: str
    name: str
    role: str
    scopes: frozenset[str] = frozenset()
    language: str | None = field(default=None, compare=False)

    @property
    def permission(self) -> tuple[str, frozenset[str]]:
        """Callers with the same one may hear the same: what is encoded for one serves all."""
        return (self.role, self.scopes)


SYSTEM: Final = Caller("system", "usher", "system")


@lru_cache(maxsize=8192)
def _matches(scopes: frozenset[str], kind: str, name: str) -> bool | None:
    """Whether a scope of this kind matches; None when the scopes say nothing of this kind."""
    patterns = [s.partition(":")[2] for s in scopes if s.startswith(kind + ":")]
    return any(fnmatchcase(name, p) for p in patterns) if patterns else None


@lru_cache(maxsize=8192)
def may_act(permission: tuple[str, frozenset[str]], action: str) -> bool:
    """Whether this role with these scopes may call this action at all."""
    role, scopes = permission
    if action in _OF_WHAT_IS_READ:
        return True
    if role not in ("system", "owner") and any(fnmatchcase(action, p) for p in _OWNER_ONLY):
        return False
    if role in ("device", "screen"):
        return bool(_matches(scopes, "action", action))
    if role == "staff" and any(fnmatchcase(action, p) for p in _NOT_STAFF):
        return False
    if scopes and not _matches(scopes, "action", action):
        return False
    return any(fnmatchcase(action, p) for p in _ACTIONS[role])


@lru_cache(maxsize=8192)
def _may_know(permission: tuple[str, frozenset[str]], kind: str, name: str) -> bool:
    """A scope of this kind decides; without any scope at all, the role does."""
    role, scopes = permission
    scoped = _matches(scopes, kind, name)
    return (role in _READS_ALL and not scopes) if scoped is None else scoped


def may_read(permission: tuple[str, frozenset[str]], entity_id: str) -> bool:
    """Whether this caller may see the state of this entity (or act on it, when it may act at all)."""
    return _may_know(permission, "entity", entity_id)


def may_hear(permission: tuple[str, frozenset[str]], event_type: str) -> bool:
    """Whether this caller may hear events of this type (`state_changed` is asked per entity as well)."""
    return _may_know(permission, "event", event_type)


def may_view(permission: tuple[str, frozenset[str]], view: str) -> bool:
    """Whether this caller may read this view."""
    return _may_know(permission, "view", view)


def check_act(caller: Caller, action: str, entity_ids: Iterable[str] = ()) -> None:
    """Raise NotPermitted unless the caller may do this to these."""
    permission = caller.permission
    if not may_act(permission, action):
        raise NotPermitted({
            "en": f"{caller.name} may not do {action}.", "zh-CN": f"{caller.name} 无权执行 {action}。"})  # fmt: skip
    for entity_id in entity_ids:
        named = _matches(caller.scopes, "entity", entity_id)
        if named is False:
            raise NotPermitted({
                "en": f"{caller.name} may not act on {entity_id}.",
                "zh-CN": f"{caller.name} 无权操作 {entity_id}。"})  # fmt: skip


class Links:
    """Signed links: a token that carries its own scopes, for public screens and phones; nothing is stored."""

    def __init__(self, key: bytes, clock: Clock) -> None:
        self._key, self._clock = key, clock
        self.kinds: dict[str, Callable[[str], Iterable[str]]] = {}  # of short links: what a link to a thing grants

    def sign(self, name: str, scopes: Iterable[str], expires: float | None = None) -> str:
        """A token for a screen called `name` with just these scopes; `expires` is wall time."""
        body = json.dumps([name, sorted(scopes), expires], separators=(",", ":")).encode()
        return f"link.{_b64(body)}.{_b64(self._mac(body))}"

    def short(self, kind: str, name: str) -> str:
        """A short token for one thing, to be printed as a QR code; what it grants is said by `kinds`."""
        return f"{kind}.{name}.{_b64(self._mac(f'{kind}.{name}'.encode())[:12])}"

    def _read_short(self, token: str) -> Caller | None:
        kind, _, rest = token.partition(".")
        name, _, mac64 = rest.rpartition(".")
        if kind not in self.kinds:
            return None
        try:
            good = hmac.compare_digest(_unb64(mac64), self._mac(f"{kind}.{name}".encode())[:12])
        except ValueError:
            return None
        return Caller(f"link:{kind}:{name}", name, "screen", frozenset(self.kinds[kind](name))) if good else None

    def read(self, token: str) -> Caller | None:
        """The caller a link stands for, or None if it is forged or too old."""
        if not token.startswith("link."):
            return self._read_short(token)
        try:
            prefix, body64, mac64 = token.split(".")
            body, mac = _unb64(body64), _unb64(mac64)
            if prefix != "link" or not hmac.compare_digest(mac, self._mac(body)):
                return None
            name, scopes, expires = json.loads(body)
        except ValueError:
            return None
        if expires is not None and expires < self._clock.now():
            return None
        return Caller(f"link:{name}", str(name), "screen", frozenset(map(str, scopes)))

    def _mac(self, body: bytes) -> bytes:
        return hashlib.blake2b(body, key=self._key[:64], digest_size=16).digest()  # keyed: a MAC, RFC 7693


def new_token() -> str:
    """A random token of 256 bits, told once."""
    return "usher_" + secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is stored of a token. It is long and random, so a plain hash will do."""
    return hashlib.sha256(token.encode()).hexdigest()


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
