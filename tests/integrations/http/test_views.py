"""Views: over REST, over WebSocket, resumed, and for clients that are too slow."""

import asyncio
import socket

import aiohttp
import orjson
import pytest
from usher.core.views import View


async def test_a_view_over_rest(client):
    status, body = await client.get("/api/usher/views/display/hall")
    assert (status, body) == (200, {"boot": "BOOT1", "seq": 1, "view": "display/hall", "doc": {"n": 0}})
    assert (await client.get("/api/usher/views/display/none"))[0] == 404
    assert (await client.get("/api/usher/views/display/hall", "usher_device"))[0] == 403


async def test_a_view_over_websocket(wire, hall):
    number = await wire.send("usher/subscribe_view", view="display/hall")
    result = await wire.read()
    assert (result["id"], result["result"]) == (number, {"boot": "BOOT1", "seq": 1})
    assert await wire.event() == {"boot": "BOOT1", "seq": 1, "doc": {"n": 0}}
    await wire.good("usher/call", action="counter.call_next", data={"counter": "1"})
    assert await wire.event() == {"boot": "BOOT1", "seq": 2, "doc": {"n": 1}}
    await wire.good("unsubscribe_events", subscription=number)
    hall.board["n"] = 9
    hall.view.touch()
    await wire.quiet()


async def test_resume_sends_what_was_missed(connect, hall):
    first = await connect()
    await first.good("usher/subscribe_view", view="display/hall")
    await first.event()
    for n in (1, 2, 3):
        hall.board["n"] = n
        hall.view.touch()
        assert (await first.event())["seq"] == n + 1
    again = await connect()
    assert await again.good("usher/subscribe_view", view="display/hall", boot="BOOT1", seq=2) == {
        "boot": "BOOT1",
        "seq": 4,
    }
    assert [(await again.event())["doc"]["n"] for _ in range(2)] == [2, 3]
    await again.good("usher/subscribe_view", view="display/hall", boot="BOOT1", seq=4)
    await again.quiet()
    await again.good("usher/subscribe_view", view="display/hall", boot="BOOT0", seq=4)
    assert (await again.event())["seq"] == 4
    await again.good("usher/subscribe_view", view="display/hall", boot="BOOT1", seq=400)
    assert (await again.event())["seq"] == 4


async def test_too_long_ago_is_the_whole_view(connect, hall):
    wire = await connect()
    await wire.good("usher/subscribe_view", view="display/hall")
    await wire.event()
    for n in range(1, 60):
        hall.board["n"] = n
        hall.view.touch()
        await wire.event()
    again = await connect()
    await again.good("usher/subscribe_view", view="display/hall", boot="BOOT1", seq=3)
    assert (await again.event())["doc"] == {"n": 59}
    await again.quiet()


async def test_reading_a_view_hides_no_change_from_those_who_look(wire, hall):
    """Between a change and its push somebody reads the view: the others must still be told."""
    await wire.good("usher/subscribe_view", view="display/hall")
    await wire.event()
    hall.board["n"] = 5
    hall.view.touch()
    assert hall.view.read().seq == 2
    assert (await wire.event())["doc"] == {"n": 5}


async def test_a_view_offered_anew_is_followed(wire, hall):
    await wire.good("usher/subscribe_view", view="display/hall")
    await wire.event()
    del hall.views._views["display/hall"]  # its integration went down and came up again
    hall.kit.view(View("display/hall", lambda: {"n": 77}))
    assert await wire.event() == {"type": "resync"}
    assert (await wire.event())["doc"] == {"n": 77}


async def test_a_family_of_views(wire, hall):
    phone = View("phone/T1", lambda: {"number": "A001"})
    hall.kit.family("phone", lambda rest: phone if rest == "T1" else None)
    await wire.good("usher/subscribe_view", view="phone/T1")
    assert (await wire.event())["doc"] == {"number": "A001"}
    assert (await wire.bad("usher/subscribe_view", view="phone/T2"))["code"] == "not_found"


async def test_a_link_opens_its_view_and_nothing_else(connect, client, hall):
    screens = {s["view"]: s for s in (await client.get("/api/usher/screens"))[1]}
    assert screens["kiosk/lobby"]["page"] == "kiosk"
    assert "key=" not in screens["counter/1"]["link"], "a counter is no public screen"
    link = screens["kiosk/lobby"]["link"]
    assert link.startswith(hall.url + "/kiosk/lobby?key=link.")
    key = link.partition("key=")[2]
    wire = await connect(key)
    await wire.good("usher/subscribe_view", view="kiosk/lobby")
    assert (await wire.event())["doc"] == {"open": True}
    assert (await wire.bad("usher/subscribe_view", view="display/hall"))["code"] == "not_permitted"
    assert await wire.good("get_states") == []
    assert (await wire.good("usher/call", action="queue.issue", data={"queue": "a"}))["ahead"] == 0
    assert (await wire.bad("usher/call", action="counter.call_next", data={"counter": "1"}))["code"] == "not_permitted"
    assert (await client.get("/api/usher/views/kiosk/lobby", key))[0] == 200
    assert (await client.get("/api/usher/views/display/hall", key))[0] == 403
    forged = key[:-4] + "AAAA"
    assert (await client.get("/api/usher/views/kiosk/lobby", forged))[0] == 401
    assert [s["view"] for s in await wire.good("usher/screens")] == ["kiosk/lobby"]
    assert all("key=" not in s["link"] for s in await wire.good("usher/screens"))


async def test_two_hundred_screens_share_one_encoding(connect, hall):
    wires = [await connect() for _ in range(200)]
    for wire in wires:
        await wire.good("usher/subscribe_view", view="display/hall")
        await wire.event()
    hall.board["n"] = 1
    hall.view.touch()
    for wire in wires:
        assert (await wire.event())["doc"] == {"n": 1}


class Stalled:
    """A client that signs in and subscribes, and then takes nothing more."""

    def __init__(self, hall, *commands):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.settimeout(10)
        self.socket.connect(("127.0.0.1", hall.port))
        self.socket.sendall(b"GET /api/websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")  # fmt: skip
        for message in ({"type": "auth", "access_token": "usher_owner"}, *commands):
            self.send(message)

    def send(self, message):
        body = orjson.dumps(message)
        size = bytes((0x80 | len(body),)) if len(body) < 126 else b"\xfe" + len(body).to_bytes(2)
        self.socket.sendall(b"\x81" + size + b"\0\0\0\0" + body)

    def read_all(self, until):
        """Every frame up to one that `until` likes; answers the texts and the close code, if it came to that."""
        data, texts = b"", []
        while b"\r\n\r\n" not in data:
            data += self.socket.recv(65536)
        data = data.partition(b"\r\n\r\n")[2]
        while True:
            while (cut := _frame(data)) is not None:
                opcode, body, data = cut
                if opcode == 8:
                    return texts, int.from_bytes(body[:2])
                if opcode == 1:
                    texts.append(orjson.loads(body))
                    if until(texts[-1]):
                        return texts, None
            more = self.socket.recv(1 << 20)
            if not more:
                return texts, None
            data += more


def _frame(data):
    if len(data) < 2:
        return None
    size, start = data[1] & 127, 2
    if size == 126:
        size, start = int.from_bytes(data[2:4]), 4
    elif size == 127:
        size, start = int.from_bytes(data[2:10]), 10
    return None if len(data) < start + size else (data[0] & 15, data[start : start + size], data[start + size :])


@pytest.fixture
def lines(monkeypatch):
    """All lines made, to look at what they hold."""
    from usher.integrations.http.websocket import connection

    made = []

    class Seen(connection.Line):
        def __init__(self, *a, **k):
            super().__init__(*a, **k)
            made.append(self)

    monkeypatch.setattr(connection, "Line", Seen)
    return made


async def settle(condition, seconds=10.0):
    for _ in range(int(seconds / 0.02)):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it never came to that")


async def test_a_slow_listener_is_told_to_come_again(open_hall, lines):
    async with open_hall(limits={"frames": 32}) as hall:
        stalled = await asyncio.to_thread(Stalled, hall, {"id": 1, "type": "subscribe_events", "event_type": "lamp"})
        await settle(lambda: "*" in hall.bus.listened())
        line = lines[0]
        for n in range(4000):
            hall.bus.fire("lamp", {"n": n, "text": "x" * 4000})
            if n % 20 == 0:
                await asyncio.sleep(0)
            assert line._bytes <= 33 * 4300 + 20 * 4300
            assert line._transport.is_closing() or line._transport.get_write_buffer_size() < 2_000_000
        assert "*" not in hall.bus.listened(), "its subscriptions are gone"
        texts, code = await asyncio.to_thread(stalled.read_all, lambda text: False)
        numbers = [t["event"]["data"]["n"] for t in texts if t["type"] == "event"]
        assert numbers == list(range(len(numbers))), "what came came in order, without a gap"
        assert code == 1013
        stalled.socket.close()


async def test_a_slow_screen_is_sent_its_whole_view_later(open_hall, lines):
    async with open_hall(limits={"frames": 32}) as hall:
        stalled = await asyncio.to_thread(
            Stalled, hall, {"id": 1, "type": "usher/subscribe_view", "view": "display/hall"}
        )
        await settle(lambda: hall.view._listeners)
        line = lines[0]
        for n in range(1, 1500):
            hall.board.update(n=n, text="x" * 4000)
            hall.view.touch()
            await asyncio.sleep(0)
            assert line._bytes <= 34 * 4300
        assert line.open
        texts, code = await asyncio.to_thread(
            stalled.read_all, lambda t: t.get("event", {}).get("doc", {}).get("n") == 1499
        )
        assert code is None
        events = [t["event"] for t in texts if t["type"] == "event"]
        assert events[-2] == {"type": "resync"}
        assert events[-1]["doc"]["n"] == 1499
        hall.board["n"] = 5000
        hall.view.touch()
        data = await asyncio.to_thread(stalled.socket.recv, 65536)
        assert b'"n":5000' in data
        stalled.socket.close()


async def test_a_client_that_asks_and_never_reads_is_not_read_on(open_hall, lines):
    """Its own answers pile up no further: the hall stops reading from it."""
    async with open_hall() as hall:
        for n in range(50):
            hall.states.set(f"sensor.s{n}", "x" * 200, {"text": "y" * 2000})
        stalled = await asyncio.to_thread(Stalled, hall)

        def flood():
            stalled.socket.settimeout(0.5)
            try:
                for n in range(1, 5000):
                    stalled.send({"id": n, "type": "get_states"})
            except TimeoutError:
                return True
            return False

        await asyncio.to_thread(flood)
        line = lines[0]
        assert line._bytes + line._transport.get_write_buffer_size() < 4_000_000
        stalled.socket.close()


async def test_blobs(client, hall):
    async with client.session.get(hall.url + "/api/usher/blob/speech/abc.wav") as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "audio/wav"
        assert "immutable" in answer.headers["Cache-Control"]
        assert await answer.read() == b"RIFF...."
    assert (await client.get("/api/usher/blob/speech/none.wav", None))[0] == 404
    assert (await client.get("/api/usher/blob/nothing/abc.wav", None))[0] == 404


async def test_health(client, hall):
    status, body = await client.get("/api/usher/health", None)
    assert (status, body["status"]) == (503, "starting")
    hall.bus.fire("homeassistant_started")
    assert await client.get("/api/usher/health", None) == (
        200,
        {"status": "running", "boot": "BOOT1", "version": "0.1.0"},
    )


async def test_all_sizes_of_frames(open_hall):
    async with open_hall() as hall, aiohttp.ClientSession() as session:
        socket_ = await session.ws_connect(hall.url + "/api/websocket")
        await socket_.send_json({"type": "auth", "access_token": "usher_owner"})
        await socket_.send_json({"id": 1, "type": "subscribe_events", "event_type": "size"})
        for _ in range(3):
            await socket_.receive()
        for size in (0, 1, 50, 60, 65000, 65200, 65300, 65400, 65536, 1_000_000):
            hall.bus.fire("size", {"text": "é" * (size // 2)})
            message = await socket_.receive_json()
            assert message["event"]["data"]["text"] == "é" * (size // 2)
