"""A house for Home Assistant's own examples: lights, sensors and whom to notify. What is asked of it is told as an event."""

from contextlib import asynccontextmanager
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from ...core.errors import Refused
from ...core.integration import Integration
from ...core.schema import Strict, Target

ASKED = "house_asked"


class Config(Strict):
    states: dict[str, Any] = Field({})


class Anything(BaseModel):
    model_config = ConfigDict(extra="allow")


class Lights(Anything):
    entity_id: Annotated[list[str], Target("light", many=True)]


class Switches(Anything):
    entity_id: Annotated[list[str], Target("switch", many=True)]


NAMED = {
    "light": (Lights, ("turn_on", "turn_off")),
    "switch": (Switches, ("turn_on", "turn_off")),
    "notify": (Anything, ("notify",)),
    "test": (Anything, ("automation", "broken", "weather")),
}
MODELS = {f"{domain}.{verb}": model for domain, (model, verbs) in NAMED.items() for verb in verbs}


def put(states: Any, entity_id: str, value: Any) -> None:
    """Set a state: plain, or with attributes as [state, {attribute: value}]."""
    value, attributes = value if isinstance(value, list) else (value, {})
    available = value != "unavailable"
    states.set(entity_id, None if value in ("unknown", "unavailable") else value, attributes, available=available)


@asynccontextmanager
async def setup(config: Config, kit: Any) -> Any:
    def answer(name: str) -> Any:
        async def run(data: Anything, call: Any) -> Any:
            if name == "test.broken":
                raise Refused("broken", {"en": "It is broken."})
            said = data.model_dump()
            if "entity_id" in said:  # as it was asked for
                said["entity_id"] = [f"{name.partition('.')[0]}.{one}" for one in said["entity_id"]]
            kit.bus.fire(ASKED, {"action": name, **said}, call.context)
            return {"forecast": ["sunny", "rainy"]} if name == "test.weather" else None

        return run

    for name, model in MODELS.items():
        kit.action(name, model, answer(name))
    for entity_id, value in config.states.items():
        put(kit.states, entity_id, value)
        kit.on_close(lambda entity_id=entity_id: kit.states.remove(entity_id))
    yield


INTEGRATION = Integration(
    Config,
    setup,
    entities=lambda config: set(config.states),
    actions=lambda config: MODELS,
)
