"""Users, tokens, sessions, the first owner: on a real store, with a hand-turned clock."""

import stat
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from usher.core.access import Caller
from usher.core.account_actions import MODELS, register
from usher.core.accounts import MAX_SESSIONS, SESSION_DAYS, TABLES, Accounts
from usher.core.actions import Actions, Call, action
from usher.core.attempts import FREE
from usher.core.clock import HandClock
from usher.core.errors import BadData, NotPermitted, Refused, StoreError, Unknown
from usher.core.passwords import MAX_WAITING, Passwords
from usher.core.store import Store

Open = Callable[[], AbstractAsyncContextManager[Accounts]]
CHEAP = {"time_cost": 1, "memory_cost": 8, "parallelism": 1}  # the real thing, at its least cost


@pytest.fixture
def clock() -> HandClock:
    return HandClock(1_700_000_000.0)


@pytest.fixture
def opened(tmp_path: Path, clock: HandClock) -> Open:
    """Opens the accounts of one folder, each time as a start of the engine does."""

    @asynccontextmanager
    async def open_them() -> AsyncIterator[Accounts]:
        store = Store(tmp_path / "hall.db", TABLES)
        accounts = Accounts(store, clock, tmp_path, "hall", Passwords(**CHEAP))
        accounts.load(await store.open())
        try:
            yield accounts
        finally:
            accounts.close()
            await store.close()

    return open_them


async def test_the_first_owner_by_code(opened: Open) -> None:
    async with opened() as accounts:
        code = accounts.first_code()
        assert code is not None
        assert await accounts.sign_in_code("AAAA-AAAA") is None
        token = await accounts.sign_in_code(code.lower().replace("-", " "), password="correct horse")
        assert token is not None
        caller = accounts.authenticate(token)
        assert caller is not None
        assert (caller.name, caller.role, caller.scopes) == ("owner", "owner", frozenset())
        assert accounts.first_code() is None
        assert await accounts.sign_in_code(code) is None  # good for once
    async with opened() as accounts:  # all of it outlives a restart
        assert accounts.first_code() is None
        assert accounts.authenticate(token) == caller
        assert await accounts.sign_in("owner", "correct horse") is not None


async def test_a_code_that_made_no_owner_is_still_good(opened: Open) -> None:
    async with opened() as accounts:
        await accounts.add_user("owner", "staff")
        code = accounts.first_code()
        assert code is not None
        with pytest.raises(Refused, match="already"):
            await accounts.sign_in_code(code)
        assert accounts.first_code() == code
        assert await accounts.sign_in_code(code, name="boss") is not None


async def test_signing_in_by_password(opened: Open) -> None:
    async with opened() as accounts:
        await accounts.add_user("li", "staff", "long enough", title="李", language="zh-CN")
        await accounts.add_user("device1", "device")
        token = await accounts.sign_in("li", "long enough")
        assert token is not None
        caller = accounts.authenticate(token)
        assert caller is not None
        assert (caller.name, caller.role, caller.language) == ("li", "staff", "zh-CN")
        assert await accounts.sign_in("li", "wrong") is None
        assert await accounts.sign_in("nobody", "long enough") is None
        assert await accounts.sign_in("device1", "") is None
        await accounts.sign_out(token)
        assert accounts.authenticate(token) is None
    async with opened() as accounts:
        assert accounts.authenticate(token) is None


async def test_guessing_is_slowed_down_by_name_and_origin(opened: Open, clock: HandClock) -> None:
    async with opened() as accounts:
        await accounts.add_user("li", "staff", "long enough")
        for _ in range(FREE):
            assert await accounts.sign_in("li", "guess", "10.0.0.9") is None
        with pytest.raises(Refused, match="Wait 1 s") as caught:
            await accounts.sign_in("li", "long enough", "10.0.0.9")
        assert caught.value.code == "too_many_tries"
        assert (
            await accounts.sign_in("li", "long enough", "10.0.0.7") is not None
        )  # who sits elsewhere is not locked out
        await clock.turn(1.1)
        assert await accounts.sign_in("li", "guess", "10.0.0.9") is None
        with pytest.raises(Refused, match="Wait 2 s"):
            await accounts.sign_in("li", "guess", "10.0.0.9")
        await clock.turn(2.1)
        assert await accounts.sign_in("li", "long enough", "10.0.0.9") is not None
        assert await accounts.sign_in("li", "guess", "10.0.0.9") is None  # counted anew


async def test_guessing_the_code_is_slowed_down(opened: Open) -> None:
    async with opened() as accounts:
        for _ in range(FREE):
            assert await accounts.sign_in_code("NOPE") is None
        with pytest.raises(Refused, match="Too many wrong tries"):
            await accounts.sign_in_code("NOPE")


async def test_long_lived_tokens_have_scopes_and_an_end(opened: Open, clock: HandClock) -> None:
    async with opened() as accounts:
        await accounts.add_user("keypad", "device")
        scopes = ["action:counter.*", "entity:counter.1"]
        brief = await accounts.add_token("keypad", "window 1", scopes, lasts=3600)
        lasting = await accounts.add_token("keypad", "window 1", scopes)
        caller = accounts.authenticate(brief)
        assert caller is not None
        assert caller.scopes == frozenset(scopes)
        await clock.turn(3601)
        assert accounts.authenticate(brief) is None
        assert accounts.authenticate(lasting) is not None
        await accounts.add_token("keypad", "another", scopes)
        assert len(accounts.tokens()) == 2  # the old one was swept away
        await accounts.remove_token(accounts.tokens()[0].id)
        assert accounts.authenticate(lasting) is None
        with pytest.raises(Unknown):
            await accounts.remove_token("no such")
        with pytest.raises(Refused, match="scopes"):
            await accounts.add_token("keypad", "everything")


def all_bytes(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.glob("hall.db*"))


async def test_tokens_are_stored_hashed(opened: Open, tmp_path: Path) -> None:
    async with opened() as accounts:
        await accounts.add_user("boss", "owner", "long enough")
        token = await accounts.add_token("boss", "app")
    stored = all_bytes(tmp_path)
    assert token.encode() not in stored
    assert b"long enough" not in stored
    assert b"$argon2id$" in stored


async def test_sessions_end_and_are_bounded(opened: Open, clock: HandClock) -> None:
    async with opened() as accounts:
        await accounts.add_user("li", "staff", "long enough")
        tokens = [await accounts.sign_in("li", "long enough") or "" for _ in range(MAX_SESSIONS + 2)]
        assert len(accounts.tokens()) == MAX_SESSIONS
        assert [accounts.authenticate(t) is None for t in tokens] == [True, True] + [False] * MAX_SESSIONS
        await clock.turn(SESSION_DAYS * 86400 + 1)
        assert all(accounts.authenticate(t) is None for t in tokens)


async def test_a_new_password_ends_the_sessions_but_not_the_tokens(opened: Open) -> None:
    async with opened() as accounts:
        await accounts.add_user("li", "staff", "long enough")
        session = await accounts.sign_in("li", "long enough") or ""
        token = await accounts.add_token("li", "app")
        await accounts.update_user("li", password="another one", role="manager")
        assert accounts.authenticate(session) is None
        assert await accounts.sign_in("li", "long enough") is None
        assert await accounts.sign_in("li", "another one") is not None
        caller = accounts.authenticate(token)
        assert caller is not None
        assert caller.role == "manager"


async def test_a_removed_user_is_gone_with_all_tokens(opened: Open) -> None:
    async with opened() as accounts:
        await accounts.add_user("boss", "owner")
        await accounts.add_user("li", "staff")
        token, told = await accounts.add_token("li", "app"), list[int]()
        stop = accounts.watch(lambda: told.append(len(accounts.tokens())))
        await accounts.remove_user("li")
        assert told == [0]
        assert accounts.authenticate(token) is None
        stop()
        with pytest.raises(Unknown):
            accounts.user("li")
        with pytest.raises(Refused, match="only owner"):
            await accounts.remove_user("boss")
        with pytest.raises(Refused, match="only owner"):
            await accounts.update_user("boss", role="staff")
        assert len(told) == 1
    async with opened() as accounts:
        assert [u.name for u in accounts.users()] == ["boss"]
        assert accounts.tokens() == []


async def test_a_name_is_taken_once(opened: Open) -> None:
    async with opened() as accounts:
        await accounts.add_user("li", "staff")
        with pytest.raises(Refused) as caught:
            await accounts.add_user("li", "owner")
        assert caught.value.code == "name_taken"
        assert caught.value.say("zh-CN") == "用户 'li' 已存在。"


async def test_what_is_forged_is_nobody(opened: Open) -> None:
    async with opened() as accounts:
        await accounts.add_user("boss", "owner")
        for token in ("", "usher_x", "link.", "link.a.b", "link.e30.e30", "\x00", "ü" * 5000):
            assert accounts.authenticate(token) is None


async def test_links_outlive_a_restart_and_their_key_is_private(opened: Open, tmp_path: Path) -> None:
    async with opened() as accounts:
        link = accounts.links.sign("display/hall", ["view:display/hall"])
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    async with opened() as accounts:
        caller = accounts.authenticate(link)
        assert caller == Caller("link:display/hall", "display/hall", "screen", frozenset(["view:display/hall"]))
    (tmp_path / "key").write_text("not a key")
    with pytest.raises(StoreError, match="is damaged"):
        async with opened():
            pass


async def test_what_is_not_stored_did_not_happen(tmp_path: Path, clock: HandClock) -> None:
    store = Store(tmp_path / "hall.db", TABLES)
    accounts = Accounts(store, clock, tmp_path, "hall", Passwords(**CHEAP))
    accounts.load(await store.open())
    await accounts.add_user("li", "staff", "long enough")
    await store.close()  # from now on nothing is stored
    with pytest.raises(Refused) as caught:
        await accounts.add_user("wang", "staff")
    assert caught.value.code == "not_stored"
    with pytest.raises(Refused):
        await accounts.remove_user("li")
    with pytest.raises(Refused):
        await accounts.sign_in("li", "long enough")
    assert [u.name for u in accounts.users()] == ["li"]
    assert accounts.tokens() == []
    accounts.close()


async def test_too_many_hashes_at_once_are_refused() -> None:
    import asyncio

    passwords = Passwords(**CHEAP)
    made = await asyncio.gather(*(passwords.hash("x") for _ in range(MAX_WAITING + 3)), return_exceptions=True)
    passwords.close()
    assert [type(one).__name__ for one in made] == ["str"] * MAX_WAITING + ["Refused"] * 3


# -- the actions


async def test_the_actions_are_for_owners(opened: Open) -> None:
    async with opened() as accounts:
        actions = Actions()
        register(accounts, lambda name, model, run, **more: actions.add(action(name, model, run, **more)))
        assert [a.name for a in actions.all()] == sorted(MODELS)
        owner, manager = Call(Caller("1", "boss", "owner")), Call(Caller("2", "wang", "manager"))
        for name in MODELS:
            with pytest.raises(NotPermitted):
                await actions.call(name, {}, manager)
        made = await actions.call("access.user_add", {"name": "li", "role": "staff", "password": "long enough"}, owner)
        assert made is not None
        assert made["user"]["name"] == "li"
        assert "long enough" not in str(made)
        token = await actions.call(
            "access.token_add", {"user": "li", "name": "app", "scopes": ["action:queue.*"]}, owner
        )
        assert token is not None
        assert accounts.authenticate(token["token"]) is not None
        listed = await actions.call("access.tokens", {}, owner)
        assert listed is not None
        [one] = listed["tokens"]
        assert (one["user"], one["name"], one["scopes"]) == ("li", "app", ["action:queue.*"])
        assert token["token"] not in str(listed)
        updated = await actions.call("access.user_update", {"name": "li", "title": "李"}, owner)
        assert updated is not None
        assert (updated["user"]["title"], updated["user"]["password"]) == ("李", True)
        await actions.call("access.token_remove", {"id": one["id"]}, owner)
        await actions.call("access.user_remove", {"name": "li"}, owner)
        assert await actions.call("access.users", {}, owner) == {"users": []}


@pytest.mark.parametrize(
    ("name", "data", "field"),
    [
        ("access.user_add", {"name": "li", "role": "king"}, "role"),
        ("access.user_add", {"name": "Li Wei", "role": "staff"}, "name"),
        ("access.user_add", {"name": "li", "role": "staff", "password": "short"}, "password"),
        ("access.user_add", {"name": "li", "role": "staff", "password": "x" * 1_000_000}, "password"),
        ("access.token_add", {"user": "li", "name": "x", "scopes": ["everything"]}, "scopes.0"),
        ("access.token_add", {"user": "li", "name": ""}, "name"),
        ("access.user_remove", {}, "name"),
        ("access.users", {"x": 1}, "x"),
    ],
)
async def test_bad_data_is_told_by_field(opened: Open, name: str, data: dict[str, object], field: str) -> None:
    async with opened() as accounts:
        actions = Actions()
        register(accounts, lambda name, model, run, **more: actions.add(action(name, model, run, **more)))
        with pytest.raises(BadData) as caught:
            await actions.call(name, data, Call(Caller("1", "boss", "owner")))
        assert list(caught.value.fields) == [field]
        assert len(str(caught.value)) < 500
