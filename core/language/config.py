"""The language's keys at the root of the YAML, and what is known from them before anything runs.

An automation is kept as the tree that was read, with its places; `specs.py` compiles it, for `usher check` and for the
running hall alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, Field

from ..errors import Place
from ..schema import Strict, Target
from ..source import Map
from .reading import items_of
from .templates.functions import slugify

MAX_RUNS: Final = 10  # of one automation at once, when the YAML says nothing


class LanguageConfig(Strict):
    """What happens by itself in this hall."""

    automation: Any = Field(None, description="A list of automations: triggers, conditions, actions, or use_blueprint.")
    script: Any = Field(None, description="Scripts by name: a sequence of steps that is called as an action.")
    template: Any = Field(None, description="Entities whose state is a template: sensor and binary_sensor.")


class AutomationModel(Strict):
    """One automation; its lists are read by their own models."""

    id: Annotated[str, BeforeValidator(lambda v: str(v) if isinstance(v, int) else v)] | None = Field(
        None, max_length=200, description="Its id for ever: stored runs and traces are found by it."
    )
    alias: str | None = Field(None, max_length=200, description="What people call it; its entity is named after it.")
    description: str = Field("", description="What it is for.")
    mode: Literal["single", "restart", "queued", "parallel"] = Field(
        "single", description="What happens when it fires while it still runs."
    )
    max: int = Field(MAX_RUNS, ge=2, le=1000, description="Runs at once (parallel) or with those queued (queued).")
    max_exceeded: Literal["silent", "debug", "info", "warning", "error", "critical"] = Field(
        "warning", description="How loudly the log tells that a run was dropped."
    )
    initial_state: bool | None = Field(None, description="Whether it is on at start; default: as it was.")
    variables: dict[str, Any] = Field({}, description="Variables of the whole run; templates may use the trigger.")
    trigger_variables: dict[str, Any] = Field({}, description="Variables known before anything fires.")
    triggers: Any = Field(None, description="What makes it run.")
    conditions: Any = Field(None, description="What must hold when it fires.")
    actions: Any = Field(description="What it does.")
    trace: dict[str, Any] = Field({}, description="Of Home Assistant; usher keeps the last 20 runs.")


@dataclass(frozen=True, slots=True)
class Identity:
    """One automation as it is found in the YAML: its tree, its place, and what it is called everywhere."""

    tree: Map
    place: Place
    key: str  # its id, or else the name of its entity
    entity_id: str
    alias: str
    named: bool  # its alias stands in the YAML

    @property
    def title(self) -> str:
        return f'automation "{self.alias}"' if self.named else self.alias


def identities(tree: Any) -> list[Identity]:
    """The automations of `automation:`. Two of the same name are told apart by _2, as in Home Assistant."""
    found: list[Identity] = []
    taken: set[str] = set()
    for index, (item, place) in enumerate(items_of(tree, Place("configuration", 1, 1))):
        if not isinstance(item, Map):
            continue
        alias = str(item.get("alias") or item.get("id") or f"automation {index + 1}")
        name = slugify(item.get("alias") or "") or slugify(item.get("id") or "") or f"automation_{index + 1}"
        unique, n = name, 2
        while unique in taken:
            unique, n = f"{name}_{n}", n + 1
        taken.add(unique)
        key = str(item["id"]) if item.get("id") is not None else unique
        found.append(Identity(item, place, key, f"automation.{unique}", alias, "alias" in item))
    return found


def entities(config: LanguageConfig) -> set[str]:
    """What will be registered."""
    return {one.entity_id for one in identities(config.automation)}


# -- actions


class Which(Strict):
    """automation.turn_on and toggle: these automations."""

    automation: Annotated[list[str], Target("automation", many=True)] = Field(description="The automations.")


class TurnOff(Which):
    """automation.turn_off."""

    stop_actions: bool = Field(True, description="Also end the runs under way.")


class TriggerNow(Which):
    """automation.trigger: run it as if it had fired."""

    skip_condition: bool = Field(True, description="Do not ask its conditions.")
    variables: dict[str, Any] = Field({}, max_length=100, description="Variables for this run.")


class WhichTraces(Strict):
    """trace.list."""

    automation: Annotated[str, Target("automation")] | None = Field(None, description="Only of this automation.")


class OneTrace(Strict):
    """trace.get."""

    run_id: str = Field(max_length=64, description="The run, from trace.list.")


ACTIONS: Final[Mapping[str, type[BaseModel]]] = {
    "automation.turn_on": Which,
    "automation.turn_off": TurnOff,
    "automation.toggle": Which,
    "automation.trigger": TriggerNow,
    "trace.list": WhichTraces,
    "trace.get": OneTrace,
}


def actions(_: LanguageConfig) -> Mapping[str, type[BaseModel] | None]:
    """What will be callable."""
    return dict(ACTIONS)
