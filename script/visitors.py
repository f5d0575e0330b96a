"""Visitors and staff for a demonstration: they use the hall's public API and nothing else.

usage: USHER_TOKEN=... visitors.py RATE [--url http://127.0.0.1:8780] [--leave COUNTER]

RATE is `60/h`, `2/min` or `1/s`. Visitors come at random and tap the kiosks; staff sit at every closed counter but
`--leave` (the first one, unless said otherwise), which is left to whoever watches. Serving takes as long as keeps the
staff busy seven tenths of their time, four minutes at most. Ends with the process that started it.
"""

import argparse
import asyncio
import os
import random
import re
import sys
import time
from collections.abc import Iterator
from typing import Any

import aiohttp

UNITS = {"s": 1, "min": 60, "m": 60, "h": 3600}
BUSY = 0.7  # how much of their time staff serve
LONGEST_S = 240.0  # mean service at a slow rate
NO_SHOW = 0.06  # of those called, how many never come


class Refused(Exception):
    """The hall said no: `code` is its reason."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


class Hall:
    """The public API of a running hall."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def get(self, path: str) -> Any:
        async with self._session.get(path) as answer:
            answer.raise_for_status()
            return await answer.json()

    async def act(self, action: str, **data: Any) -> dict[str, Any]:
        """Do an action, get its answer; raises Refused."""
        path = f"/api/services/{action.replace('.', '/')}?return_response"
        async with self._session.post(path, json=data) as answer:
            body = await answer.json()
            if answer.status >= 400:
                raise Refused(str(body.get("code", answer.status)), str(body.get("message", body)))
            return body["service_response"]

    async def names(self, kind: str) -> dict[str, dict[str, Any]]:
        """The entities of a kind (`counter`), by what follows the dot."""
        states = await self.get("/api/states")
        mine = (state for state in states if state["entity_id"].startswith(f"{kind}."))
        return {state["entity_id"].partition(".")[2]: state for state in mine}


def seconds_between(rate: str) -> float:
    """`60/h` -> 60.0 seconds from one visitor to the next, in the mean."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)/(s|min|m|h)", rate)
    if match is None or float(match[1]) == 0:
        sys.exit(f"{rate!r} is not a rate. Write 60/h, 2/min or 1/s.")
    return UNITS[match[2]] / float(match[1])


def open_doors(menu: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """What can be tapped on a kiosk now: `{"queue", "service"}`, menus in menus included."""
    for node in menu:
        if node.get("menu"):
            yield from open_doors(node["menu"])
        elif node.get("queue") and not node.get("paused"):
            yield {"queue": node["queue"]} | ({"service": node["service"]} if node.get("service") else {})


async def tap(hall: Hall) -> str:
    """One visitor takes a ticket, at a kiosk if there is one; answers its number."""
    kiosks = list(await hall.names("kiosk"))
    if not kiosks:
        answer = await hall.act("queue.issue", queue=random.choice(list(await hall.names("queue"))))
        return answer["ticket"]["number"]
    kiosk = random.choice(kiosks)
    screen = (await hall.get(f"/api/usher/views/kiosk/{kiosk}"))["doc"]
    doors = list(open_doors(screen["menu"]))
    if not doors or not screen["open"]:
        raise Refused("closed", f"the kiosk {kiosk} is closed")
    language = random.choice(screen["languages"])
    answer = await hall.act("kiosk.issue", kiosk=kiosk, language=language, **random.choice(doors))
    return answer["ticket"]["number"]


async def visitors(hall: Hall, gap: float) -> None:
    """They come at random, `gap` seconds apart in the mean."""
    while True:
        await asyncio.sleep(random.expovariate(1 / gap))
        try:
            print(f"visitors: {await tap(hall)} has come in", flush=True)
        except Refused as no:
            print(f"visitors: one was turned away: {no}", flush=True)


async def serve_one(hall: Hall, counter: str, mean: float) -> None:
    """Call, wait for the visitor to walk up, serve, finish."""
    called = await hall.act("counter.call_next", counter=counter, current="finish")
    print(f"counter {counter}: calls {called['ticket']['number']}", flush=True)
    await asyncio.sleep(random.uniform(0.5, 1.5) * min(12.0, mean / 5))
    if random.random() < NO_SHOW:
        await hall.act("counter.recall", counter=counter)
        await asyncio.sleep(min(12.0, mean / 5))
        await hall.act("counter.no_show", counter=counter)
        return
    await hall.act("counter.start", counter=counter)
    await asyncio.sleep(min(random.expovariate(1 / mean), 4 * mean))
    await hall.act("counter.finish", counter=counter)


async def staff(hall: Hall, counter: str, signed_in: bool, mean: float) -> None:
    """Somebody who works at one counter until the demonstration ends."""
    if not signed_in:
        await hall.act("counter.sign_in", counter=counter, staff=f"demo_{counter}")
    while True:
        try:
            await serve_one(hall, counter, mean)
        except Refused as no:
            if no.code != "nobody_waiting":
                print(f"counter {counter}: {no}", flush=True)
            await asyncio.sleep(random.uniform(1, 3))


async def opened(hall: Hall) -> None:
    """Wait, a minute at most, until the hall answers."""
    for _ in range(240):
        try:
            if (await hall.get("/api/config"))["state"] == "RUNNING":
                return
        except (aiohttp.ClientError, OSError):
            pass
        await asyncio.sleep(0.25)
    sys.exit("visitors: the hall did not open within a minute")


class Alone(Exception):
    """Whoever started us is gone."""


async def watch(parent: int) -> None:
    """Raise when whoever started us is gone."""
    while os.getppid() == parent:  # noqa: ASYNC110 (no event tells that a parent has gone)
        await asyncio.sleep(0.5)
    raise Alone  # an error of its own: SystemExit in a task is printed as a fault


async def seats(hall: Hall, leave: str | None) -> tuple[str | None, dict[str, bool]]:
    """The counter left to whoever watches, and those for our staff: whether they sit there since an earlier run."""
    counters = await hall.names("counter")
    leave = leave or min(counters, default=None)
    ours = {name: state["attributes"].get("staff") == f"demo_{name}" for name, state in counters.items()}
    free = {name for name, state in counters.items() if state["state"] == "closed"}
    return leave, {name: here for name, here in ours.items() if name != leave and (here or name in free)}


async def play(options: argparse.Namespace, token: str) -> None:
    gap = seconds_between(options.rate)
    headers = {"Authorization": f"Bearer {token}"}
    limit = aiohttp.ClientTimeout(total=30)
    async with (
        aiohttp.ClientSession(options.url, headers=headers, timeout=limit) as session,
        asyncio.TaskGroup() as tasks,
    ):
        tasks.create_task(watch(os.getppid()))
        hall = Hall(session)
        await opened(hall)
        leave, theirs = await seats(hall, options.leave)
        mean = min(LONGEST_S, BUSY * gap * max(1, len(theirs)))
        who = ", ".join(sorted(theirs)) or "no counter"
        print(f"visitors: {options.rate}; staff at {who}; counter {leave} is yours", flush=True)
        tasks.create_task(visitors(hall, gap))
        for counter, signed_in in theirs.items():
            tasks.create_task(staff(hall, counter, signed_in, mean))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rate")
    parser.add_argument("--url", default="http://127.0.0.1:8780")
    parser.add_argument("--leave", metavar="COUNTER", help="the counter that is left to you")
    options = parser.parse_args()
    token = os.environ.get("USHER_TOKEN") or sys.exit("Give a token: USHER_TOKEN=$(usher token add ...)")
    parent = os.getppid()
    try:
        asyncio.run(play(options, token))
    except* Alone:
        pass
    except* (aiohttp.ClientError, OSError) as lost:
        deadline = time.monotonic() + 10
        while os.getppid() == parent and time.monotonic() < deadline:
            time.sleep(0.2)  # a hall that is closing stops answering before it is gone
        if os.getppid() == parent:
            sys.exit(f"visitors: the hall no longer answers: {lost.exceptions[0]}")


if __name__ == "__main__":
    main()
