"""The language's keys at the root of the YAML, and what is known from them before anything runs.

An automation is kept as the tree that was read, with its places; `specs.py` compiles it, for `usher check` and for the
running hall alike.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Protocol

from pydantic import BaseModel, BeforeValidator, Field, PrivateAttr

from ..errors import Place
from ..frozen import frozen
from ..schema import Listed, Strict, Target
from ..source import Map
from .reading import items_of
from .templates.functions import slugify

if TYPE_CHECKING:
    from .ready import Ready

MAX_RUNS: Final = 10  # of one automation at once, when the YAML says nothing


class TraceConfig(Strict):
    """How much is kept of what automations and scripts did, in `.usher/traces.db`."""

    stored_traces: int = Field(20, ge=1, le=1000, description="The last runs of each automation and script.")
    dull_traces: int = Field(
        5, ge=0, le=1000, description="And of each the last that came to nothing: a condition did not hold."
    )
    days: float = Field(14, gt=0, le=3650, description="None older than this.")


class LanguageConfig(Strict):
    """What happens by itself in this hall."""

    automation: Annotated[Any, Listed()] = Field(
        None, description="A list of automations: triggers, conditions, actions, or use_blueprint."
    )
    script: Any = Field(None, description="Scripts by name: a sequence of steps that is called as an action.")
    template: Annotated[Any, Listed()] = Field(
        None, description="Entities whose state is a template: sensor and binary_sensor."
    )
    trace: TraceConfig = Field(
        default_factory=lambda: TraceConfig.model_validate({}),
        description="How many runs are kept to be looked at, and how long.",
    )
    _ready: Any = PrivateAttr(None)

    def hand_on(self, ready: "Ready") -> None:
        """What the check has made of the automations, for who sets them up."""
        self._ready = ready

    def take_ready(self) -> "Ready | None":
        """Once; None if there is nothing."""
        ready: Ready | None = self._ready
        self._ready = None
        return ready


class StoredTraces(Strict):
    """Of one automation or script, as in Home Assistant."""

    stored_traces: int | None = Field(
        None, ge=1, le=1000, description="Its last runs; default: as under trace: at the root."
    )


class Moded(Strict):
    """What automations and scripts say of how many of their runs there may be."""

    mode: Literal["single", "restart", "queued", "parallel"] = Field(
        "single", description="What happens when it is to run while it still runs."
    )
    max: int = Field(MAX_RUNS, ge=2, le=1000, description="Runs at once (parallel) or with those queued (queued).")
    max_exceeded: Literal["silent", "debug", "info", "warning", "error", "critical"] = Field(
        "warning", description="How loudly the log tells that a run was dropped."
    )


class AutomationModel(Moded):
    """One automation; its lists are read by their own models."""

    id: Annotated[str, BeforeValidator(lambda v: str(v) if isinstance(v, int) else v)] | None = Field(
        None, max_length=200, description="Its id for ever: stored runs and traces are found by it."
    )
    alias: str | None = Field(None, max_length=200, description="What people call it; its entity is named after it.")
    description: str = Field("", description="What it is for.")
    initial_state: bool | None = Field(None, description="Whether it is on at start; default: as it was.")
    variables: dict[str, Any] = Field({}, description="Variables of the whole run; templates may use the trigger.")
    trigger_variables: dict[str, Any] = Field({}, description="Variables known before anything fires.")
    triggers: Any = Field(None, description="What makes it run.")
    conditions: Any = Field(None, description="What must hold when it fires.")
    actions: Any = Field(description="What it does.")
    trace: StoredTraces = Field(
        default_factory=lambda: StoredTraces.model_validate({}),
        description="How many of its runs are kept to be looked at.",
    )


class Ruled(Protocol):
    """What is asked of an automation's model once the rest of it is compiled."""

    @property
    def mode(self) -> Any: ...
    @property
    def max(self) -> int: ...
    @property
    def max_exceeded(self) -> Any: ...
    @property
    def initial_state(self) -> bool | None: ...
    @property
    def trace(self) -> StoredTraces: ...


@frozen
class Identity:
    """One automation as it is found in the YAML: its tree, its place, and what it is called everywhere."""

    tree: Map
    place: Place
    key: str  # its id, or else the name of its entity
    entity_id: str
    alias: str
    named: bool  # its alias stands in the YAML
    kind: str = "automation"  # or script

    @property
    def title(self) -> str:
        return f'{self.kind} "{self.alias}"' if self.named or self.kind == "script" else self.alias


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
    from .script_config import identities as scripts  # which stands on this room, as the next one does
    from .template_config import entity_ids

    made = {one.entity_id for one in identities(config.automation)} | {one.entity_id for one in scripts(config.script)}
    return made | entity_ids(config.template)


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
    domain: Literal["automation", "script"] | None = Field(None, description="Only of automations, or of scripts.")
    item_id: str | None = Field(None, max_length=200, description="Only of the one with this id; needs domain.")


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


def actions(config: LanguageConfig) -> Mapping[str, type[BaseModel] | None]:
    """What will be callable."""
    from .generic import MODELS as GENERIC
    from .script_config import ACTIONS as OF_SCRIPTS
    from .script_config import models

    return {**ACTIONS, **GENERIC, **OF_SCRIPTS, **models(config.script)}
