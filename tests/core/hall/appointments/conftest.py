"""A hall that takes appointments, on a Monday morning at eight."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from usher.core.clock import HandClock
from usher.core.tables import Batch
from usher.core.testing import Branch, branch

YAML = """
usher: {name: Test, site: test, languages: [zh-CN, en], time_zone: Asia/Shanghai,
        classes: {vip: 50, appointment: 30, elderly: 20}}
calendar:
  office:
    open: {mon-fri: ["09:00-12:00", "13:30-17:00"]}
    windows: {morning: "09:00-12:00", afternoon: "13:30-17:00"}
queue:
  main: {name: {en: Personal, zh-CN: 个人业务}, prefix: A, services: {passport: {name: Passports}}}
  clinic: {name: Clinic, prefix: C, calendar: office}
counter:
  "1": {name: Window 1, serves: [main, clinic]}
appointment:
  passport:
    name: {en: Passport, zh-CN: 护照}
    queue: main
    service: passport
    calendar: office
    slot: "00:30"
    capacity: 2
    ahead: {days: 14}
    reminders: ["24:00", "01:00"]
    missed_after: "02:00"
  doctor:
    name: Doctor
    queue: clinic
    slot: "00:20"
    staff: [wang, li]
    early: "01:00"
    ready_before: "00:10"
  check:
    name: Check-up
    queue: clinic
    slot: "01:00"
    staff: [wang]
    when_late: refuse
    asks: [name, phone]
    fixed: "01:00"
    public: false
"""
MONDAY = 1_763_942_400.0  # 2025-11-24 08:00 in Shanghai


@pytest.fixture
def clock() -> HandClock:
    return HandClock(MONDAY, "Asia/Shanghai")


@pytest.fixture
async def hall(tmp_path: Path, clock: HandClock) -> AsyncIterator[Branch]:
    async with branch(YAML, tmp_path, clock=clock) as running:
        yield running


async def pass_time(hall: Branch, clock: HandClock, seconds: float) -> None:
    """Let time pass, and what follows from it reach the disk: a chunk of the sweep comes after the one before."""
    await clock.turn(seconds)
    for _ in range(6):
        await hall.engine.store.save(Batch())
        await clock.turn(0)
