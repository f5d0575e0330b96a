"""A large house: 99 counters, 32 services, 30 kiosks; a simulated day of 20,000 tickets, and 100 actions a second in real time."""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from ..e2e.hall_process import HallProcess, act
from .figures import Figure, percentile
from .tickets import _run

COUNTERS, QUEUES, KIOSKS, TICKETS = 99, 32, 30, 20_000
A_SECOND, SECONDS = 100, 20


def yaml(port: int | None = None) -> str:
    """The house with everything on: kiosks with printers, signs, speakers, rules, automations."""
    lines = ["usher: {name: House, site: house, languages: [zh-CN, en], classes: {vip: 50, elderly: 20}}", "queue:"]
    lines += [f'  q{n}: {{name: "Service {n}", prefix: "{chr(65 + n // 2)}{"X" * (n % 2)}", boost_after: "00:40", '
              f"max_waiting: 5000}}" for n in range(QUEUES)]  # fmt: skip
    lines.append("counter:")
    for n in range(COUNTERS):
        own, other = n % QUEUES, (n + 7) % QUEUES
        helps = f", {{queue: q{other}, overflow: {{waiting_over: 20}}}}" if n % 3 == 0 else f", q{other}"
        lines.append(
            f'  "{n + 1}": {{name: "Counter {n + 1}", serves: [{{queue: q{own}, priority: 5}}{helps}], no_show_after: 3}}'
        )
    lines.append("kiosk:")
    for n in range(KIOSKS):
        menu = ", ".join(f"{{queue: q{(n + i) % QUEUES}}}" for i in range(8))
        lines.append(f"  k{n}: {{name: Kiosk {n}, printer: p{n}, menu: [{menu}]}}")
    lines.append("printer:")
    lines += [f"  - {{platform: escpos, id: p{n}, preview: true, paper: 80}}" for n in range(KIOSKS)]
    lines.append('automation:\n  - {id: vip, alias: Vip, mode: queued, triggers: {trigger: ticket, event: called, class: vip}, '
                 'actions: {event: vip_called, event_data: {number: "{{ trigger.ticket.number }}"}}}')  # fmt: skip
    if port is not None:
        lines.append(f"http: {{port: {port}}}")
    return "\n".join(lines) + "\n"


def _day(folder: Path) -> dict[str, Any]:
    """The day's summary and how long it took, of a process of its own."""
    begun = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "usher.core", "simulate", str(folder), "--day", "2026-11-20", "--visitors", str(TICKETS),
         "--service", "100s", "--class", "vip=0.05", "--class", "elderly=0.15", "--format", "json", "--language", "en"],
        check=False, capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout)
    found["took"] = time.perf_counter() - begun
    return found


async def at_once(folder: Path) -> list[float]:
    """Milliseconds of each action, 100 begun a second whatever the answers take: numbers drawn, called, finished."""
    hall = HallProcess(folder, folder / "data")
    hall.make_token()
    await hall.start()
    took: list[float] = []
    try:
        async with hall.session() as session:
            for n in range(COUNTERS):
                assert (await act(session, "counter.sign_in", counter=str(n + 1), staff=f"s{n}"))[0] == 200
            for n in range(QUEUES * 3):
                await act(session, "queue.issue", queue=f"q{n % QUEUES}")

            async def one(n: int) -> None:
                begun = time.perf_counter()
                if n % 2:
                    status, answer = await act(session, "queue.issue", queue=f"q{n // 2 % QUEUES}")
                else:
                    status, answer = await act(
                        session, "counter.call_next", counter=str(n // 2 % COUNTERS + 1), current="finish")  # fmt: skip
                took.append((time.perf_counter() - begun) * 1000)
                assert status == 200 or "nobody" in json.dumps(answer), answer

            begun, tasks = time.perf_counter(), list[asyncio.Task[None]]()
            for n in range(A_SECOND * SECONDS):
                await asyncio.sleep(max(0.0, begun + n / A_SECOND - time.perf_counter()))
                tasks.append(asyncio.ensure_future(one(n)))
            await asyncio.gather(*tasks)
    finally:
        hall.stop()
    return took


def run(runs: int) -> list[Figure]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "configuration.yaml").write_text(yaml(), "utf-8")
        day = _day(folder)
    waits: list[list[float]] = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "config"
            folder.mkdir()
            (folder / "configuration.yaml").write_text(yaml(8780), "utf-8")
            waits.append(_run(at_once(folder)))
    return [
        Figure("a day of 20,000 tickets, 99 counters: problems", [len(day["problems"])], "", 0),
        Figure("of which tickets", [day["tickets"]["issued"]], "", 19_000, True),
        Figure("the whole simulated day", [day["took"]], "s"),
        Figure("an action at 100 a second, p99", [percentile(one, 0.99) for one in waits], "ms", 20),
        Figure("the same, median", [percentile(one, 0.5) for one in waits], "ms"),
    ]
