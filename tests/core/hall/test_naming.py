"""Names on public screens: masked where the queue says so, nowhere else, and never whole in an event or a row."""

from pathlib import Path

import orjson
from usher.core.clock import HandClock
from usher.core.devices.boards import Follower, as_json
from usher.core.hall.journal import JOURNAL
from usher.core.testing import branch

YAML = """
usher: {name: Pharmacy, site: p, languages: [zh-CN, en]}
queue:
  pharmacy: {name: Pharmacy, prefix: P, names: masked}
  skin: {name: Skin clinic, prefix: S}
counter:
  "1": {name: Window 1, serves: [pharmacy, skin]}
"""


async def test_the_masked_name_is_there_only_while_its_queue_shows_names(tmp_path: Path) -> None:
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        await hall.act("counter.sign_in", counter="1", staff="li")
        ticket = (await hall.act("queue.issue", queue="pharmacy", name="张小三"))["ticket"]
        assert ticket["masked_name"] == "张*三"
        other = (await hall.act("queue.issue", queue="skin", name="John Smith"))["ticket"]
        assert "masked_name" not in other
        assert "masked_name" not in (await hall.act("queue.issue", queue="pharmacy"))["ticket"]
        moved = (await hall.act("ticket.transfer", ticket=other["id"], queue="pharmacy"))["ticket"]
        assert moved["masked_name"] == "J. S."
        moved = (await hall.act("ticket.transfer", ticket=other["id"], queue="skin"))["ticket"]
        assert "masked_name" not in moved
        renamed = (await hall.act("ticket.update", ticket=ticket["id"], name="李四"))["ticket"]
        assert renamed["masked_name"] == "李*"
        await hall.act("counter.call_next", counter="1")
        follower = Follower(frozenset({"1"}))
        follower.counter("1", hall.state("counter.1"), 0)
        follower.turn(0)
        assert [call["name"] for call in as_json(follower.board(0))["calls"]] == ["李*"]
        rows = await hall.engine.store.rows(JOURNAL)
        told = orjson.dumps([e.data for e in hall.heard]).decode() + str(rows)
        for whole in ("张小三", "李四", "John", "Smith"):
            assert whole not in told
