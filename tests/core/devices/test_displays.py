"""Displays follow their counters by themselves; a slow one misses pictures and holds up nobody."""

import asyncio
import itertools
from contextlib import asynccontextmanager

import pytest
from usher.core.devices.boards import Board
from usher.core.devices.displays import DisplayItem, setup_displays
from usher.core.devices.sizes import Size
from usher.core.errors import BadData, ConnectionLost, Unknown
from usher.core.hall import events as hall


class Signs:
    """A platform whose signs remember every picture; `slow` ones wait, `broken` ones lose their connection."""

    def __init__(self) -> None:
        self.pictures: dict[str, list[Board]] = {}
        self.opened = 0
        self.slow: dict[str, asyncio.Event] = {}
        self.broken: set[str] = set()

    @asynccontextmanager
    async def open(self, item, kit):
        self.opened += 1
        pictures = self.pictures.setdefault(item.id, [])
        signs = self

        class Sign:
            async def show(self, board: Board) -> None:
                if item.id in signs.slow:
                    await signs.slow[item.id].wait()
                if item.id in signs.broken:
                    raise ConnectionLost("the cable is out.")
                pictures.append(board)

        yield Sign()

    def numbers(self, name: str) -> list[list[str]]:
        return [[call.number for call in board.calls] for board in self.pictures[name]]


def items(*made: dict) -> list[DisplayItem]:
    return [DisplayItem(platform="test", **one) for one in made]


@asynccontextmanager
async def showing(h, *made: dict):
    signs = Signs()
    h.platform("display.test", DisplayItem, signs.open)
    kit = h.kit()
    async with setup_displays(items(*made), kit) as signs.room:
        await h.clock.turn(0)
        yield signs
    await kit.close()


async def test_shows_the_calls_of_its_counters(house):
    async with house() as h, showing(h, {"id": "hall"}, {"id": "window", "counter": "2"}) as signs:
        h.counter("1", h.ticket("A001"), "calling")
        await h.clock.turn(1)
        h.counter("2", h.ticket("B007", "2"), "calling")
        await h.clock.turn(1)
        assert signs.numbers("hall")[-1] == ["B007", "A001"]
        assert signs.numbers("window")[-1] == ["B007"]
        call = signs.pictures["hall"][-1].calls[0]
        assert call.counter_name == {"en": "Window 2", "zh-CN": "2号窗口"}
        h.counter("2", h.ticket("B007", "2", "serving"), "serving")
        await h.clock.turn(0)
        assert signs.pictures["window"][-1].calls[0].state == "serving"


async def test_is_right_again_after_a_restart_from_the_states_alone(house):
    async with house() as h:
        for n in range(1, 9):
            h.counter(str(n), h.ticket(f"A{n:03}", str(n), at=h.clock.now() - 1000 + n), "serving")
        h.counter("9", None, "paused", pause_reason="lunch")
        async with showing(h, {"id": "hall"}, {"id": "line", "calls": 1}) as signs:
            assert signs.numbers("hall")[0] == ["A008", "A007", "A006", "A005"]
            assert signs.numbers("line")[0] == ["A008"]
            assert signs.pictures["hall"][0].paused[0].reason == "lunch"
            assert h.value("display.hall") == "ready"


async def test_ten_calls_in_one_second_are_each_shown_in_order_for_min_show(house):
    async with house() as h, showing(h, {"id": "line", "calls": 1, "min_show": 2}) as signs:
        for n in range(10):
            h.counter(str(n), h.ticket(f"A{n:03}", str(n)), "calling")
            await h.clock.turn(0.1)
        seen: list[tuple[float, str]] = []
        while h.clock.monotonic() < 22:
            await h.clock.turn(0.1)
            shown = signs.numbers("line")[-1][0]
            if not seen or seen[-1][1] != shown:
                seen.append((h.clock.monotonic(), shown))
        assert [number for _, number in seen] == [f"A{n:03}" for n in range(10)]
        spans = [b[0] - a[0] for a, b in itertools.pairwise(seen[1:])]
        assert min(spans) >= 1.99


async def test_a_call_taken_back_is_not_shown_nor_among_the_recent(house):
    async with house() as h, showing(h, {"id": "line", "calls": 1, "min_show": 5}) as signs:
        h.counter("1", h.ticket("A001"), "calling")
        h.counter("2", h.ticket("A002", "2"), "calling")  # waits its turn
        await h.clock.turn(1)
        assert signs.numbers("line")[-1] == ["A001"]
        for number, counter in (("A001", "1"), ("A002", "2")):
            h.counter(counter)
            h.bus.fire(hall.TICKET_PUT_BACK, {"ticket": h.ticket(number, state="waiting")})
        await h.clock.turn(0)
        assert signs.pictures["line"][-1] == Board()
        await h.clock.turn(20)
        assert ["A002"] not in signs.numbers("line")


async def test_a_call_that_ended_is_kept_among_the_recent(house):
    async with house() as h, showing(h, {"id": "hall", "recent": 2}) as signs:
        for number in ("A001", "A002", "A003", "A004"):
            h.counter("1", h.ticket(number), "calling")
            await h.clock.turn(10)
        board = signs.pictures["hall"][-1]
        assert [c.number for c in board.calls] == ["A004"]
        assert [(c.number, c.state) for c in board.recent] == [("A003", "ended"), ("A002", "ended")]
        h.counter("2", h.ticket("A003", "2", calls=2), "calling")  # called again, elsewhere
        await h.clock.turn(1)
        assert [c.number for c in signs.pictures["hall"][-1].recent] == ["A002"]


async def test_a_message_is_shown_and_goes_by_itself(house):
    async with house() as h, showing(h, {"id": "hall"}) as signs:
        await h.act("display.show", display="hall", text={"en": "Closing soon", "zh-CN": "即将下班"}, seconds=10)
        await h.clock.turn(0)
        assert signs.pictures["hall"][-1].message.text["en"] == "Closing soon"
        assert h.states.get("display.hall").attributes["message"]["zh-CN"] == "即将下班"
        await h.clock.turn(11)
        assert signs.pictures["hall"][-1].message is None
        await h.act("display.show", target={"entity_id": "display.hall"}, text="Fire drill")
        await h.act("display.clear", display="display.hall")
        await h.clock.turn(0)
        assert signs.pictures["hall"][-1].message is None


async def test_bad_data_is_told_and_changes_nothing(house):
    async with house() as h, showing(h, {"id": "hall"}) as signs:
        with pytest.raises(Unknown) as unknown:
            await h.act("display.show", display="hull", text="x")
        assert unknown.value.code == "unknown_display"
        with pytest.raises(BadData):
            await h.act("display.show", display="hall", text=["x"])
        with pytest.raises(BadData):
            await h.act("display.show", display="hall", text="x" * 1_000_000)
        await h.clock.turn(0)
        assert signs.pictures["hall"][-1].message is None


async def test_a_slow_sign_gets_the_newest_and_holds_up_nobody(house):
    async with house() as h, showing(h, {"id": "slow"}, {"id": "quick"}) as signs:
        signs.slow["slow"] = asyncio.Event()
        for n in range(50):
            h.counter("1", h.ticket(f"A{n:03}"), "calling")
            await h.clock.turn(0.01)
        assert len(signs.pictures["quick"]) > 50
        before = len(signs.pictures["slow"])
        signs.slow.pop("slow").set()
        await h.clock.turn(0)
        assert len(signs.pictures["slow"]) <= before + 2  # the one under way, then the newest
        assert signs.numbers("slow")[-1] == ["A049"]


async def test_a_lost_sign_is_offline_and_comes_back_with_the_board_of_then(house):
    async with house() as h, showing(h, {"id": "hall"}) as signs:
        signs.broken.add("hall")
        h.counter("1", h.ticket("A001"), "calling")
        await h.clock.turn(0)
        assert h.value("display.hall") == "offline"
        signs.broken.clear()
        h.counter("1", h.ticket("A002"), "calling")
        await h.clock.turn(2)
        assert h.value("display.hall") == "ready"
        assert signs.opened == 2
        assert "A002" in signs.numbers("hall")[-1]


@pytest.mark.parametrize(
    ("inches", "metres", "rows"),
    [(55, 5, 6), (55, 8, 3), (55, 10, 3), (55, 12, 2), (75, 5, 8), (75, 8, 5), (75, 10, 4), (75, 12, 3), (75, 15, 2)],
)
def test_rows_follow_the_viewing_distance(inches, metres, rows):
    size = Size(diagonal_in=inches, view_distance_m=metres)
    assert size.rows == rows
    assert size.now >= 75
    assert size.recent >= max(51, metres * 1000 / 82)


def test_more_rows_than_can_be_read_are_not_shown():
    item = DisplayItem(platform="test", id="x", rows=9, size={"diagonal_in": 55, "view_distance_m": 8})
    assert item.fits == 3


async def test_a_reload_opens_what_changed_and_leaves_the_rest(house):
    async with house() as h, showing(h, {"id": "hall"}, {"id": "window", "counter": "2"}) as signs:
        h.counter("1", h.ticket("A001"), "calling")
        await h.clock.turn(0)
        await signs.room.take(items({"id": "hall"}, {"id": "window", "counter": "1"}, {"id": "door"}))
        await h.clock.turn(0)
        assert signs.opened == 4  # hall and window at the start, window and door now
        assert signs.numbers("window")[-1] == ["A001"]
        assert signs.numbers("door")[-1] == ["A001"]
        await signs.room.take(items({"id": "door"}))
        assert h.value("display.hall") is None
        assert h.value("display.door") == "ready"
