"""Whatever is tapped, in whatever order, with restarts between: a service has one rating at most, and all counts agree."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from usher.core.clock import HandClock
from usher.core.errors import ActionError
from usher.core.tables import Batch
from usher.core.testing import Branch, branch

YAML = """
usher: {name: Bank, site: bank, languages: [en]}
queue: {main: {name: Main, prefix: A}}
counter: {"1": {name: Window 1, serves: [main]}, "2": {name: Window 2, serves: [main]}}
feedback: {counters: ["1", "2"]}
"""
counters = st.sampled_from(["1", "2"])
levels = st.integers(1, 4)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("serve"), counters),
        st.tuples(st.just("rate"), counters, levels),
        st.tuples(st.just("phone"), st.integers(1, 6), levels),
        st.tuples(st.just("together"), counters, levels),
        st.tuples(st.just("undo"), counters),
        st.tuples(st.just("wait"), st.sampled_from([1.0, 30.0, 70.0])),
        st.tuples(st.just("restart")),
    ),
    max_size=14,
)


async def attempt(hall: Branch, action: str, **data: Any) -> bool:
    try:
        await hall.act(action, **data)
    except ActionError:
        return False
    return True


async def serve(hall: Branch, counter: str) -> None:
    if hall.state(f"counter.{counter}").value == "closed":
        await hall.act("counter.sign_in", counter=counter, staff=f"staff{counter}")
    if hall.state(f"counter.{counter}").value == "idle":
        await hall.act("queue.issue", queue="main")
        await attempt(hall, "counter.call_next", counter=counter)
    await attempt(hall, "counter.finish", counter=counter)


async def live(folder: Path, steps: list[tuple[Any, ...]]) -> None:
    clock, left, taken = HandClock(), list(steps), 0
    while True:
        async with branch(YAML, folder, clock=clock) as hall:
            while left:
                what, *how = left.pop(0)
                if what == "restart":
                    break
                if what == "serve":
                    await serve(hall, how[0])
                elif what == "rate":
                    taken += await attempt(hall, "feedback.rate", counter=how[0], level=how[1])
                elif what == "phone":
                    taken += await attempt(hall, "feedback.rate", ticket=f"A00{how[0]}", level=how[1])
                elif what == "together":
                    both = [attempt(hall, "feedback.rate", counter=how[0], level=how[1]) for _ in range(2)]
                    taken += sum(await asyncio.gather(*both))
                elif what == "undo":
                    await attempt(hall, "counter.undo", counter=how[0])
                else:
                    await clock.turn(how[0])
            await agree(hall, taken)
            if not left:
                return


async def agree(hall: Branch, taken: int) -> None:
    await hall.engine.store.save(Batch())
    about = hall.state("sensor.satisfaction").attributes
    listed = await hall.act("feedback.list", first="2025-11-22")
    assert about["ratings"] == taken == listed["total"] == len({one["id"] for one in listed["ratings"]})
    assert about["ratings"] <= about["asked"]
    (line,) = (await hall.act("feedback.summary", first="2025-11-22"))["lines"] or [{"ratings": 0}]
    assert line["ratings"] == taken
    by = (await hall.act("feedback.summary", first="2025-11-22", by="counter"))["lines"]
    assert sum(one["ratings"] for one in by) == taken
    assert {one["counter"]: one["ratings"] for one in by if one["ratings"]} == {
        counter: n for counter in ("1", "2") if (n := sum(r["counter"] == counter for r in listed["ratings"]))
    }


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_counts_agree(steps: list[tuple[Any, ...]]) -> None:
    with TemporaryDirectory() as folder:
        asyncio.run(live(Path(folder), steps))
