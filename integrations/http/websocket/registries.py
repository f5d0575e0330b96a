"""Home Assistant's registries, read only: the entities are the hall's, everything a house has beside them is empty."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, ConfigDict

from ....core.access import may_read
from ....core.errors import Refused, Unknown
from ....core.schema import Strict
from ....core.states import State
from ..door import NoSuchEntity

if TYPE_CHECKING:
    from .connection import Connection


class Anything(BaseModel):
    """A message whose fields do not matter: the answer is the same for all."""

    model_config = ConfigDict(extra="ignore")


class OfEntity(Strict):
    entity_id: str


class Entities(Strict):
    entity_ids: list[str]


class Silence:
    """A subscription to what never happens."""

    def stop(self) -> None:
        return


def _entry(state: State, began: float) -> dict[str, Any]:
    """One entry of the entity registry. Names and ids stand in the YAML and are not changed here."""
    return {
        "area_id": None,
        "categories": {},
        "config_entry_id": None,
        "config_subentry_id": None,
        "created_at": began,
        "device_id": None,
        "disabled_by": None,
        "entity_category": None,
        "entity_id": state.entity_id,
        "has_entity_name": False,
        "hidden_by": None,
        "icon": None,
        "id": state.entity_id,
        "labels": [],
        "modified_at": began,
        "name": None,
        "options": {},
        "original_name": None,
        "platform": "usher",
        "translation_key": None,
        "unique_id": state.entity_id,
    }


def _extended(socket: "Connection", entity_id: str) -> dict[str, Any]:
    state = socket.kit.states.get(entity_id)
    if state is None or not may_read(socket.permission, entity_id):
        raise NoSuchEntity(entity_id)
    name = socket.door.shapes.attributes(state).get("friendly_name")
    return _entry(state, socket.began) | {
        "aliases": [], "capabilities": None, "device_class": None, "original_device_class": None,
        "original_icon": None, "original_name": name,
    }  # fmt: skip


def list_entities(socket: "Connection", number: int, _: Anything) -> None:
    shapes, permission, began = socket.door.shapes, socket.permission, socket.began
    allowed = [state for state in socket.kit.states if may_read(permission, state.entity_id)]
    socket.result(number, [
        _entry(state, began) | {"original_name": shapes.attributes(state).get("friendly_name")} for state in allowed
    ])  # fmt: skip


def list_for_display(socket: "Connection", number: int, _: Anything) -> None:
    permission = socket.permission
    allowed = [state for state in socket.kit.states if may_read(permission, state.entity_id)]
    entities: list[dict[str, Any]] = [{"ei": state.entity_id, "pl": "usher", "lb": []} for state in allowed]
    socket.result(number, {"entity_categories": {0: "config", 1: "diagnostic"}, "entities": entities})


def get_entity(socket: "Connection", number: int, m: OfEntity) -> None:
    socket.result(number, _extended(socket, m.entity_id))


def get_entities(socket: "Connection", number: int, m: Entities) -> None:
    found: dict[str, Any] = {}
    for entity_id in m.entity_ids:
        try:
            found[entity_id] = _extended(socket, entity_id)
        except NoSuchEntity:
            found[entity_id] = None
    socket.result(number, found)


def written_in_yaml(socket: "Connection", number: int, _: Anything) -> None:
    raise Refused("written_in_yaml", {"en": "Entities are named in the hall's YAML, not over the API.",
                                      "zh-CN": "实体在大厅的 YAML 中命名，不能通过接口修改。"})  # fmt: skip


def no_entry(socket: "Connection", number: int, _: Anything) -> None:
    raise Unknown("unknown_entry", {"en": "There are no config entries here: the hall is written in YAML.",
                                    "zh-CN": "这里没有配置条目：大厅由 YAML 描述。"})  # fmt: skip


def subscribe_entries(socket: "Connection", number: int, _: Anything) -> None:
    """There are no entries, so there is nothing to tell but the empty list."""
    socket.subscribed(number, Silence())
    socket.result(number)
    socket.event(number, [])


COMMANDS: Final[tuple[tuple[str, type[BaseModel], Callable[["Connection", int, Any], None]], ...]] = (
    ("config/entity_registry/list", Anything, list_entities),
    ("config/entity_registry/list_for_display", Anything, list_for_display),
    ("config/entity_registry/get", OfEntity, get_entity),
    ("config/entity_registry/get_entries", Entities, get_entities),
    ("config/entity_registry/update", Anything, written_in_yaml),
    ("config/entity_registry/remove", Anything, written_in_yaml),
    ("config_entries/subscribe", Anything, subscribe_entries),
    ("config_entries/disable", Anything, no_entry),
    ("config_entries/ignore_flow", Anything, no_entry),
    ("config_entries/subentries/list", Anything, no_entry),
    ("config_entries/subentries/delete", Anything, no_entry),
)

FIXED: Final[dict[str, Any]] = {
    "config/area_registry/list": [],
    "config/category_registry/list": [],
    "config/device_registry/list": [],
    "config/floor_registry/list": [],
    "config/label_registry/list": [],
    "config_entries/flow/progress": [],
    "config_entries/get": [],
    "device_automation/action/capabilities": {"extra_fields": []},
    "device_automation/action/list": [],
    "device_automation/condition/capabilities": {"extra_fields": []},
    "device_automation/condition/list": [],
    "device_automation/trigger/capabilities": {"extra_fields": []},
    "device_automation/trigger/list": [],
    "entity/source": {},
    "frontend/get_translations": {"resources": {}},
    "manifest/list": [],
    "repairs/list_issues": {"issues": []},
    "tag/list": [],
}
