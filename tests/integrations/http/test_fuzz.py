"""Whatever is sent, something is answered and the door stays open. One seed, so that a fault can be looked at again."""

import asyncio
import random

import orjson
from usher.integrations.http.websocket.commands import COMMANDS

SEED = 20261122
_VALUES = (
    None, True, False, 0, -1, 1, 2**31, 2**63, 1e308, -0.0, "", "a", "queue.a", "counter.1", "x" * 5000, "\u0000", "名",
    "../../etc", "{{ x }}", [], {}, [[]], {"a": {}}, [1, "a", None], {"entity_id": "queue.a"}, {"entity_id": 5}, ["queue.a"] * 50,
)  # fmt: skip
_KEYS = (
    "domain", "service", "service_data", "target", "return_response", "event_type", "event_data", "entity_ids", "view",
    "boot", "seq", "action", "data", "request_id", "template", "variables", "trigger", "subscription", "features",
    "entity_id", "language", "timeout", "nonsense",
)  # fmt: skip


def message(chance, number):
    fields = {key: chance.choice(_VALUES) for key in chance.sample(_KEYS, chance.randint(0, 5))}
    return {"id": number, "type": chance.choice(sorted(COMMANDS)), **fields}


async def test_random_commands(connect):
    chance = random.Random(SEED)
    wire = await connect()
    for number in range(1, 1500):
        sent = message(chance, number)
        await wire.socket.send_str(orjson.dumps(sent).decode())
        while True:
            answer = await wire.read()
            assert answer["type"] in ("event", "result", "pong"), (sent, answer)
            if answer.get("id") == number and answer["type"] != "event":
                break
        assert answer.get("error", {}).get("code") != "unknown_error" or "toy" in str(sent), (sent, answer)


async def test_random_bytes_over_websocket(connect):
    chance = random.Random(SEED)
    wire = await connect()
    whole = orjson.dumps(message(chance, 1)).decode()
    for _ in range(500):
        cut = list(whole)
        for _ in range(chance.randint(1, 6)):
            cut[chance.randrange(len(cut))] = chance.choice('{}[]",:0a\\\u2028 ')
        await wire.socket.send_str("".join(cut))
    wire.number = 10**9
    number = await wire.send("ping")
    while (await wire.read()).get("id") != number:
        pass


async def test_random_bodies_over_rest(client):
    chance = random.Random(SEED)
    paths = [
        "/api/services/queue/issue",
        "/api/states/sensor.x",
        "/api/events/lamp",
        "/api/template",
        "/api/usher/sign_in",
    ]
    for _ in range(400):
        body = {
            key: chance.choice(_VALUES) for key in chance.sample((*_KEYS, "queue", "party", "state", "attributes"), 3)
        }
        status, answer = await client.post(
            chance.choice(paths), chance.choice([body, orjson.dumps(body)[:-1], b"\xff"])
        )
        assert status in (200, 201, 400, 401, 404, 409, 429), (body, answer)


async def test_what_is_no_http(client, hall):
    chance = random.Random(SEED)
    for _ in range(60):
        reader, writer = await asyncio.open_connection("127.0.0.1", hall.port)
        writer.write(chance.randbytes(chance.randint(1, 3000)) + b"\r\n\r\n")
        async with asyncio.timeout(5):
            await reader.read(4096)
        writer.close()
    assert (await client.get("/api/"))[0] == 200
