"""`ticket.explain`: why somebody was called, and for who still waits, what stands between them and each counter."""

from pathlib import Path
from typing import Any

from usher.core.clock import HandClock
from usher.core.testing import Branch, branch

YAML = """
usher: {name: Test, site: test, languages: [zh-CN, en], classes: {vip: 50}}
queue:
  cash: {name: Cash, prefix: A, boost_after: "00:30"}
  loans: {name: Loans, prefix: B}
  cards: {name: Cards, prefix: C}
counter:
  "1": {name: {en: Window 1, zh-CN: 1号窗口}, serves: [{queue: cash, priority: 5}, {queue: loans, overflow: {waiting_over: 2}}]}
  "2": {name: Window 2, serves: [loans, {queue: cash, fallback: true}]}
  "3": {name: Window 3, serves: [cards], mix: {vip: 2, rest: 1}}
"""


async def _why(hall: Branch, ticket: str, **data: Any) -> dict[str, str]:
    answer = await hall.act("ticket.explain", ticket=ticket, **data)
    return {one["counter"]: one["rule"] for one in answer["counters"]}


async def _open(hall: Branch, *counters: str) -> None:
    for counter in counters:
        await hall.act("counter.sign_in", counter=counter, staff=f"staff{counter}")


async def test_for_who_waits_each_counter_says_what_stands_between(tmp_path: Path) -> None:
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        await _open(hall, "1", "2")
        for queue in ("cash", "loans", "loans"):
            await hall.act("queue.issue", queue=queue)
        await hall.act("queue.issue", queue="cash", **{"class": "vip"})
        assert await _why(hall, "A001") == {"1": "class", "2": "helping"}
        assert await _why(hall, "A002") == {"1": "chosen", "2": "helping"}
        assert await _why(hall, "B002") == {"1": "enough", "2": "place"}
        assert await _why(hall, "B002", counter="3") == {"3": "closed"}
        await hall.act("ticket.transfer", ticket="B001", counter="2")
        assert await _why(hall, "B001") == {"1": "elsewhere", "2": "chosen"}
        assert await _why(hall, "B002") == {"1": "enough", "2": "reserved"}
        answer = await hall.act("ticket.explain", ticket="A001", counter="1")
        assert answer["calls"] == []
        assert answer["reasons"] == [{"en": "Window 1 calls A002 before A001: its class goes first.",
                                      "zh-CN": "1号窗口 先呼叫 A002，后呼叫 A001：客户类别优先。"}]  # fmt: skip


async def test_for_who_was_called_the_reasons_are_kept(tmp_path: Path) -> None:
    clock = HandClock()
    async with branch(YAML, tmp_path, clock=clock) as hall:
        await _open(hall, "1")
        await hall.act("queue.issue", queue="cash")
        await clock.turn(1900)
        await hall.act("queue.issue", queue="cash", **{"class": "vip"})
        called = await hall.act("counter.call_next", counter="1")
        assert called["ticket"]["number"] == "A001"
        await hall.act("counter.recall", counter="1")
        await hall.act("counter.finish", counter="1")
        answer = await hall.act("ticket.explain", ticket="A001")
        assert [(one["counter"], one["rule"], one["passed"]) for one in answer["calls"]] == [
            ("1", "boost", {"boost": ["A002"]})
        ]
        assert answer["calls"][0]["reasons"] == called["reasons"] == [{
            "en": "A001 before A002: has waited 31 min, which lifts it.", "zh-CN": "A001 先于 A002：已等候 31 分钟，优先呼叫。"}]  # fmt: skip
        assert answer["counters"] == []


async def test_who_does_not_stand_in_line_is_told_so(tmp_path: Path) -> None:
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        await _open(hall, "1")
        await hall.act("queue.issue", queue="cash", ready=False)
        await hall.act("queue.issue", queue="cash")
        await hall.act("ticket.hold", ticket="A002")
        assert (await hall.act("ticket.explain", ticket="A001"))["reasons"][0]["en"].startswith("A001 is not ready yet")
        assert (await hall.act("ticket.explain", ticket="A002"))["reasons"][0]["en"].startswith("A002 is on hold")


async def test_a_mix_is_counted_over_the_day_and_kept_over_a_restart(tmp_path: Path) -> None:
    clock = HandClock()
    order: list[str] = []

    async def call(hall: Branch) -> None:
        ticket = (await hall.act("counter.call_next", counter="3", current="finish"))["ticket"]
        order.append(ticket["class"])

    async with branch(YAML, tmp_path, clock=clock) as hall:
        await _open(hall, "3")
        for class_ in ("normal", "vip") * 5:
            await hall.act("queue.issue", queue="cards", **{"class": class_})
        await call(hall)
        await call(hall)
    async with branch(YAML, tmp_path, clock=clock) as hall:
        for _ in range(4):
            await call(hall)
    assert order == ["vip", "normal", "vip", "vip", "normal", "vip"]


async def test_a_ticket_called_out_of_turn_counts_in_the_mix_and_says_who_chose_it(tmp_path: Path) -> None:
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        await _open(hall, "3")
        for class_ in ("normal", "vip", "vip", "normal"):
            await hall.act("queue.issue", queue="cards", **{"class": class_})
        await hall.act("counter.call", counter="3", ticket="C003")
        assert hall.events("ticket_called")[-1].data["rule"] == "staff"
        answer = await hall.act("counter.call_next", counter="3", current="finish")
        assert answer["ticket"]["number"] == "C001"  # the rest's turn: a VIP has been called
        assert answer["reasons"][0]["en"] == "C001 before C002: its turn in this counter's mix (2 vip, 1 rest)."
