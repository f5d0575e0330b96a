"""Runs inside the clients' own environment: all that HomeAssistant-API can ask, told as one JSON object."""

import json
import os
import sys
import threading
from datetime import datetime, timedelta

from homeassistant_api import Client, State, WebsocketClient
from homeassistant_api.errors import BadTemplateError, EndpointNotFoundError, ResponseError, UnauthorizedError

URL, TOKEN = os.environ["HALL_URL"], os.environ["HALL_TOKEN"]
told = {}


def rest():
    with Client(URL + "/api", TOKEN) as client:
        told["running"] = client.check_api_running()
        told["version"] = client.get_config()["version"]
        told["components"] = list(client.get_components())
        told["valid"] = client.check_api_config()
        told["error_log"] = isinstance(client.get_error_log(), str)
        told["entities"] = sorted(
            f"{g}.{slug}" for g, group in client.get_entities().items() for slug in group.entities
        )
        told["queue"] = client.get_entity(entity_id="queue.personal").get_state().state
        domains = client.get_domains()
        told["domains"] = sorted(domains)
        told["fields"] = sorted(domains["queue"].services["issue"].fields)
        states, response = domains["queue"].issue(queue="personal", party=2)
        told["issued"] = response["ticket"]["number"]
        told["changed"] = [s.entity_id for s in states]
        told["plain"] = [s.state for s in client.trigger_service("queue", "issue", queue="personal")]
        told["template"] = client.get_rendered_template("{{ states('queue.personal') }} wait")
        try:
            client.get_rendered_template("{% if %}")
        except BadTemplateError:
            told["bad_template"] = True
        told["set"] = client.set_state(State(entity_id="sensor.outside", state="21.5", attributes={"unit": "C"})).state
        told["get"] = client.get_state(entity_id="sensor.outside").attributes["unit"]
        told["events"] = [e.event for e in client.get_events()][:1] != []
        told["fired"] = client.fire_event("lamp_broken", where="hall")
        entity = client.get_entity(entity_id="queue.personal")
        told["history"] = [
            (h.entity_id, [s.state for s in h.states]) for h in client.get_entity_histories(entities=(entity,))
        ]
        entries = list(client.get_logbook_entries(filter_entities="queue.personal"))
        told["logbook"] = [(e.name, e.message) for e in entries]
        since, until = datetime.now() - timedelta(hours=1), datetime.now() + timedelta(minutes=1)
        told["period"] = [
            len(h.states)
            for h in client.get_entity_histories(
                entities=(entity,), start_timestamp=since, end_timestamp=until, significant_changes_only=True
            )
        ]
        told["book"] = len(list(client.get_logbook_entries(start_timestamp=since, end_timestamp=until))) >= len(entries)
        try:
            client.get_state(entity_id="queue.none")
        except EndpointNotFoundError:
            told["unknown"] = True
    try:
        Client(URL + "/api", "usher_wrong").check_api_running()
    except UnauthorizedError:
        told["unauthorized"] = True


def websocket():
    url = URL.replace("http", "ws", 1) + "/api/websocket"
    with WebsocketClient(url, TOKEN) as client:
        told["ws_state"] = client.get_config()["state"]
        told["ws_latency"] = client.ping_latency() > 0
        told["ws_states"] = sorted(s.entity_id for s in client.get_states())
        told["ws_domains"] = sorted(client.get_domains())
        told["ws_template"] = client.get_rendered_template("{{ 40 + 2 }}")
        told["ws_response"] = client.trigger_service_with_response("queue", "issue", queue="personal")["ticket"][
            "number"
        ]
        client.trigger_service("queue", "issue", queue="personal")
        try:
            client.trigger_service("queue", "issue", queue="nothing")
        except ResponseError as error:
            told["ws_refused"] = str(error)
        with client.listen_events("lamp_broken") as events:
            threading.Timer(0.2, fire).start()
            told["ws_event"] = next(iter(events)).data
        with client.listen_trigger("event", event_type="lamp_broken") as fired:
            threading.Timer(0.2, fire).start()
            told["ws_trigger"] = next(iter(fired))["trigger"]["platform"]
        told["ws_context"] = len(client.fire_event("lamp_mended", by="Bo").id) > 0
        told["ws_registry"] = sorted(e.entity_id for e in client.list_entity_registry())
        told["ws_entry"] = client.get_entity_registry_entry("queue.personal").platform
        told["ws_entries"] = list(client.get_config_entries())
        told["ws_flows"] = list(client.get_nonuser_flows_in_progress())
    try:
        WebsocketClient(url, "usher_wrong").__enter__()
    except UnauthorizedError:
        told["ws_unauthorized"] = True


def fire():
    Client(URL + "/api", TOKEN).fire_event("lamp_broken", where="hall")


rest()
websocket()
json.dump(told, sys.stdout)
