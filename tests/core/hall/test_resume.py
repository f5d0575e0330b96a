"""After a restart: the called stay called, fresh calls are told once more, and nobody is forgotten in silence."""

from pathlib import Path

import pytest
from usher.core.clock import HandClock
from usher.core.testing import branch

from .conftest import YAML


async def test_a_fresh_call_is_told_again_and_an_old_one_is_not(tmp_path: Path, clock: HandClock) -> None:
    async with branch(YAML, tmp_path, clock=clock) as hall:
        for counter in "12":
            await hall.act("counter.sign_in", counter=counter, staff=f"s{counter}")
            await hall.act("queue.issue", queue="personal")
        await hall.act("counter.call_next", counter="1")
        await clock.turn(15)
        await hall.act("counter.call_next", counter="2")
    await clock.turn(10)
    async with branch(YAML, tmp_path, clock=clock) as hall:
        assert [hall.state(f"counter.{c}").value for c in "12"] == ["calling", "calling"]
        assert [(e.data["ticket"]["number"], e.data["replayed"]) for e in hall.events("ticket_called")] == [
            ("A002", True)
        ]


async def test_who_waits_in_a_queue_that_is_gone_is_told(
    tmp_path: Path, clock: HandClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with branch(YAML, tmp_path, clock=clock) as hall:
        await hall.act("queue.issue", queue="loss")
    less = YAML.replace("  loss: {name: Lost card, prefix: T, digits: 4, urgency: 10}\n", "").replace(
        "{queue: loss, priority: 9}, ", "")  # fmt: skip
    async with branch(less, tmp_path, clock=clock) as hall:
        assert "queue.loss is no longer in the configuration" in caplog.text
        await hall.act("ticket.transfer", ticket="T0001", queue="personal")
        assert hall.state("queue.personal").value == 1
