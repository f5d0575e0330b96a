"""/api/websocket: Home Assistant's messages, over a real socket."""

import asyncio

import aiohttp
import orjson
import pytest

STAFF, DEVICE, NARROW = "usher_staff", "usher_device", "usher_narrow"


async def test_signing_in(connect):
    wire = await connect(token=None)
    hello = await wire.read()
    assert hello == {"type": "auth_required", "ha_version": "2025.2.5", "usher_version": "0.1.0"}
    await wire.socket.send_json({"type": "auth", "access_token": "usher_owner"})
    assert await wire.read() == {"type": "auth_ok", "ha_version": "2025.2.5", "usher_version": "0.1.0"}


@pytest.mark.parametrize(
    "first",
    [
        '{"type":"auth","access_token":"usher_wrong"}',
        '{"type":"auth"}',
        '{"type":"auth","access_token":7}',
        '{"id":1,"type":"get_states"}',
        "[]",
        "{broken",
        '"auth"',
        '{"type":"auth","access_token":"' + "x" * 100_000 + '"}',
        b"\x00\x01",
    ],
)
async def test_a_wrong_first_message_is_told_and_ends_the_socket(connect, first, client):
    wire = await connect(token=None)
    await wire.read()
    await (wire.socket.send_bytes(first) if isinstance(first, bytes) else wire.socket.send_str(first))
    answer = await wire.read()
    assert answer["type"] == "auth_invalid"
    assert answer["message"]
    assert (await wire.socket.receive()).type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)
    assert (await client.get("/api/"))[0] == 200


async def test_the_askers_of_the_installation(wire, hall):
    assert (await wire.ask("ping")) == {"id": 1, "type": "pong"}
    assert (await wire.good("get_config"))["state"] == "STARTING"
    hall.bus.fire("homeassistant_started")
    config = await wire.good("get_config")
    assert (config["state"], config["version"], config["usher_version"]) == ("RUNNING", "2025.2.5", "0.1.0")
    user = await wire.good("auth/current_user")
    assert (user["id"], user["name"], user["is_owner"], user["is_admin"]) == ("u1", "Ann", True, True)
    assert {s["entity_id"] for s in await wire.good("get_states")} == {"queue.a", "counter.1", "printer.lobby"}
    services = await wire.good("get_services")
    assert services["queue"]["issue"]["fields"]["party"]["required"] is False
    assert await wire.good("supported_features", features={"coalesce_messages": 1}) is None


async def test_calling_a_service(wire):
    result = await wire.good("call_service", domain="queue", service="issue", service_data={"queue": "a"})
    assert set(result) == {"context"}
    assert result["context"]["user_id"] == "u1"
    result = await wire.good(
        "call_service", domain="counter", service="call_next", target={"entity_id": ["counter.1"]}, return_response=True)  # fmt: skip
    assert result["response"]["counter"] == "1"


@pytest.mark.parametrize(
    ("domain", "service", "data", "more", "code"),
    [
        ("queue", "none", {}, {}, "not_found"),
        ("queue", "issue", {"queue": "a", "party": "x"}, {}, "invalid_format"),
        ("queue", "issue", {"queue": "b"}, {}, "service_validation_error"),
        ("queue", "issue", {"queue": "a", "note": "full"}, {}, "service_validation_error"),
        ("toy", "jam", {}, {}, "home_assistant_error"),
        ("toy", "burn", {}, {}, "unknown_error"),
        ("counter", "sign_out", {"counter": "1"}, {"return_response": True}, "invalid_format"),
        ("ticket", "list", {}, {}, "invalid_format"),
        ("queue", "issue", {"queue": "a"}, {"nonsense": 1}, "invalid_format"),
        ("queue", "issue", ["a"], {}, "invalid_format"),
        ("queue", 5, {}, {}, "invalid_format"),
        ("x" * 500_000, "issue", {}, {}, "invalid_format"),
    ],
)
async def test_what_is_wrong_with_a_call(wire, domain, service, data, more, code):
    error = await wire.bad("call_service", domain=domain, service=service, service_data=data, **more)
    assert error["code"] == code
    assert error["message"]
    assert (await wire.ask("ping"))["type"] == "pong"


async def test_a_refusal_keeps_its_own_code(connect):
    wire = await connect(Accept_Language="zh-CN")
    error = await wire.bad("call_service", domain="queue", service="issue", service_data={"queue": "a", "note": "full"})
    assert (error["translation_key"], error["message"]) == ("queue_full", "排队人数已满。")
    error = await wire.bad("usher/call", action="queue.issue", data={"queue": "a", "note": "full"})
    assert error == {"code": "queue_full", "message": "排队人数已满。"}
    error = await wire.bad("usher/call", action="queue.issue", data={"queue": "a", "note": "full"}, language="en")
    assert error["message"] == "The queue is full."
    error = await wire.bad("usher/call", action="queue.issue", data={"queue": "a", "party": 0})
    assert error["code"] == "bad_data"
    assert set(error["fields"]) == {"party"}


async def test_without_a_header_it_is_the_users_language(connect):
    wire = await connect("usher_chinese")
    error = await wire.bad("call_service", domain="queue", service="issue", service_data={"queue": "a", "note": "full"})
    assert error["message"] == "排队人数已满。"


async def test_ids_rise(wire):
    await wire.good("get_config")
    await wire.socket.send_json({"id": 1, "type": "ping"})
    assert (await wire.read())["error"]["code"] == "id_reuse"
    await wire.socket.send_json({"id": 10**15, "type": "ping"})
    assert await wire.read() == {"id": 10**15, "type": "pong"}


@pytest.mark.parametrize(
    "message",
    [
        "{broken", "[1,2", "7", "null", '"ping"', "[]x", '{"type":"ping"}', '{"id":0,"type":"ping"}',
        '{"id":-4,"type":"ping"}', '{"id":true,"type":"ping"}', '{"id":"1","type":"ping"}', '{"id":1.5,"type":"ping"}',
        '{"id":' + "9" * 400 + ',"type":"ping"}', '{"id":5}', '{"id":5,"type":7}', '{"id":5,"type":""}', "[" * 2000,
        '{"id":5,"type":"nothing/like_it"}', '{"id":5,"type":"' + "x" * 1_000_000 + '"}', "\ud800".encode("utf-16", "surrogatepass").hex(),
        '{"id":5,"type":"ping","extra":1}', '{"id":5,"type":"subscribe_events","event_type":["x"]}',
        '{"id":5,"type":"unsubscribe_events","subscription":"x"}', '{"id":5,"type":"unsubscribe_events","subscription":99}',
        '{"id":5,"type":"usher/subscribe_view"}', '{"id":5,"type":"usher/call","action":{}}',
        '{"id":5,"type":"subscribe_trigger","trigger":7}', '{"id":5,"type":"render_template","template":[]}',
        '{"id":5,"type":"usher/call","action":"queue.issue","data":{"queue":"a"},"request_id":""}', b"\x00\xff", b"",
    ],
)  # fmt: skip
async def test_bad_messages_are_answered_and_the_socket_lives_on(wire, message):
    await (wire.socket.send_bytes(message) if isinstance(message, bytes) else wire.socket.send_str(message))
    answer = await wire.read()
    assert (answer["type"], answer["success"]) == ("result", False), answer
    assert answer["error"]["code"]
    wire.number = 100
    assert (await wire.ask("ping"))["type"] == "pong"


async def test_a_message_too_long_ends_this_socket_only(connect, wire):
    await wire.socket.send_str('{"id":1,"type":"' + "x" * 1_100_000 + '"}')
    message = await wire.socket.receive()
    assert message.type is aiohttp.WSMsgType.CLOSE
    assert message.data == aiohttp.WSCloseCode.MESSAGE_TOO_BIG
    assert (await (await connect()).ask("ping"))["type"] == "pong"


async def test_events_of_one_type_and_of_all(wire, hall):
    await wire.good("subscribe_events", event_type="ticket_issued")
    await wire.good("subscribe_events")
    await wire.good("call_service", domain="queue", service="issue", service_data={"queue": "a"})
    messages = [await wire.read() for _ in range(3)]
    by_number = sorted((m["id"], m["event"]["event_type"]) for m in messages)
    assert by_number == [(1, "ticket_issued"), (2, "state_changed"), (2, "ticket_issued")]
    event = next(m["event"] for m in messages if m["id"] == 1)
    assert set(event) == {"event_type", "data", "origin", "time_fired", "context"}
    assert event["origin"] == "LOCAL"
    assert event["context"]["user_id"] == "u1"
    changed = next(m["event"] for m in messages if m["event"]["event_type"] == "state_changed")
    assert (changed["data"]["old_state"]["state"], changed["data"]["new_state"]["state"]) == ("0", "1")
    await wire.good("unsubscribe_events", subscription=2)
    await wire.good("unsubscribe_events", subscription=1)
    hall.bus.fire("ticket_issued", {})
    await wire.quiet()
    assert hall.bus.listened().get("*") is None, "nobody listens for nobody"


async def test_events_come_before_the_result_that_caused_them(wire):
    await wire.good("subscribe_events", event_type="ticket_issued")
    for n in range(20):
        number = await wire.send("call_service", domain="queue", service="issue", service_data={"queue": "a"})
        first, second = await wire.read(), await wire.read()
        assert (first["type"], first["event"]["data"]["ticket"]["id"]) == ("event", f"T{n + 1}")
        assert (second["type"], second["id"]) == ("result", number)


async def test_entities_compressed(wire, hall):
    await wire.good("subscribe_entities", entity_ids=["queue.a", "counter.1"])
    whole = await wire.event()
    assert set(whole["a"]) == {"queue.a", "counter.1"}
    assert whole["a"]["queue.a"]["s"] == "0"
    assert set(whole["a"]["queue.a"]) >= {"s", "a", "c", "lc"}
    hall.queue.show(1, {"waiting": 1})
    change = (await wire.event())["c"]["queue.a"]
    assert change["+"]["s"] == "1"
    assert change["+"]["a"] == {"waiting": 1}
    assert change["-"] == {"a": ["paused"]}
    assert isinstance(change["+"]["c"], str)
    hall.queue.show(1, {"waiting": 2})
    change = (await wire.event())["c"]["queue.a"]["+"]
    assert "s" not in change
    assert "lu" in change
    hall.states.remove("counter.1")
    assert (await wire.event()) == {"r": ["counter.1"]}
    hall.states.set("printer.other", "ready")
    await wire.quiet()


async def test_a_client_hears_only_what_its_scopes_allow(connect, hall):
    wire = await connect(NARROW)
    await wire.good("subscribe_events")
    await wire.good("subscribe_entities")
    assert set((await wire.event())["a"]) == {"queue.a"}
    assert (await wire.bad("subscribe_events", event_type="counter_paused"))["code"] == "unauthorized"
    hall.bus.fire("counter_paused", {})
    hall.counter.show("paused")
    await wire.quiet()
    hall.bus.fire("ticket_called", {"n": 1})
    hall.queue.show(3)
    events = [await wire.event() for _ in range(3)]
    assert [e.get("event_type", "change") for e in events] == ["ticket_called", "state_changed", "change"]
    assert (await wire.bad("fire_event", event_type="x"))["code"] == "unauthorized"
    assert (await wire.bad("render_template", template="x"))["code"] == "unauthorized"
    assert (await wire.bad("subscribe_trigger", trigger={"platform": "event", "event_type": "x"}))[
        "code"
    ] == "unauthorized"
    assert (await wire.bad("usher/subscribe_view", view="display/hall"))["code"] == "not_permitted"
    assert (await wire.bad("call_service", domain="queue", service="issue", service_data={"queue": "a"}))[
        "code"
    ] == "unauthorized"


async def test_an_event_is_encoded_once_however_many_listen(connect, hall, monkeypatch):
    from usher.integrations.http.shapes import Shapes

    encoded = []
    original = Shapes.event
    monkeypatch.setattr(Shapes, "event", lambda self, event: encoded.append(event.type) or original(self, event))
    wires = [await connect() for _ in range(5)]
    for wire in wires:
        await wire.good("subscribe_events", event_type="lamp")
    hall.bus.fire("lamp", {"on": True})
    for wire in wires:
        assert (await wire.event())["data"] == {"on": True}
    assert encoded == ["lamp"]


async def test_firing_an_event(wire, hall):
    heard = []
    hall.bus.listen(heard.append, "lamp")
    result = await wire.good("fire_event", event_type="lamp", event_data={"on": True})
    assert result["context"]["id"] == heard[0].context.id
    assert (await wire.bad("fire_event", event_type="ticket_called"))["code"] == "unauthorized"


async def test_triggers(wire, hall):
    await wire.good("subscribe_trigger", trigger={"platform": "event", "event_type": "lamp"})
    hall.bus.fire("lamp", {"on": 1})
    event = await wire.event()
    assert event["variables"]["trigger"] == {
        "platform": "event", "event": {"on": 1}, "id": "0", "idx": "0", "alias": None}  # fmt: skip
    assert event["context"]["id"]
    error = await wire.bad("subscribe_trigger", trigger={"trigger": "evnt", "event_type": "lamp"})
    assert error["code"] == "invalid_format"
    assert "Did you mean 'event'?" in error["message"]
    assert (await wire.bad("subscribe_trigger", trigger={"trigger": "event"}))["fields"] == {
        "event_type": "the key 'event_type' is missing. Add it."}  # fmt: skip
    await wire.good("unsubscribe_events", subscription=1)
    hall.bus.fire("lamp", {"on": 2})
    await wire.quiet()


async def test_templates_are_rendered_again_when_states_change(wire, hall):
    assert await wire.good("render_template", template="{{ states('queue.a') }} wait", report_errors=True) is None
    event = await wire.event()
    assert event["result"] == "0 wait"
    assert event["listeners"] == {"all": False, "domains": [], "entities": ["queue.a"], "time": False}
    hall.counter.show("serving")  # changes nothing of it
    hall.queue.show(8)
    assert (await wire.event())["result"] == "8 wait"
    assert (await wire.bad("render_template", template="{% x"))["code"] == "template_error"


async def test_the_registries(wire):
    entries = {e["entity_id"]: e for e in await wire.good("config/entity_registry/list")}
    assert entries["queue.a"]["original_name"] == "个人业务"
    assert entries["queue.a"]["platform"] == "usher"
    assert (await wire.good("config/entity_registry/get", entity_id="queue.a"))["aliases"] == []
    assert (await wire.bad("config/entity_registry/get", entity_id="queue.none"))["translation_key"] == "unknown_entity"
    assert (await wire.good("config/entity_registry/get_entries", entity_ids=["queue.a", "x.y"]))["x.y"] is None
    for kind in ("area", "device", "floor", "label"):
        assert await wire.good(f"config/{kind}_registry/list") == []
    assert await wire.good("config_entries/get", type_filter=["hub"]) == []
    assert await wire.good("frontend/get_translations", language="en", category="state") == {"resources": {}}
    assert await wire.good("tag/list") == []
    assert await wire.good("device_automation/trigger/list", device_id="x") == []
    assert (await wire.bad("config/entity_registry/remove", entity_id="queue.a"))[
        "translation_key"
    ] == "written_in_yaml"
    await wire.good("config_entries/subscribe")
    assert await wire.event() == []


async def test_calls_run_beside_each_other(wire):
    slow = await wire.send("call_service", domain="toy", service="sleep", service_data={"seconds": 0.3})
    assert (await wire.ask("ping"))["type"] == "pong"
    assert (await wire.read())["id"] == slow


async def test_many_calls_at_once_are_paced(wire):
    for _ in range(200):
        await wire.send("call_service", domain="toy", service="sleep", service_data={"seconds": 0.01})
    answered = {(await wire.read())["id"] for _ in range(200)}
    assert answered == set(range(1, 201))


async def test_several_commands_in_one_message(wire):
    await wire.socket.send_str(orjson.dumps([{"id": n, "type": "ping"} for n in range(1, 5)]).decode())
    assert [(await wire.read())["id"] for _ in range(4)] == [1, 2, 3, 4]


async def test_messages_are_coalesced_for_who_takes_it(wire, hall):
    await wire.good("supported_features", features={"coalesce_messages": 1})
    await wire.good("subscribe_events", event_type="lamp")
    for n in range(3):
        hall.bus.fire("lamp", {"n": n})
    messages = await wire.read()
    assert [m["event"]["data"]["n"] for m in messages] == [0, 1, 2]


async def test_a_token_taken_back_ends_its_socket(connect, hall):
    wire = await connect(STAFF)
    await wire.good("get_states")
    del hall.accounts.callers[STAFF]
    for then in hall.accounts.watchers:
        then()
    message = await wire.socket.receive()
    assert message.type is aiohttp.WSMsgType.CLOSE
    assert message.data == 3000


async def test_a_lost_socket_leaves_nothing_behind(connect, hall):
    wire = await connect()
    await wire.good("subscribe_events")
    await wire.good("subscribe_entities")
    await wire.good("usher/subscribe_view", view="display/hall")
    await wire.good("render_template", template="x")
    await wire.good("subscribe_trigger", trigger={"platform": "event", "event_type": "lamp"})
    listened = hall.bus.listened()
    assert listened["*"] == 1
    await wire.socket.close()
    for _ in range(100):
        await asyncio.sleep(0.01)
        if "*" not in hall.bus.listened():
            break
    assert "*" not in hall.bus.listened()
    assert "lamp" not in hall.bus.listened()
    assert not hall.view._listeners


async def test_too_many_sockets_are_refused(open_hall, client_of):
    async with open_hall(limits={"sockets": 1}) as hall, aiohttp.ClientSession() as session:
        first = await session.ws_connect(hall.url + "/api/websocket")
        assert (await client_of(hall, session).get("/api/websocket"))[0] == 503
        await first.close()


async def test_the_hall_says_goodbye(open_hall):
    async with aiohttp.ClientSession() as session:
        async with open_hall() as hall:
            socket = await session.ws_connect(hall.url + "/api/websocket")
            await socket.receive()
            await socket.send_json({"type": "auth", "access_token": "usher_owner"})
            await socket.receive()
        message = await socket.receive()
        assert message.type is aiohttp.WSMsgType.CLOSE
        assert message.data == aiohttp.WSCloseCode.GOING_AWAY


async def test_plain_http_at_the_sockets_address(client):
    status, error = await client.get("/api/websocket")
    assert (status, error["code"]) == (400, "bad_data")
    status, error = await client.get("/api/websocket", Upgrade="websocket", Connection="Upgrade")
    assert (status, error["code"]) == (400, "bad_data")


async def test_what_json_cannot_hold_is_told_as_text(wire, hall):
    """A template makes such a number with one `**`; the socket and the others on it go on."""
    await wire.good("subscribe_events", event_type="odd")
    hall.bus.fire("odd", {"big": 10**30, "huge": [10**5000], "half": "\ud800", "fine": {"n": 1, "word": "张"}})
    data = (await wire.read())["event"]["data"]
    assert data["big"] == str(10**30)
    assert data["huge"] == [hex(10**5000)]
    assert (data["half"], data["fine"]) == ("?", {"n": 1, "word": "张"})
