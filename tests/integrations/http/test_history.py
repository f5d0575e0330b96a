"""The past over the API: Home Assistant's paths, commands and shapes over a real recorder, and without one."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest
from usher.core.testing import Branch, branch
from usher.integrations.http.app import PORT

pytestmark = pytest.mark.xdist_group("processes")
YAML = """
usher: {name: Hall, languages: [en, zh-CN], time_zone: Asia/Shanghai}
http: {host: 127.0.0.1, port: 0}
queue: {personal: {name: {en: Personal banking, zh-CN: 个人业务}, prefix: A}}
counter: {"1": {name: {en: Window 1, zh-CN: 1号窗口}, serves: [personal]}}
automation:
  - alias: Close when called
    triggers: {trigger: event, event_type: ticket_called}
    actions: [{delay: 0.05}, {action: queue.pause, data: {queue: personal}}]
"""
RECORDER = "recorder: {commit_interval: 0}\n"
PERIOD = "/api/history/period"


class Client:
    """REST and WebSocket as an owner."""

    def __init__(self, one: Branch, session: aiohttp.ClientSession) -> None:
        self.one, self.session = one, session
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._number = 0
        self.token = ""

    async def get(self, path: str, status: int = 200, token: str | None = None) -> Any:
        headers = {"Authorization": f"Bearer {token or self.token}"}
        async with self.session.get(path, headers=headers) as answer:
            body = orjson.loads(await answer.read())
            assert answer.status == status, body
            return body

    async def open(self, token: str | None = None) -> None:
        self._socket = await self.session.ws_connect("/api/websocket")
        await self._socket.receive()
        await self._socket.send_json({"type": "auth", "access_token": token or self.token})
        assert (await self.read())["type"] == "auth_ok"

    async def read(self) -> Any:
        assert self._socket is not None
        async with asyncio.timeout(15):
            return orjson.loads((await self._socket.receive()).data)

    async def send(self, kind: str, **data: Any) -> Any:
        assert self._socket is not None
        self._number += 1
        await self._socket.send_json({"id": self._number, "type": kind, **data})
        answer = await self.read()
        assert answer["id"] == self._number, answer
        return answer

    async def good(self, kind: str, **data: Any) -> Any:
        answer = await self.send(kind, **data)
        assert answer["success"], answer
        return answer["result"]

    async def bad(self, kind: str, **data: Any) -> Any:
        answer = await self.send(kind, **data)
        assert not answer["success"], answer
        return answer["error"]

    async def event(self) -> Any:
        message = await self.read()
        assert message["type"] == "event", message
        return message["event"]

    async def events_until(self, good: Any) -> list[Any]:
        """Events up to the one that is meant."""
        heard: list[Any] = []
        while not heard or not good(heard[-1]):
            heard.append(await self.event())
        return heard


@asynccontextmanager
async def hall(folder: Path, recorder: str = RECORDER) -> AsyncGenerator[Client, None]:
    async with branch(YAML + recorder, folder) as one:
        await one.engine.accounts.add_user("ann", "owner")
        url = f"http://127.0.0.1:{one.engine.offers.get(PORT, 'http')}"
        async with aiohttp.ClientSession(url) as session:
            client = Client(one, session)
            client.token = await one.engine.accounts.add_token("ann", "test")
            yield client


async def called(one: Branch) -> None:
    """One ticket taken and called, and what the automation made of it."""
    await one.act("queue.issue", queue="personal")
    await one.act("counter.sign_in", counter="1", staff="bo")
    await one.act("counter.call_next", counter="1")
    async with asyncio.timeout(10):
        while not one.events("queue_paused"):  # noqa: ASYNC110 - a delay of the automation's own
            await asyncio.sleep(0.02)


def ago(**span: float) -> str:
    return (datetime.now().astimezone() - timedelta(**span)).isoformat()


async def test_history_over_rest(tmp_path: Path) -> None:
    async with hall(tmp_path) as client:
        began = datetime.now().astimezone()
        await called(client.one)
        whole = await client.get(f"{PERIOD}?filter_entity_id=counter.1,queue.personal,queue.none")
        assert [one[0]["entity_id"] for one in whole] == ["counter.1", "queue.personal"]
        counter = whole[0]
        assert [s["state"] for s in counter] == ["closed", "idle", "calling"]
        assert all(set(s) == {"entity_id", "state", "attributes", "last_changed", "last_updated"} for s in counter)
        assert counter[0]["attributes"]["friendly_name"] == "Window 1"
        assert datetime.fromisoformat(counter[2]["last_changed"]) >= began
        assert [s["state"] for s in whole[1]] == ["0", "1", "0"]  # attributes alone are not significant
        every = await client.get(f"{PERIOD}?filter_entity_id=queue.personal&significant_changes_only=0")
        assert [s["state"] for s in every[0]] == ["0", "1", "1", "0", "0"]
        assert every[0][4]["last_changed"] < every[0][4]["last_updated"]
        minimal = await client.get(f"{PERIOD}?filter_entity_id=counter.1&minimal_response")
        assert minimal[0][0]["entity_id"] == "counter.1"
        assert [set(s) for s in minimal[0][1:]] == [{"state", "last_changed"}] * 2
        bare = await client.get(f"{PERIOD}?filter_entity_id=counter.1&no_attributes")
        assert [s["attributes"] for s in bare[0]] == [{}, {}, {}]
        everything = await client.get(PERIOD)
        assert {one[0]["entity_id"] for one in everything} >= {"counter.1", "queue.personal", "recorder.history"}


async def test_history_of_a_period_over_rest(tmp_path: Path) -> None:
    async with hall(tmp_path) as client:
        await client.one.act("counter.sign_in", counter="1", staff="bo")
        between = datetime.now().astimezone()
        await called_again(client.one)
        path = between.isoformat().replace("+", "%2B")
        later = await client.get(f"{PERIOD}/{path}?filter_entity_id=counter.1")
        assert [s["state"] for s in later[0]] == ["idle", "calling"]  # what was true when it began
        assert datetime.fromisoformat(later[0][0]["last_changed"]) == between
        assert datetime.fromisoformat(later[0][0]["last_updated"]) == between
        later = await client.get(f"{PERIOD}/{path}?filter_entity_id=counter.1&skip_initial_state")
        assert [s["state"] for s in later[0]] == ["calling"]
        early = ago(days=3).replace("+", "%2B")
        assert await client.get(f"{PERIOD}/{early}?filter_entity_id=counter.1") == []  # its end is a day later
        assert len(await client.get(f"{PERIOD}/{early}?filter_entity_id=counter.1&end_time={path}")) == 1
        future = ago(days=-1).replace("+", "%2B")
        assert await client.get(f"{PERIOD}/{future}?filter_entity_id=counter.1") == []
        assert (await client.get(f"{PERIOD}/soon", 400))["code"] == "bad_data"
        assert (await client.get(f"{PERIOD}?end_time=soon", 400))["code"] == "bad_data"


async def called_again(one: Branch) -> None:
    await one.act("queue.issue", queue="personal")
    await one.act("counter.call_next", counter="1")


async def test_logbook_over_rest(tmp_path: Path) -> None:
    async with hall(tmp_path) as client:
        await called(client.one)
        entries = await client.get("/api/logbook")
        told = [f"{e['name']} {e.get('message', e.get('state'))}" for e in entries]
        assert "A001 was issued for Personal banking" in told
        assert "A001 was called to Window 1" in told
        assert all(datetime.fromisoformat(e["when"]).tzinfo for e in entries)
        paused = next(e for e in entries if e.get("message") == "was paused")
        assert paused["context_event_type"] == "automation_triggered"
        assert paused["context_name"] == "Close when called"
        assert paused["context_entity_id_name"] == "Close when called"
        assert [link["name"] for link in paused["chain"]] == ["Close when called", "A001"]
        queue = await client.get("/api/logbook?entity=queue.personal")
        assert {e["name"] for e in queue} == {"A001", "Personal banking"}
        context = paused["context_id"]
        assert {e["context_id"] for e in await client.get(f"/api/logbook?context_id={context}")} == {context}
        async with client.session.get("/api/logbook", headers={"Authorization": f"Bearer {client.token}",
                                                               "Accept-Language": "zh-CN"}) as answer:  # fmt: skip
            assert "请到1号窗口" in [e.get("message") for e in orjson.loads(await answer.read())]
        start, end = (ago(days=n).replace("+", "%2B") for n in (9, 8))
        assert await client.get(f"/api/logbook/{start}?end_time={end}") == []
        assert len(await client.get(f"/api/logbook/{start}?period=20")) == 0  # it ends at the start, plus a day
        assert (await client.get("/api/logbook?period=many", 400))["code"] == "bad_data"
        assert (await client.get("/api/logbook?entity=a.b&context_id=c", 400))["code"] == "bad_data"


async def test_history_during_period(tmp_path: Path) -> None:
    async with hall(tmp_path) as client:
        await called(client.one)
        await client.open()
        start = ago(hours=1)
        ids = ["counter.1", "queue.personal"]
        result = await client.good("history/history_during_period", start_time=start, entity_ids=ids)
        assert list(result) == ids
        assert [one["s"] for one in result["counter.1"]] == ["closed", "idle", "calling"]
        assert all(set(one) == {"s", "a", "lu"} for one in result["counter.1"])
        assert result["counter.1"][0]["a"]["friendly_name"] == "Window 1"
        result = await client.good("history/history_during_period", start_time=start, entity_ids=ids,
                                   significant_changes_only=False, no_attributes=True)  # fmt: skip
        last = result["queue.personal"][-1]
        assert last["a"] == {}
        assert last["lc"] < last["lu"]
        result = await client.good("history/history_during_period", start_time=start, entity_ids=ids,
                                   minimal_response=True, no_attributes=True)  # fmt: skip
        assert all(set(one) == {"s", "lu"} for one in result["counter.1"])
        assert await client.good("history/history_during_period", start_time=ago(days=-1), entity_ids=ids) == {}
        assert (await client.bad("history/history_during_period", start_time="soon"))["code"] == "invalid_start_time"
        wrong = await client.bad("history/history_during_period", start_time=start, end_time="soon")
        assert wrong["code"] == "invalid_end_time"
        info = await client.good("recorder/info")
        assert info["recording"] is info["thread_running"] is True
        assert info["migration_in_progress"] is False


async def test_history_stream(tmp_path: Path) -> None:
    """What was, then what comes: nothing between them is lost, nothing is told twice."""
    async with hall(tmp_path) as client:
        await client.get(f"{PERIOD}?filter_entity_id=queue.personal")  # the archive is up
        await client.open()
        working = asyncio.create_task(busy(client.one))
        await client.good("history/stream", start_time=ago(hours=1), entity_ids=["queue.personal"])
        first = await client.event()
        assert set(first) == {"states", "start_time", "end_time"}
        await working
        await client.one.act("queue.issue", queue="personal")
        heard = await client.events_until(lambda e: e["states"]["queue.personal"][-1]["s"] == "41")
        values = [int(s["s"]) for e in [first, *heard] for s in e["states"].get("queue.personal", [])]
        assert values == list(range(42))
        assert all(set(one) <= {"s", "a", "lu", "lc"} for one in heard[-1]["states"]["queue.personal"])
        past = await client.good("history/stream", start_time=ago(hours=2), end_time=ago(hours=1))
        assert past is None
        assert (await client.event())["states"] == {}
        wrong = await client.bad("history/stream", start_time=ago(hours=1), end_time=ago(hours=2))
        assert wrong["code"] == "invalid_end_time"
        assert (await client.bad("history/stream", start_time=ago(hours=-1)))["code"] == "invalid_start_time"


async def busy(one: Branch) -> None:
    for _ in range(40):
        await one.act("queue.issue", queue="personal")
        await asyncio.sleep(0.01)


async def test_logbook_stream_and_events(tmp_path: Path) -> None:
    async with hall(tmp_path) as client:
        await client.one.act("queue.issue", queue="personal")
        await client.open()
        entries = await client.good("logbook/get_events", start_time=ago(hours=1), entity_ids=["queue.personal"])
        assert [(e["name"], e["message"]) for e in entries] == [("A001", "was issued for Personal banking")]
        assert isinstance(entries[0]["when"], float)
        working = asyncio.create_task(busy(client.one))
        await client.good("logbook/event_stream", start_time=ago(hours=1))
        first = await client.event()
        assert {"events", "start_time", "end_time"} <= set(first)
        await working
        await client.one.act("counter.sign_in", counter="1", staff="bo")
        heard = await client.events_until(lambda e: e["events"][-1].get("entity_id") == "counter.1")
        everything = [e for one in [first, *heard] for e in one["events"]]
        numbers = [e["name"] for e in everything if e.get("domain") == "ticket"]
        assert numbers == [f"A{n + 1:03}" for n in range(41)]
        states = [e for e in everything if "state" in e]
        assert not any("name" in e or "context_entity_id_name" in e for e in states)
        idle = next(e for e in states if e["entity_id"] == "counter.1")
        assert idle["context_event_type"] == "counter_signed_in"
        big = await client.good("logbook/event_stream", start_time=ago(days=3), end_time=ago(hours=-1))
        assert big is None
        assert (await client.event())["partial"] is True
        assert "partial" not in await client.event()
        assert await client.good("logbook/get_events", start_time=ago(days=-1)) == []
        assert await client.good("logbook/get_events", start_time=ago(hours=1), device_ids=["x"]) == []


async def test_a_stream_ends(tmp_path: Path) -> None:
    async with hall(tmp_path) as client:
        await client.open()
        listened = client.one.engine.bus.listened()
        for kind in ("history/stream", "logbook/event_stream"):
            await client.good(kind, start_time=ago(hours=1))
            await client.event()
            assert await client.good("unsubscribe_events", subscription=client._number) is None
        assert client.one.engine.bus.listened() == listened
        for _ in range(16):
            await client.good("history/stream", start_time=ago(hours=1), entity_ids=["queue.personal"])
            await client.event()
        refused = await client.bad("history/stream", start_time=ago(hours=1), entity_ids=["queue.personal"])
        assert refused["translation_key"] == "too_many_streams"


async def test_only_what_one_may_read(tmp_path: Path) -> None:
    async with hall(tmp_path) as client:
        await called(client.one)
        accounts = client.one.engine.accounts
        narrow = accounts.links.sign("narrow", ["entity:queue.*", "event:ticket_*"])
        found = await client.get(f"{PERIOD}?filter_entity_id=counter.1,queue.personal", token=narrow)
        assert [one[0]["entity_id"] for one in found] == ["queue.personal"]
        assert await client.get(f"{PERIOD}?filter_entity_id=counter.1", token=narrow) == []
        assert {one[0]["entity_id"] for one in await client.get(PERIOD, token=narrow)} == {"queue.personal"}
        entries = await client.get("/api/logbook", token=narrow)
        assert {e["entity_id"] for e in entries} == {"queue.personal"}
        assert "Close when called" not in str(entries)
        await client.open(narrow)
        assert (
            await client.good("history/history_during_period", start_time=ago(hours=1), entity_ids=["counter.1"]) == {}
        )
        await client.good("history/stream", start_time=ago(hours=1))
        assert set((await client.event())["states"]) == {"queue.personal"}


async def test_without_a_recorder(tmp_path: Path) -> None:
    async with hall(tmp_path, "") as client:
        now = await client.get(f"{PERIOD}?filter_entity_id=queue.personal")
        assert [s["state"] for s in now[0]] == ["0"]
        assert await client.get("/api/logbook") == []
        await client.open()
        for kind in ("history/history_during_period", "history/stream", "logbook/get_events", "logbook/event_stream"):
            error = await client.bad(kind, start_time=ago(hours=1))
            assert (error["code"], "Add recorder:" in error["message"]) == ("not_found", True)
        assert (await client.bad("recorder/info"))["code"] == "not_found"


async def test_while_the_database_is_away(tmp_path: Path) -> None:
    unreachable = "recorder: {db_url: 'postgresql://u:secret@127.0.0.1:1/none'}\n"
    async with hall(tmp_path, unreachable) as client:
        told = await client.get(f"{PERIOD}?filter_entity_id=queue.personal", 409)
        assert told["code"] == "history_unreachable"
        assert "secret" not in str(told)
        await client.open()
        error = await client.bad("logbook/get_events", start_time=ago(hours=1))
        assert error["translation_key"] == "history_unreachable"
        await client.good("history/stream", start_time=ago(hours=1))
        assert "error" in await client.event()
