"""Actions: checked, permitted, bounded, and reached by target or by the field of the thing's name."""

import asyncio
from typing import Annotated, Any

import pytest
from usher.core import actions as room
from usher.core.access import Caller
from usher.core.actions import Actions, Call, action
from usher.core.errors import BadData, Failed, NotPermitted, Refused, UnknownAction
from usher.core.schema import Personal, Strict, Target


class Thing(Strict):
    counter: Annotated[str, Target("counter")]
    n: int = 0


class Things(Strict):
    counters: Annotated[list[str], Target("counter", many=True)]


async def echo(data: Thing, call: Call) -> dict[str, Any]:
    return data.model_dump()


async def names(data: Things, call: Call) -> dict[str, Any]:
    return data.model_dump()


@pytest.fixture
def actions() -> Actions:
    made = Actions()
    made.add(action("test.echo", Thing, echo))
    made.add(action("test.names", Things, names))
    return made


@pytest.mark.parametrize(
    "data",
    [{"counter": "1"}, {"counter": 1}, {"counter": "counter.1"}, {"target": {"entity_id": "counter.1"}},
     {"target": {"entity_id": ["counter.1"]}}, {"entity_id": "counter.1"}],
)  # fmt: skip
async def test_the_thing_meant(actions: Actions, data: dict[str, Any]) -> None:
    assert await actions.call("test.echo", data) == {"counter": "1", "n": 0}


async def test_several_things(actions: Actions) -> None:
    both = {"target": {"entity_id": ["counter.1", "counter.2"]}}
    assert await actions.call("test.echo", both | {"n": 3}) == {
        "counter.1": {"counter": "1", "n": 3}, "counter.2": {"counter": "2", "n": 3}}  # fmt: skip
    assert await actions.call("test.names", both) == {"counters": ["1", "2"]}


async def test_what_is_wrong_is_told(actions: Actions) -> None:
    with pytest.raises(UnknownAction):
        await actions.call("test.none")
    with pytest.raises(BadData) as bad:
        await actions.call("test.echo", {"counter": "1", "n": "x", "m": 2})
    assert set(bad.value.fields) == {"n", "m"}
    with pytest.raises(BadData, match=r"not on 'queue\.a'"):
        await actions.call("test.echo", {"target": {"entity_id": "queue.a"}})


async def test_who_may(actions: Actions) -> None:
    device = Caller("d", "keypad", "device", frozenset({"action:test.*", "entity:counter.1"}))
    assert await actions.call("test.echo", {"counter": "1"}, Call(device))
    for data in ({"counter": "2"}, {"target": {"entity_id": ["counter.1", "counter.2"]}}):
        with pytest.raises(NotPermitted):
            await actions.call("test.echo", data, Call(device))
    with pytest.raises(NotPermitted):
        await actions.call("test.echo", {"rubbish": 1}, Call(Caller("s", "screen", "screen")))


async def test_too_long_and_too_many(actions: Actions, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = asyncio.Event()

    async def wait(data: Thing, call: Call) -> None:
        await gate.wait()

    actions.add(action("test.wait", Thing, wait, timeout=0.05))
    with pytest.raises(Failed, match="took longer"):
        await actions.call("test.wait", {"counter": "1"})
    monkeypatch.setattr(room, "MAX_UNDECIDED", 1)
    first = asyncio.ensure_future(actions.call("test.wait", {"counter": "1"}))
    await asyncio.sleep(0)
    with pytest.raises(Refused) as refused:
        await actions.call("test.echo", {"counter": "1"})
    assert refused.value.code == "busy"
    gate.set()
    await first


def test_a_name_is_taken_once(actions: Actions) -> None:
    with pytest.raises(ValueError, match="already"):
        actions.add(action("test.echo", Thing, echo))


async def test_what_says_who_somebody_is_is_not_told_with_the_fault(actions: Actions) -> None:
    """An automation's fault is logged with its reason."""

    class Visit(Strict):
        phone: Annotated[str | None, Personal()] = None
        party: int = 1

    async def run(data: Visit, call: Call) -> None: ...

    actions.add(action("visit.note", Visit, run))
    with pytest.raises(BadData) as caught:
        await actions.call("visit.note", {"phone": 13800138000, "party": "two"})
    assert caught.value.fields == {
        "phone": "this does not fit. Write text.",
        "party": '"two" does not fit. Write a whole number.',
    }
    assert "13800138000" not in str(caught.value)
