"""Each example that comes with usher lives a busy day of 150 visitors: no law is broken, and all runs that should run."""

import asyncio
import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from usher.core.access import SYSTEM
from usher.core.actions import Call
from usher.core.check import check
from usher.core.engine import Engine
from usher.core.events import Context, Event
from usher.core.offers import TRIGGERS, TriggerKind
from usher.core.simulation.day import simulate
from usher.core.simulation.report import figures
from usher.core.simulation.scenario import Scenario
from usher.integrations.http.webhook_trigger import WebhookTrigger

EXAMPLES = Path(__file__).parents[3] / "config_examples"
DAY = date(2026, 9, 18)  # a Friday


def an_emergency(engine: Engine) -> None:
    """At triage one in ten is seen to be urgent."""

    tasks: set[asyncio.Task[Any]] = set()

    def heard(event: Event) -> None:
        ticket = event.data["ticket"]
        if ticket["queue"] == "triage" and ticket["number"].endswith("5"):
            data = {"ticket": ticket["id"], "urgency": 6}
            tasks.add(asyncio.create_task(engine.actions.call("ticket.update", data, Call(SYSTEM, Context(), None))))

    engine.bus.listen(heard, "ticket_started")


def prescriptions(engine: Engine) -> None:
    """The hospital's system tells what was paid, twice, and some minutes later what was made up: not in that order."""
    told: dict[str, Callable[..., None]] = {}

    def attach(model: WebhookTrigger, fire: Callable[..., None]) -> Callable[[], None]:
        told[model.webhook_id.removesuffix("-CHANGE-ME")] = fire
        return lambda: None

    def tell(what: str, case: int) -> None:
        json = {"case": f"RX{case:03d}", "name": "张小三", "phone": "13800000000"}
        told[what]({"json": json, "webhook_id": what, "query": {}}, Context())

    def begin(event: Event) -> None:
        for case in range(60):
            paid = 9.5 * 3600 + 40 * case
            for at in (paid, paid + 5):
                engine.clock.after(at, partial(tell, "prescription-paid", case))
            engine.clock.after(paid + 300 + 400 * (case % 3), partial(tell, "prescription-made", case))

    engine.offers.add(TRIGGERS, "webhook", TriggerKind(WebhookTrigger, attach))
    engine.bus.listen(begin, "homeassistant_started")


@dataclass(frozen=True)
class Busy:
    """How a day is made busy, and what is still quiet in it: a printer that never fails, ratings from outside."""

    queues: Mapping[str, int]  # how many come for what, spread over the day
    crowd: tuple[str, int] = ("", 0)  # this queue, and how many nearly at once
    quiet: frozenset[str] = frozenset()
    also: Callable[[Engine], None] = field(default=lambda engine: None)


BUSY = {
    "bank_branch": Busy(
        {"personal": 30, "corporate": 30, "wealth": 10, "loss_report": 20}, ("personal", 60),
        frozenset({"Say when the ticket printer needs care"})),
    "service_hall": Busy(
        {"household": 25, "identity": 25, "tax": 25}, ("exit_entry", 75), frozenset({
            "Say when the printer at the north entrance needs care", "Say when the printer at the south entrance needs care",
            "A bad rating is told at once"})),
    "hospital_outpatient": Busy({"registration": 150}, also=an_emergency),
    "pharmacy": Busy({"advice": 30}, also=prescriptions),
}  # fmt: skip


def arrivals(busy: Busy, path: Path) -> Path:
    """150 people, from nine to four."""
    rows: list[tuple[float, str]] = [(10 * 3600 + 2.0 * n, busy.crowd[0]) for n in range(busy.crowd[1])]
    for queue, count in busy.queues.items():
        rows += [(9 * 3600 + 7 * 3600 * n / count, queue) for n in range(count)]
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(("time", "queue"))
        out.writerows(
            (f"{int(at) // 3600:02d}:{int(at) // 60 % 60:02d}:{int(at) % 60:02d}", queue) for at, queue in rows
        )
    return path


def test_every_example_is_lived_in() -> None:
    assert set(BUSY) == {path.parent.name for path in EXAMPLES.glob("*/configuration.yaml")}


@pytest.mark.parametrize("name", BUSY)
def test_a_busy_day(name: str, tmp_path: Path) -> None:
    busy, folder = BUSY[name], EXAMPLES / name
    assert [str(problem) for problem in check(folder, strict=True)] == []
    coming = arrivals(busy, tmp_path / "arrivals.csv")
    found = figures(simulate(folder, Scenario(DAY, arrivals=coming), made=busy.also))
    assert found["problems"] == []
    assert found["errors"] == []
    assert found["tickets"]["issued"] >= 80
    assert found["tickets"]["finished"] >= 0.8 * found["tickets"]["issued"]
    names = {one["entity_id"]: one["name"] for one in found["automations"]}
    assert {names[one] for one in found["never_fired"]} == set(busy.quiet)
