"""Home Assistant's REST paths, over real HTTP."""

import asyncio

import aiohttp
import pytest

STAFF, DEVICE, NARROW = "usher_staff", "usher_device", "usher_narrow"


async def test_running_and_config(client, hall):
    assert await client.get("/api/") == (200, {"message": "API running."})
    status, config = await client.get("/api/config")
    assert (status, config["version"], config["usher_version"]) == (200, "2025.2.5", "0.1.0")
    assert config["state"] == "STARTING"
    assert (await client.get("/api/core/state"))[1]["state"] == "STARTING"
    hall.bus.fire("homeassistant_started")
    assert (await client.get("/api/config"))[1]["state"] == "RUNNING"
    assert (await client.get("/api/core/state"))[1]["state"] == "RUNNING"
    assert config["time_zone"] == "Asia/Shanghai"
    assert config["location_name"] == "江畔"
    assert {"queue", "counter", "http"} <= set((await client.get("/api/components"))[1])


async def test_states_are_home_assistants(client, hall):
    status, states = await client.get("/api/states")
    assert status == 200
    by_id = {state["entity_id"]: state for state in states}
    assert by_id["queue.a"]["state"] == "0"
    assert by_id["queue.a"]["attributes"]["friendly_name"] == "个人业务"
    assert by_id["printer.lobby"]["state"] == "unavailable"
    assert set(by_id["queue.a"]) == {
        "entity_id",
        "state",
        "attributes",
        "last_changed",
        "last_updated",
        "last_reported",
        "context",
    }
    hall.counter.show(None)
    assert (await client.get("/api/states/counter.1"))[1]["state"] == "unknown"
    hall.counter.show(True)
    assert (await client.get("/api/states/counter.1"))[1]["state"] == "on"
    status, error = await client.get("/api/states/queue.none")
    assert (status, error["code"]) == (404, "unknown_entity")


async def test_a_call_answers_what_it_changed(client):
    status, changed = await client.post("/api/services/queue/issue", {"queue": "a", "party": 2})
    assert status == 200
    assert [state["entity_id"] for state in changed] == ["queue.a"]
    status, answer = await client.post("/api/services/queue/issue?return_response", {"queue": "a"})
    assert status == 200
    assert answer["service_response"] == {
        "ticket": {"id": "T2", "number": "A002", "queue": "a", "party": 1},
        "ahead": 1,
    }
    assert answer["changed_states"][0]["state"] == "2"
    assert answer["changed_states"][0]["context"]["user_id"] == "u1"


async def test_target_is_the_field_of_its_name(client):
    for body in (
        {"counter": "1"},
        {"counter": "counter.1"},
        {"target": {"entity_id": "counter.1"}},
        {"entity_id": "counter.1"},
    ):
        status, answer = await client.post("/api/services/counter/call_next?return_response", body)
        assert (status, answer["service_response"]["counter"]) == (200, "1")


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("queue/issue", {"queue": "b"}, 404, "unknown_queue"),
        ("queue/issue", {"queue": "a", "note": "full"}, 409, "queue_full"),
        ("queue/issue", {"queue": "a", "party": "many"}, 400, "bad_data"),
        ("queue/issue", {"queue": "a", "party": 2, "nonsense": 1}, 400, "bad_data"),
        ("queue/issue", {}, 400, "bad_data"),
        ("queue/issue", {"queue": ["a"]}, 400, "bad_data"),
        ("queue/issue", {"queue": "a", "note": "x" * 1000}, 400, "bad_data"),
        ("queue/issue", {"queue": "a", "request_id": 7}, 400, "bad_data"),
        ("queue/issue", {"target": "queue.a"}, 400, "bad_data"),
        ("queue/nothing", {}, 404, "unknown_action"),
        ("toy/jam", {}, 502, "failed"),
        ("toy/burn", {}, 500, "unknown_error"),
        ("ticket/list", {}, 400, "bad_data"),
        ("queue/issue", b"{broken", 400, "bad_data"),
        ("queue/issue", b'["a"]', 400, "bad_data"),
        ("queue/issue", b"\xff\xfe", 400, "bad_data"),
        ("queue/issue", b"[" * 5000, 400, "bad_data"),
        ("queue/issue", {"queue": "a", "note": "x" * 1_100_000}, 413, "too_large"),
    ],
)
async def test_what_is_wrong_is_told_in_json(client, path, body, status, code):
    got, error = await client.post(f"/api/services/{path}", body)
    assert (got, error["code"]) == (status, code)
    assert error["message"]
    assert (await client.get("/api/"))[0] == 200, "the hall lives on"


async def test_bad_data_names_its_fields(client):
    _, error = await client.post("/api/services/queue/issue", {"queue": "a", "party": 0, "language": "fr"})
    assert set(error["fields"]) == {"party", "language"}


async def test_a_response_that_is_none(client):
    assert await client.post("/api/services/counter/sign_out", {"counter": "1"}) == (200, [])
    status, error = await client.post("/api/services/counter/sign_out?return_response", {"counter": "1"})
    assert (status, error["code"]) == (400, "bad_data")
    assert (await client.post("/api/services/ticket/list?return_response"))[1]["service_response"] == {"tickets": []}


async def test_the_message_is_in_the_askers_language(client):
    _, error = await client.post(
        "/api/services/queue/issue", {"queue": "a", "note": "full"}, Accept_Language="zh-CN,en;q=0.5"
    )
    assert error["message"] == "排队人数已满。"
    _, error = await client.post(
        "/api/services/queue/issue", {"queue": "a", "note": "full"}, Accept_Language="fr;q=0.2, en;q=0.9"
    )
    assert error["message"] == "The queue is full."
    _, error = await client.post("/api/services/queue/issue", {"queue": "a", "note": "full"}, "usher_chinese")
    assert error["message"] == "排队人数已满。", "the user's own language"
    status, error = await client.get("/api/states", token=None, Accept_Language="zh")
    assert status == 401
    assert "令牌" in error["message"]


async def test_a_repeated_request_is_answered_again(client, hall):
    first = await client.post("/api/services/queue/issue?return_response", {"queue": "a", "request_id": "r1"})
    again = await client.post("/api/services/queue/issue?return_response", {"queue": "a"}, Idempotency_Key="r1")
    assert first[1]["service_response"] == again[1]["service_response"]
    assert hall.issued == 1


async def test_a_request_is_not_named_by_broken_bytes(client, hall):
    """They would come as half of a sign, which no file can keep."""
    reader, writer = await asyncio.open_connection("127.0.0.1", hall.port)
    writer.write(b"POST /api/services/queue/issue HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer usher_owner\r\n"
                 b"Idempotency-Key: r\xff\r\nConnection: close\r\nContent-Length: 13\r\n\r\n" b'{"queue":"a"}')  # fmt: skip
    async with asyncio.timeout(10):
        answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 400")
    assert b'"bad_data"' in answer
    assert not hall.issued


@pytest.mark.parametrize("token", [None, "usher_wrong", "", "x" * 5000, "link.abc.def", "usher_é"])
async def test_no_token_no_entry(client, token):
    for path in (
        "/api/",
        "/api/states",
        "/api/services",
        "/api/openapi.json",
        "/api/usher/screens",
        "/api/usher/views/display/hall",
    ):
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        status, error = await client.ask("GET", path, token=None, **headers)
        assert (status, error["code"]) == (401, "unauthorized")


async def test_scopes_narrow(client):
    assert (await client.post("/api/services/queue/issue", {"queue": "a"}, DEVICE))[0] == 200
    status, error = await client.post("/api/services/counter/call_next", {"counter": "1"}, DEVICE)
    assert (status, error["code"]) == (403, "not_permitted")
    assert [s["entity_id"] for s in (await client.get("/api/states", DEVICE))[1]] == ["queue.a"]
    assert (await client.get("/api/states/counter.1", DEVICE))[0] == 404
    domains = (await client.get("/api/services", DEVICE))[1]
    assert [(d["domain"], list(d["services"])) for d in domains] == [("queue", ["issue"])]
    for path in ("/api/error_log",):
        assert (await client.get(path, STAFF))[0] == 403


async def test_a_scoped_call_does_not_leak_states(client):
    """Who may not read a state is not told that it changed."""
    status, changed = await client.post("/api/services/queue/issue", {"queue": "a"}, NARROW)
    assert (status, changed["code"]) == (403, "not_permitted")


async def test_states_given_from_outside(client, hall):
    status, state = await client.post("/api/states/sensor.door", {"state": "open", "attributes": {"floor": 2}})
    assert (status, state["state"], state["attributes"]) == (201, "open", {"floor": 2})
    assert (await client.post("/api/states/sensor.door", {"state": "shut"}))[0] == 200
    assert hall.states.get("sensor.door").value == "shut"
    for path, body, expected in (
        ("queue.a", {"state": "0"}, 409),
        ("sensor.new", {}, 400),
        ("sensor.new", {"state": "x" * 256}, 400),
        ("sensor.new", {"state": "1", "attributes": {"a": "x" * 20_000}}, 400),
        ("sensor.new", {"state": "1", "attributes": []}, 201),
        ("Sensor-New", {"state": "1"}, 400),
        ("nodot", {"state": "1"}, 400),
    ):
        assert (await client.post(f"/api/states/{path}", body))[0] == expected, path
    assert (await client.post("/api/states/sensor.door", {"state": "x"}, STAFF))[0] == 403
    assert (await client.ask("DELETE", "/api/states/queue.a"))[0] == 409
    assert (await client.ask("DELETE", "/api/states/sensor.none"))[0] == 404
    assert (await client.ask("DELETE", "/api/states/sensor.door"))[0] == 200
    assert "sensor.door" not in hall.states
    hall.states.set("sensor.new", 5)  # an integration took it over
    assert (await client.post("/api/states/sensor.new", {"state": "1"}))[0] == 409


async def test_events(client, hall):
    heard = []
    hall.bus.listen(heard.append, "lamp_broken")
    assert await client.post("/api/events/lamp_broken", {"where": "hall"}) == (
        200,
        {"message": "Event lamp_broken fired."},
    )
    assert heard[0].data == {"where": "hall"}
    assert heard[0].context.user_id == "u1"
    assert {"event": "lamp_broken", "listener_count": 1} in (await client.get("/api/events"))[1]
    for kind, body, token, expected in (
        ("ticket_called", {}, "usher_owner", 403),
        ("state_changed", {}, "usher_owner", 403),
        ("x" * 65, {}, "usher_owner", 400),
        ("lamp", b"[1]", "usher_owner", 400),
        ("lamp", {}, STAFF, 403),
    ):
        assert (await client.post(f"/api/events/{kind}", body, token))[0] == expected
    assert len(heard) == 1


async def test_templates(client):
    assert await client.post("/api/template", {"template": "{{ states('queue.a') }} wait"}) == (200, "0 wait")
    assert (await client.post("/api/template", {"template": "{{ n }}", "variables": {"n": 4}}))[1] == "4"
    status, error = await client.post("/api/template", {"template": "{% broken"})
    assert (status, error["code"]) == (400, "template_error")
    for body in ({}, {"template": 3}, {"template": "x", "variables": "y"}, {"template": "x" * 70_000}):
        assert (await client.post("/api/template", body))[0] == 400
    assert (await client.post("/api/template", {"template": "x"}, NARROW))[0] == 403


async def test_the_past_is_the_present_until_there_is_a_recorder(client):
    status, history = await client.get("/api/history/period?filter_entity_id=queue.a,queue.none")
    assert (status, [[s["entity_id"] for s in one] for one in history]) == (200, [["queue.a"]])
    assert await client.get("/api/history/period/2020-01-01T00:00:00+00:00?end_time=2020-01-02T00:00:00%2B00:00") == (
        200,
        [],
    )
    assert (await client.get("/api/history/period?end_time=soon"))[0] == 400
    assert await client.get("/api/logbook") == (200, [])
    assert await client.get("/api/logbook/2026-11-22T00:00:00") == (200, [])


async def test_the_error_log_is_text(client):
    await client.post("/api/services/toy/burn")
    status, log = await client.get("/api/error_log")
    assert status == 200
    assert "POST /api/services/toy/burn failed" in log
    assert "a fault nobody foresaw" in log


async def test_services_describe_their_fields(client):
    status, domains = await client.get("/api/services", Accept_Language="zh-CN")
    assert status == 200
    issue = next(d for d in domains if d["domain"] == "queue")["services"]["issue"]
    assert issue["description"] == "取号。"
    assert issue["target"] == {"entity": [{"domain": ["queue"]}]}
    assert issue["response"] == {"optional": True}
    selectors = {name: field["selector"] for name, field in issue["fields"].items()}
    assert selectors["queue"] == {"entity": {"filter": [{"domain": ["queue"]}], "multiple": False}}
    assert selectors["party"] == {"number": {"min": 1, "max": 99, "mode": "box", "step": 1}}
    assert selectors["language"] == {"select": {"options": ["zh-CN", "en"]}}
    assert selectors["note"] == {"text": {}}
    assert issue["fields"]["party"]["default"] == 1


async def test_openapi_describes_every_action(client):
    status, document = await client.get("/api/openapi.json")
    assert status == 200
    assert document["openapi"] == "3.1.0"
    operation = document["paths"]["/api/services/queue/issue"]["post"]
    assert operation["operationId"] == "queue.issue"
    schema = document["components"]["schemas"]["queue.issue"]
    assert schema["properties"]["party"]["maximum"] == 99
    assert "queue" not in schema.get("required", [])

    def references(part):
        if isinstance(part, dict):
            if "$ref" in part:
                yield part["$ref"]
            for value in part.values():
                yield from references(value)
        elif isinstance(part, list):
            for one in part:
                yield from references(one)

    for reference in references(document):
        assert reference.rpartition("/")[2] in document["components"]["schemas"]


async def test_other_addresses_and_methods(client):
    status, error = await client.get("/api/nothing/here")
    assert (status, error["code"]) == (404, "not_found")
    status, error = await client.ask("PUT", "/api/states")
    assert (status, error["code"]) == (405, "method_not_allowed")
    assert (await client.get("/nothing"))[0] == 404


async def test_cors_is_for_the_origins_named(open_hall, client_of):
    async with open_hall(cors=["https://intranet.example"]) as hall, aiohttp.ClientSession() as session:
        async with session.options(hall.url + "/api/states", headers={"Origin": "https://intranet.example"}) as answer:
            assert answer.status == 204
            assert answer.headers["Access-Control-Allow-Origin"] == "https://intranet.example"
            assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
        async with session.get(hall.url + "/api/", headers={"Origin": "https://evil.example"}) as answer:
            assert "Access-Control-Allow-Origin" not in answer.headers


async def test_sixty_four_clients_at_once(client, hall):
    async def one(n):
        numbers = []
        for _ in range(5):
            _, answer = await client.post("/api/services/queue/issue?return_response", {"queue": "a"})
            numbers.append(answer["service_response"]["ticket"]["number"])
        return numbers

    numbers = [number for some in await asyncio.gather(*map(one, range(64))) for number in some]
    assert len(set(numbers)) == 320


async def test_a_body_that_does_not_come(client, hall, monkeypatch):
    from usher.integrations.http import door

    monkeypatch.setattr(door, "BODY", 0.1)
    reader, writer = await asyncio.open_connection("127.0.0.1", hall.port)
    writer.write(b"POST /api/services/queue/issue HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer usher_owner\r\n"
                 b"Content-Length: 100\r\n\r\n{")  # fmt: skip
    async with asyncio.timeout(10):
        head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 ")
    writer.close()


async def test_head_is_get_without_a_body(client, hall):
    for path in ("/", "/display/hall", "/static/index.html"):
        async with client.session.head(hall.url + path) as answer:
            assert answer.status == 200, path
            assert await answer.read() == b""
