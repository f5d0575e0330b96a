"""After a day with names in it: nothing that says who somebody is stands in any file but in the rows made for it."""

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .hall_process import HallProcess, act

pytestmark = pytest.mark.xdist_group("processes")
YAML = """
usher: {name: Test, site: test, languages: [zh-CN, en], time_zone: UTC, classes: {vip: 50, appointment: 30}}
http: {}
recorder: {}
feedback: {}
calendar: {always: {open: {daily: "00:00-24:00"}}}
queue: {main: {name: Main, prefix: A, names: masked, calendar: always}}
counter: {"1": {name: One, serves: [main]}}
card: {gold: {number: "6222*", class: vip, queue: main}}
appointment:
  visit: {name: Visit, queue: main, slot: "00:30", capacity: 9, early: "24:00", per_person: 9, reminders: ["23:00"]}
kiosk:
  lobby: {cards: true, check_in: [code, phone, card], menu: [{queue: main}]}
script:
  lookup:
    sequence:
      - {action: ticket.get, data: {ticket: "{{ ticket }}"}, response_variable: got}
      - {action: visitor.find, data: {phone: "{{ got.person.phone }}"}, response_variable: known}
      - variables: {who: "{{ got.person.name }}", tel: "{{ known.visitors[0].person.phone }}", message: "Ms {{ who }}: {{ tel }}"}
      - {action: ticket.update, data: {ticket: "{{ ticket }}", name: "{{ who }}"}}
automation:
  - alias: Remembers
    triggers: [{trigger: ticket, event: issued}, {trigger: appointment, event: [booked, arrived]}]
    actions:
      - {action: ticket.list, data: {}, response_variable: listed}
"""
NAME, PHONE, CARD, PAPER = "Ouyang 欧阳明月", "13812345678", "6222020200112233445", "11010119900307001X"
PERSONAL = ("Ouyang", "欧阳", "明", "13812345", "138 1234", "138-1234", "62220202", "110101199", "hard of hearing")
MADE_FOR_IT = ("person",)  # rows of their own
REPEATED = ("person", "request")  # what a repeated request must answer again, until the day is over


def kept(folder: Path) -> Iterator[tuple[str, str]]:
    """Every text in every file: (file or table, text)."""
    for file in folder.rglob("*"):
        if file.suffix == ".db":
            with sqlite3.connect(file) as database:
                for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                    for row in database.execute(f'SELECT * FROM "{table}"'):
                        yield (
                            table,
                            " ".join(
                                one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one) for one in row
                            ),
                        )
        elif file.is_file() and not file.name.endswith(("-wal", "-shm")):
            yield file.name, file.read_bytes().decode("utf-8", "replace")


async def a_day(hall: HallProcess) -> list[str]:
    """Everything that takes a name; answers the codes and links given."""
    secrets: list[str] = []
    async with hall.session() as session:

        async def do(action: str, expect: int = 200, **data: Any) -> Any:
            status, answer = await act(session, action, data)
            assert status == expect, (action, answer)
            return answer

        person = {"name": NAME, "phone": PHONE, "card": CARD}
        await do("visitor.add", visitor="C1", name=NAME, phone="138 1234 5678", document=PAPER, cards=[CARD],
                 note="hard of hearing", request_id="1")  # fmt: skip
        await do("visitor.update", visitor="C1", phone=PHONE)
        free = (await do("appointment.slots", type="visit", days=2))["slots"]
        at, soon = free[-1]["at"], free[0]["at"]
        booked = await do("appointment.book", type="visit", at=at, **person, request_id="2")
        held = await do("appointment.book", type="visit", at=soon, hold=True, request_id="3")
        await do("appointment.confirm", appointment=held["code"], **person, request_id="4")
        for one in (booked, held):
            secrets += [one["code"], one["link"]]
        assert (await do("appointment.list", search="欧阳", days=3))["total"] == 2
        await do("appointment.change", appointment=booked["code"], party=2)
        await do("appointment.cancel", appointment=booked["code"], reason="ill")
        await do("kiosk.check_in", kiosk="lobby", shown=held["code"])
        await do("kiosk.check_in", 409, kiosk="lobby", shown=PHONE)
        await do("kiosk.issue", kiosk="lobby", card=CARD)
        ticket = (await do("queue.issue", queue="main", **person, request_id="5"))["ticket"]["id"]
        await do("ticket.update", ticket=ticket, name=NAME + " 2")
        await do("script.lookup", ticket=ticket)
        await do("counter.sign_in", counter="1")
        for _ in range(3):
            await do("counter.call_next", counter="1", request_id=f"6{_}")
            await do("counter.start", counter="1")
            await do("counter.finish", counter="1")
            await do("feedback.rate", counter="1", level="4", reasons=["manner"])
        await do("visitor.block", visitor="C1", reason=f"{NAME} shouted")
        # What is wrong is told without it.
        await do("queue.issue", 409, queue="main", phone=PHONE)
        await do("appointment.book", 409, type="visit", at=at, **person)
        await do("appointment.book", 400, type="visit", at=at, name=[NAME], phone=PHONE)
        await do("queue.issue", 400, queue="main", name={NAME: NAME}, phone=PHONE * 9)
        await do("visitor.add", 400, name=NAME * 99, cards=CARD)
        await do("kiosk.issue", 400, kiosk="lobby", card=CARD * 9)
        await asyncio.sleep(3)  # traces and the recorder write behind
    return secrets


async def test_nothing_personal_is_kept_or_logged(tmp_path: Path) -> None:
    (tmp_path / "hall").mkdir()
    (tmp_path / "hall" / "configuration.yaml").write_text(YAML, "utf-8")
    hall = HallProcess(tmp_path / "hall", tmp_path / "data" / "here")
    hall.make_token()
    await hall.start()
    try:
        secrets = await a_day(hall)
    finally:
        assert hall.stop() == 0
    texts = list(kept(tmp_path / "data"))
    assert {"person", "journal", "trace", "events", "states", "feedback", "usher.log"} <= {where for where, _ in texts}
    found = {
        (where, secret) for where, text in texts for secret in PERSONAL if secret in text and where not in MADE_FOR_IT
    }
    found |= {
        (where, secret) for where, text in texts for secret in secrets if secret in text and where not in REPEATED
    }
    assert found == set()
