"""The trigger `webhook`, and every trigger kind over `subscribe_trigger`, in a whole hall with its door open."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from usher.core.offers import TRIGGERS
from usher.core.testing import branch
from usher.integrations.http.app import PORT

YAML = """
usher: {name: Test, languages: [en]}
http: {host: 127.0.0.1, port: 0, limits: {body: 2048}%s}
queue: {personal: {name: Personal, prefix: A}}
counter: {"1": {name: Window 1, serves: [personal]}}
automation:
  - alias: Hook
    mode: parallel
    triggers:
      - {trigger: webhook, webhook_id: from-the-door-9fKx2, id: door}
      - {trigger: webhook, webhook_id: open-to-all-77ab, allowed_methods: [get, HEAD], local_only: false, id: all}
    actions:
      - event: told
        event_data:
          id: "{{ trigger.id }} {{ trigger.platform }} {{ trigger.webhook_id }}"
          json: "{{ trigger.json | default(none) }}"
          data: "{{ trigger.data | default(none) }}"
          query: "{{ trigger.query }}"
"""


@asynccontextmanager
async def open_hall(folder, more="") -> AsyncIterator:
    async with branch(YAML % more, folder, always=("http",)) as hall, aiohttp.ClientSession() as session:
        port = hall.engine.offers.get(PORT, "http")
        yield hall, session, f"http://127.0.0.1:{port}/api/webhook/"


async def told(hall, count):
    """What the automation said, once it has said so much."""
    enough = asyncio.Event()
    stop = hall.engine.bus.listen(lambda event: len(hall.events("told")) >= count and enough.set(), "told")
    if len(hall.events("told")) < count:
        async with asyncio.timeout(20):
            await enough.wait()
    stop()
    return [dict(event.data) for event in hall.events("told")]


async def test_json_forms_and_queries_reach_the_automation(tmp_path):
    async with open_hall(tmp_path) as (hall, session, url):
        async with session.post(url + "from-the-door-9fKx2?lane=2", json={"plate": "B-12", "n": [1, 2]}) as answer:
            assert (answer.status, await answer.read()) == (200, b"")
        async with session.put(url + "from-the-door-9fKx2", data={"a": "1", "b": "x"}) as answer:
            assert answer.status == 200
        async with session.get(url + "open-to-all-77ab") as answer:
            assert answer.status == 200
        async with session.head(url + "open-to-all-77ab") as answer:
            assert answer.status == 200
        found = await told(hall, 4)
        assert found[0] == {
            "id": "door webhook from-the-door-9fKx2", "json": {"plate": "B-12", "n": [1, 2]}, "data": None,
            "query": {"lane": "2"},
        }  # fmt: skip
        assert (found[1]["json"], found[1]["data"]) == (None, {"a": "1", "b": "x"})
        assert [one["id"].split()[0] for one in found] == ["door", "door", "all", "all"]


async def test_what_is_not_meant_is_not_told(tmp_path):
    async with open_hall(tmp_path) as (hall, session, url):
        async with session.post(url + "nobody-waits") as answer:
            assert answer.status == 200  # as in Home Assistant: nothing can be learnt by trying
        async with session.get(url + "from-the-door-9fKx2") as answer:
            assert (answer.status, answer.headers["Allow"]) == (405, "POST, PUT")
        async with session.delete(url + "from-the-door-9fKx2") as answer:
            assert answer.status == 405
        bad = {"data": b"{", "headers": {"Content-Type": "application/json"}}
        async with session.post(url + "from-the-door-9fKx2", **bad) as answer:
            assert answer.status == 400
        async with session.post(url + "from-the-door-9fKx2", json={"x": "y" * 4000}) as answer:
            assert answer.status == 413
        async with session.post(url + "from-the-door-9fKx2", json={}) as answer:
            assert answer.status == 200
        assert [one["json"] for one in await told(hall, 1)] == [{}]


@pytest.mark.parametrize(("address", "count"), [("203.0.113.9", 0), ("10.1.2.3", 1)])
async def test_local_only_looks_at_who_really_asks(tmp_path, address, count):
    async with open_hall(tmp_path, ", trusted_proxies: [127.0.0.1/32]") as (hall, session, url):
        given = {"X-Forwarded-For": address}
        async with session.post(url + "from-the-door-9fKx2", json={}, headers=given) as answer:
            assert answer.status == 200
        async with session.get(url + "open-to-all-77ab", headers=given) as answer:
            assert answer.status == 200
        ids = [one["id"].split()[0] for one in await told(hall, 1 + count)]
        assert ids == ["door"] * count + ["all"]


SUBSCRIBED = {
    "event": {"event_type": "lamp"},
    "state": {"entity_id": "test.a", "to": "on", "for": "00:00:00"},
    "numeric_state": {"entity_id": "test.n", "above": 5},
    "template": {"value_template": "{{ states('test.n') | int > limit }}"},
    "time": {"at": "00:00"},
    "time_pattern": {"hours": 0},
    "homeassistant": {"event": "shutdown"},
    "usher": {"event": "start"},
    "persistent_notification": {"notification_id": "n1"},
    "tag": {"tag_id": "card"},
    "ticket": {"event": "issued"},
    "queue": {"queue": "personal", "waiting_over": 0},
    "counter": {"counter": "1", "to": "idle"},
    "appointment": {"event": "booked"},
    "calendar": {"entity_id": "calendar.daily", "event": "start"},
    "webhook": {"webhook_id": "over-a-socket"},
}
AT_ONCE = ("event", "state", "numeric_state", "template", "usher", "persistent_notification", "tag", "ticket", "queue",
           "counter", "webhook")  # fmt: skip


async def test_every_kind_can_be_watched_over_a_socket(tmp_path):
    async with open_hall(tmp_path) as (hall, session, url):
        engine = hall.engine
        assert set(engine.offers.all(TRIGGERS)) == set(SUBSCRIBED)
        await engine.accounts.add_user("ann", "owner")
        token = await engine.accounts.add_token("ann", "test")
        for entity_id, value in (("test.a", "off"), ("test.n", 1)):
            engine.states.set(entity_id, value)
        async with session.ws_connect(url.replace("webhook/", "websocket")) as socket:
            assert (await socket.receive_json())["type"] == "auth_required"
            await socket.send_json({"type": "auth", "access_token": token})
            assert (await socket.receive_json())["type"] == "auth_ok"
            for number, (word, more) in enumerate(SUBSCRIBED.items(), 1):
                asked = {"id": number, "type": "subscribe_trigger", "trigger": {"platform": word, **more}}
                await socket.send_json({**asked, "variables": {"limit": 4}})
                answer = await socket.receive_json()
                assert answer["success"], answer
            engine.bus.fire("lamp", {"on": True})
            engine.states.set("test.a", "on")
            engine.states.set("test.n", 6)
            engine.bus.fire("usher_started")
            engine.bus.fire("tag_scanned", {"tag_id": "card"})
            notification = {"notification_id": "n1", "message": "Hello"}
            told = {"type": "added", "notification_id": "n1", "notification": notification}
            engine.bus.fire("persistent_notifications_updated", told)
            await hall.act("queue.issue", queue="personal")
            await hall.act("counter.sign_in", counter="1", staff="s1")
            async with session.post(url + "over-a-socket", json={"x": 1}) as answer:
                assert answer.status == 200
            heard = {}
            async with asyncio.timeout(20):
                while set(heard) != set(AT_ONCE):
                    message = await socket.receive_json()
                    trigger = message["event"]["variables"]["trigger"]
                    heard[trigger["platform"]] = trigger
        assert heard["webhook"]["json"] == {"x": 1}
        assert heard["numeric_state"]["to_state"]["state"] == "6"
        assert heard["persistent_notification"]["notification"] == notification
        assert heard["queue"]["queue"]["waiting"] == 1
        assert heard["counter"]["counter"]["state"] == "idle"
        assert heard["ticket"]["ticket"]["number"] == "A001"
