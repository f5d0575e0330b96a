"""An AppDaemon app: what apps do with a hall, told as one JSON file."""

import json
import os

import appdaemon.plugins.hass.hassapi as hass


class HallApp(hass.Hass):
    async def initialize(self):
        self.told = {"events": [], "states": []}
        await self.listen_event(self.heard, "ticket_issued")
        await self.listen_state(self.changed, "queue.personal")
        self.told["queue"] = await self.get_state("queue.personal")
        self.told["attribute"] = await self.get_state("queue.personal", attribute="friendly_name")
        self.told["exists"] = await self.entity_exists("counter.1")
        # AppDaemon reads the actions in a task of its own, which its apps may overtake.
        while not any(one["domain"] == "queue" for one in self.list_services()):
            await self.sleep(0.05)
        answer = await self.call_service("queue/issue", queue="personal", party=3, return_response=True)
        self.told["issued"] = answer["result"]["response"]["ticket"]["number"]
        answer = await self.call_service("counter/sign_in", target={"entity_id": "counter.1"})
        self.told["signed_in"] = answer["success"]
        answer = await self.call_service("counter/call_next", target="counter.1")
        self.told["refused"] = answer["success"], (answer.get("error") or {}).get("code")
        await self.set_state("sensor.appdaemon", state="on", attributes={"by": "appdaemon"})
        self.told["set"] = await self.get_state("sensor.appdaemon")
        await self.fire_event("lamp_broken", where="hall")
        self.told["template"] = await self.render_template("{{ 40 + 2 }}")
        self.told["history"] = [[s["state"] for s in one] for one in await self.get_history("queue.personal")]
        self.told["logbook"] = [(e["name"], e["message"]) for e in await self.get_logbook("queue.personal")]
        await self.remove_entity("sensor.appdaemon")
        await self.run_in(self.tell, 1)

    async def heard(self, event, data, **kwargs):
        self.told["events"].append(data["ticket"]["number"])

    async def changed(self, entity, attribute, old, new, **kwargs):
        self.told["states"].append([entity, old, new])

    def tell(self, **kwargs):
        path = os.environ["HALL_TOLD"]
        with open(path + ".part", "w") as file:
            json.dump(self.told, file)
        os.rename(path + ".part", path)
