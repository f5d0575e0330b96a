"""Who may do and hear what: a table of roles and scopes; links that cannot be forged."""

import pytest
from usher.core.access import (
    SYSTEM,
    Caller,
    Links,
    check_act,
    may_act,
    may_hear,
    may_read,
    may_view,
    new_token,
    token_hash,
)
from usher.core.clock import HandClock
from usher.core.errors import NotPermitted


def caller(role: str, *scopes: str) -> Caller:
    return Caller("x", "Li", role, frozenset(scopes))


KEYPAD = caller("device", "action:counter.*", "entity:counter.1")
SCREEN = caller("screen", "view:display/hall")
APP = caller("manager", "action:queue.issue", "event:ticket_*", "entity:queue.*")


@pytest.mark.parametrize(
    ("who", "action", "allowed"),
    [
        (SYSTEM, "access.user_add", True),
        (caller("owner"), "access.user_add", True),
        (caller("owner"), "usher.stop", True),
        (caller("manager"), "queue.pause", True),
        (caller("manager"), "access.users", False),
        (caller("manager"), "usher.restart", False),
        (caller("staff"), "counter.call_next", True),
        (caller("staff"), "kiosk.issue", True),
        (caller("staff"), "automation.turn_off", False),
        (caller("device"), "counter.call_next", False),
        (caller("screen"), "kiosk.issue", False),
        (KEYPAD, "counter.call_next", True),
        (KEYPAD, "counters.call_next", False),
        (KEYPAD, "queue.issue", False),
        (APP, "queue.issue", True),
        (APP, "queue.pause", False),  # scopes narrow a role
        (caller("manager", "action:*"), "access.user_add", False),  # and never widen it past the owner's
        (caller("device", "action:access.*"), "access.user_add", False),
        (caller("manager", "entity:queue.a"), "queue.issue", False),  # scopes that name no action allow none
        (caller("staff", "action:automation.*"), "automation.turn_off", False),
    ],
)
def test_who_may_act(who: Caller, action: str, allowed: bool) -> None:
    assert may_act(who.permission, action) is allowed
    if allowed:
        check_act(who, action)
    else:
        with pytest.raises(NotPermitted, match=action):
            check_act(who, action)


def test_a_scope_holds_an_action_to_its_entities() -> None:
    check_act(KEYPAD, "counter.call_next", ["counter.1"])
    with pytest.raises(NotPermitted) as caught:
        check_act(KEYPAD, "counter.call_next", ["counter.1", "counter.2"])
    assert caught.value.say("zh-CN") == "Li 无权操作 counter.2。"
    check_act(caller("device", "action:counter.*"), "counter.call_next", ["counter.2"])  # none named: any


@pytest.mark.parametrize(
    ("who", "entity", "event", "view"),
    [
        (caller("staff"), True, True, True),
        (caller("device"), False, False, False),
        (caller("screen"), False, False, False),
        (SCREEN, False, False, True),
        (KEYPAD, False, False, False),
        (APP, True, True, False),
    ],
)
def test_who_may_hear(who: Caller, entity: bool, event: bool, view: bool) -> None:
    assert may_read(who.permission, "queue.a") is entity
    assert may_hear(who.permission, "ticket_called") is event
    assert may_view(who.permission, "display/hall") is view


def test_a_screen_sees_its_own_view_only() -> None:
    assert not may_view(SCREEN.permission, "display/other")
    assert not may_view(SCREEN.permission, "counter/1")


def test_callers_of_one_permission_share_it_whatever_their_names() -> None:
    one = Caller("1", "Li", "staff", frozenset(["action:queue.*"]))
    assert one.permission == Caller("2", "Wang", "staff", frozenset(["action:queue.*"]), "zh-CN").permission


# -- links


@pytest.fixture
def clock() -> HandClock:
    return HandClock(1000.0)


def test_a_link_carries_its_own_scopes(clock: HandClock) -> None:
    links = Links(b"k" * 32, clock)
    made = links.read(links.sign("kiosk/lobby", ["view:kiosk/lobby", "action:kiosk.issue"]))
    assert made == Caller(
        "link:kiosk/lobby", "kiosk/lobby", "screen", frozenset(["view:kiosk/lobby", "action:kiosk.issue"])
    )


async def test_a_link_ends(clock: HandClock) -> None:
    links = Links(b"k" * 32, clock)
    token = links.sign("phone/x", ["view:phone/x"], expires=1060.0)
    assert links.read(token) is not None
    await clock.turn(61)
    assert links.read(token) is None


def test_every_changed_letter_is_noticed(clock: HandClock) -> None:
    links = Links(b"k" * 32, clock)
    token = links.sign("phone/x", ["view:phone/x"])
    for at in range(len(token)):
        other = "A" if token[at] != "A" else "B"
        read = links.read(token[:at] + other + token[at + 1 :])
        # The last letter of base64 holds unused bits: a change there alone is the same link.
        assert read is None or read == links.read(token)
    assert Links(b"j" * 32, clock).read(token) is None


@pytest.mark.parametrize(
    "token", ["", "link", "link..", "a.b.c", "link.e30.AAAA", "link.é.ü", "link.a.b.c", "link.a.a"]
)
def test_nonsense_is_nobody(clock: HandClock, token: str) -> None:
    assert Links(b"k" * 32, clock).read(token) is None


def test_tokens_are_long_random_and_stored_hashed() -> None:
    one, other = new_token(), new_token()
    assert one != other
    assert len(one) > 40
    assert token_hash(one) != token_hash(other)
    assert one not in token_hash(one)


def test_everyone_may_ask_for_the_past_of_what_they_may_read() -> None:
    """The questions answer only of what the caller may read; what changes the history is for managers."""
    screen, staff = ("screen", frozenset[str]()), ("staff", frozenset({"entity:queue.a"}))
    assert all(may_act(who, asked) for who in (screen, staff) for asked in ("history.period", "logbook.get"))
    assert not may_act(screen, "recorder.purge")
    assert not may_act(("staff", frozenset[str]()), "recorder.purge")
    assert may_act(("manager", frozenset[str]()), "recorder.purge")
