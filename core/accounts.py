"""Users and tokens: who someone at a door is. What they may do is `access`.

Users have a role (owner, manager, staff, device) and perhaps a password. A token is random, told once and stored
hashed; it may be narrowed by scopes and may expire. There is no default password: while there is no owner, a one-time
code makes the first one. Everything is in memory; a change is told only once it is durable.
"""

import asyncio
import hmac
import json
import os
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

from .access import Caller, Links, new_token, token_hash
from .attempts import Attempts
from .clock import Cancel, Clock
from .errors import Refused, StoreError, Unknown
from .ids import new_id
from .lock import own_folder
from .passwords import Passwords
from .store import Store, not_stored
from .tables import Batch, Rows, Table

USERS: Final = Table(
    "user",
    ("id TEXT NOT NULL", "site TEXT NOT NULL", "name TEXT NOT NULL", "title TEXT", "role TEXT NOT NULL",
     "language TEXT", "password TEXT", "created REAL NOT NULL"),
    ("id",),
)  # fmt: skip
TOKENS: Final = Table(
    "token",
    ("id TEXT NOT NULL", "site TEXT NOT NULL", "hash TEXT NOT NULL", "user TEXT NOT NULL", "name TEXT NOT NULL",
     "kind TEXT NOT NULL", "scopes TEXT NOT NULL", "created REAL NOT NULL", "expires REAL"),
    ("id",),
)  # fmt: skip
TABLES: Final = (USERS, TOKENS)
SESSION_DAYS: Final = 30
MAX_SESSIONS: Final = 20  # of one user; the oldest is signed out
MAX_USERS: Final = 10_000
MAX_TOKENS: Final = 1_000  # long-lived ones of one user
_CODE_LETTERS: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none that look alike


@dataclass(frozen=True, slots=True)
class User:
    """Somebody known. `password` is its hash; without one nobody signs in by password. Stamps are wall time."""

    id: str
    name: str
    role: str
    title: str | None = None
    language: str | None = None
    password: str | None = None
    created: float = 0

    def public(self) -> dict[str, Any]:
        """What may be shown of a user."""
        return {"id": self.id, "name": self.name, "title": self.title, "role": self.role, "language": self.language,
                "password": self.password is not None, "created": self.created}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token: never itself."""

    id: str
    hash: str
    user: str  # its id
    name: str
    kind: Literal["long", "session"]
    scopes: frozenset[str]
    created: float
    expires: float | None


class Accounts:
    """All users and tokens of this hall. `load` first, with the rows the store was opened with."""

    def __init__(self, store: Store, clock: Clock, data: Path, site: str, passwords: Passwords | None = None) -> None:
        self._store, self._clock, self._site = store, clock, site
        self._passwords = passwords or Passwords()
        self._attempts = Attempts(clock)
        self._users: dict[str, User] = {}
        self._by_name: dict[str, User] = {}
        self._tokens: dict[str, Token] = {}
        self._callers: dict[str, tuple[Caller, float | None]] = {}  # hash -> who, until when
        self._watchers: tuple[Callable[[], None], ...] = ()
        self._code: str | None = None
        self.links = Links(_key(data / "key"), clock)
        store.on_rebuild(self.load)

    def load(self, rows: Rows) -> None:
        """Take over what is stored, and forget everything else."""
        self._users = {}
        for id_, _, name, title, role, language, password, created in rows.get(USERS.name, ()):
            self._users[id_] = User(id_, name, role, title, language, password, created)
        self._tokens = {}
        for id_, _, hash_, user, name, kind, scopes, created, expires in rows.get(TOKENS.name, ()):
            if user in self._users:
                known = frozenset(map(str, json.loads(scopes)))
                self._tokens[id_] = Token(id_, hash_, user, name, kind, known, created, expires)
        self._know()

    def close(self) -> None:
        self._passwords.close()

    # -- who is it

    def authenticate(self, token: str) -> Caller | None:
        """Whom a token stands for, or None: unknown, forged, revoked or too old."""
        if not token.startswith("usher_"):
            return self.links.read(token)
        caller, expires = self._callers.get(token_hash(token), (None, None))
        return caller if expires is None or expires > self._clock.now() else None

    def first_code(self) -> str | None:
        """The one-time code that makes the first owner; None once there is one."""
        return self._code

    async def sign_in_code(self, code: str, name: str = "owner", password: str | None = None) -> str | None:
        """Make the first owner and answer a session; None for a wrong code. The code is good for once."""
        self._attempts.ask("code")
        given = "".join(c for c in code.upper() if c.isalnum())
        right = self._code
        if right is None or not hmac.compare_digest(given.encode(), right.replace("-", "").encode()):
            self._attempts.wrong("code")
            return None
        self._code = None
        try:
            return await self._new_session(await self.add_user(name, "owner", password))
        finally:
            if not self._has_owner():
                self._code = right  # nothing came of it

    async def sign_in(self, name: str, password: str, origin: str = "") -> str | None:
        """A session for a user and password; None if they are wrong. `origin` is where they come from: an address."""
        key = f"{name[:64]}|{origin[:64]}"
        self._attempts.ask(key)
        user = self._by_name.get(name)
        if not await self._passwords.fits(user.password if user else None, password[:1024]):
            self._attempts.wrong(key)
            return None
        self._attempts.right(key)
        user = self._by_name.get(name)  # still there after the wait?
        return await self._new_session(user) if user is not None else None

    async def sign_out(self, token: str) -> None:
        """This token is no longer good for anything."""
        hashed = token_hash(token)
        for known in [t for t in self._tokens.values() if t.hash == hashed]:
            await self.remove_token(known.id)

    # -- users

    def users(self) -> list[User]:
        """All users, by name."""
        return [self._by_name[name] for name in sorted(self._by_name)]

    def user(self, name: str) -> User:
        """A user by name; raises Unknown."""
        found = self._by_name.get(name)
        if found is None:
            raise Unknown("unknown_user", {"en": f"There is no user {name!r}.", "zh-CN": f"没有用户 {name!r}。"})
        return found

    async def add_user(self, name: str, role: str, password: str | None = None, *, title: str | None = None,
                       language: str | None = None) -> User:  # fmt: skip
        """Make a user; a name is taken once."""
        self._refuse_name(name)
        hashed = await self._passwords.hash(password) if password is not None else None
        self._refuse_name(name)
        user = User(new_id(), name, role, title, language, hashed, self._clock.now())
        await self._put_user(user)
        return user

    async def update_user(self, name: str, **changes: str | None) -> User:
        """Change `role`, `title`, `language` or `password` (given plain). A new password ends the user's sessions."""
        self.user(name)
        password = changes.get("password")
        hashed = await self._passwords.hash(password) if password is not None else None
        user = self.user(name)
        if "role" in changes and changes["role"] != "owner":
            self._refuse_last_owner(user)
        ended: list[Token] = []
        if hashed is not None:
            changes["password"] = hashed
            ended = [t for t in self._tokens.values() if t.user == user.id and t.kind == "session"]
        changed: dict[str, Any] = changes
        await self._put_user(replace(user, **changed), ended)
        return self.user(name)

    async def remove_user(self, name: str) -> None:
        """A user and all their tokens are gone; the last owner stays."""
        user = self.user(name)
        self._refuse_last_owner(user)
        tokens = [t for t in self._tokens.values() if t.user == user.id]
        batch = Batch()
        batch.drop(USERS, user.id)
        del self._users[user.id]
        await self._commit(self._drop(batch, tokens))

    # -- tokens

    def tokens(self) -> list[Token]:
        """All long-lived tokens and sessions, oldest first."""
        return sorted(self._tokens.values(), key=lambda t: t.id)

    async def add_token(self, user: str, name: str, scopes: Iterable[str] = (), lasts: float | None = None) -> str:
        """A long-lived token, told this once, good for so many seconds or for ever. A device's must have scopes."""
        owner, scopes = self.user(user), frozenset(scopes)
        if owner.role == "device" and not scopes:
            raise Refused("scopes_missing", {
                "en": "A device may only do what its token's scopes say. Give it some, as in action:queue.issue.",
                "zh-CN": "设备令牌必须注明权限范围，例如 action:queue.issue。"})  # fmt: skip
        if sum(t.user == owner.id and t.kind == "long" for t in self._tokens.values()) >= MAX_TOKENS:
            raise Refused("too_many_tokens", {"en": "This user has too many tokens.", "zh-CN": "该用户的令牌过多。"})
        expires = None if lasts is None else self._clock.now() + lasts
        return await self._new_token(owner, name, "long", scopes, expires)

    async def remove_token(self, token_id: str) -> None:
        """A token is revoked."""
        token = self._tokens.get(token_id)
        if token is None:
            raise Unknown("unknown_token", {"en": "There is no such token.", "zh-CN": "没有这个令牌。"})
        await self._commit(self._drop(Batch(), [token]))

    def watch(self, then: Callable[[], None]) -> Cancel:
        """Call `then` whenever users or tokens changed: ask `authenticate` again for those who are connected."""
        self._watchers = (*self._watchers, then)

        def stop() -> None:
            self._watchers = tuple(w for w in self._watchers if w is not then)

        return stop

    # -- inside

    async def _new_session(self, user: User) -> str:
        old = [t for t in self.tokens() if t.user == user.id and t.kind == "session"]
        expires = self._clock.now() + SESSION_DAYS * 86400
        too_many = old[: max(0, len(old) - MAX_SESSIONS + 1)]
        return await self._new_token(user, "browser", "session", frozenset(), expires, too_many)

    async def _new_token(self, user: User, name: str, kind: Literal["long", "session"], scopes: frozenset[str],
                         expires: float | None, instead_of: Iterable[Token] = ()) -> str:  # fmt: skip
        self._ask_store()
        secret, now = new_token(), self._clock.now()
        token = Token(new_id(), token_hash(secret), user.id, name, kind, scopes, now, expires)
        stale = [t for t in self._tokens.values() if t.expires is not None and t.expires <= now]
        batch = self._drop(Batch(), [*stale, *instead_of])
        batch.put(TOKENS, token.id, self._site, token.hash, token.user, token.name, token.kind,
                  json.dumps(sorted(token.scopes)), token.created, token.expires)  # fmt: skip
        self._tokens[token.id] = token
        await self._commit(batch)
        return secret

    def _drop(self, batch: Batch, tokens: Iterable[Token]) -> Batch:
        self._ask_store()
        for token in tokens:
            batch.drop(TOKENS, token.id)
            self._tokens.pop(token.id, None)
        return batch

    async def _put_user(self, user: User, ended: Iterable[Token] = ()) -> None:
        batch = self._drop(Batch(), ended)
        batch.put(USERS, user.id, self._site, user.name, user.title, user.role, user.language, user.password,
                  user.created)  # fmt: skip
        self._users[user.id] = user
        await self._commit(batch)

    def _ask_store(self) -> None:
        """Nothing is decided while nothing can be stored: memory would run ahead of the file."""
        if not self._store.healthy:
            raise not_stored()

    async def _commit(self, batch: Batch) -> None:
        """Decided in memory already; wait until durable. What was not stored is taken back when the store recovers."""
        self._know()
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def done(error: StoreError | None) -> None:
            if not future.done():
                future.set_result(None) if error is None else future.set_exception(not_stored())

        self._store.submit(batch, done)
        await future

    def _know(self) -> None:
        """Build what is looked up from the users and tokens, and tell who watches."""
        self._by_name = {user.name: user for user in self._users.values()}
        self._callers = {}
        for token in self._tokens.values():
            user = self._users.get(token.user)
            if user is not None:
                caller = Caller(user.id, user.name, user.role, token.scopes, user.language)
                self._callers[token.hash] = (caller, token.expires)
        if self._has_owner():
            self._code = None
        elif self._code is None:
            letters = [secrets.choice(_CODE_LETTERS) for _ in range(8)]
            self._code = "".join(letters[:4]) + "-" + "".join(letters[4:])
        for then in self._watchers:
            then()

    def _has_owner(self) -> bool:
        return any(user.role == "owner" for user in self._users.values())

    def _refuse_name(self, name: str) -> None:
        if name in self._by_name:
            raise Refused(
                "name_taken", {"en": f"There is already a user {name!r}.", "zh-CN": f"用户 {name!r} 已存在。"}
            )
        if len(self._users) >= MAX_USERS:
            raise Refused("too_many_users", {"en": "There are too many users.", "zh-CN": "用户过多。"})
        self._ask_store()

    def _refuse_last_owner(self, user: User) -> None:
        if user.role == "owner" and sum(u.role == "owner" for u in self._users.values()) == 1:
            raise Refused("last_owner", {
                "en": f"{user.name} is the only owner. Make another one first.",
                "zh-CN": f"{user.name} 是唯一的所有者，请先另设一位所有者。"})  # fmt: skip


def _key(path: Path) -> bytes:
    """The secret that signs links; made at first start, readable by its owner alone."""
    try:
        key = bytes.fromhex(path.read_text("ascii").strip())
        if len(key) >= 32:
            return key
        raise StoreError(f"{path} is damaged. Remove it: a new one is made, and signed links must be handed out anew.")
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror}. Whose folder is it?") from error
    except ValueError as error:
        raise StoreError(f"{path} is damaged ({error}). Remove it: a new one is made, and signed links must be handed out "
                         "anew.") from error  # fmt: skip
    key = secrets.token_bytes(32)
    own_folder(path.parent)
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(key.hex())
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)  # whole or not at all
    return key
