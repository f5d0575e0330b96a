"""States and events that programs outside give to the hall: allowed where nothing of the hall's own is touched."""

from collections.abc import Mapping
from typing import Any, Final, cast

from ...core.errors import BadData, NotPermitted, Refused
from ...core.events import Context
from ...core.hall.events import ALL_EVENTS
from ...core.states import STATE_CHANGED, State, States, Value
from ...core.translations import Both
from .door import NoSuchEntity
from .shapes import Shapes

MAX_ENTITIES: Final = 1000
MAX_ATTRIBUTES: Final = 16 * 1024  # bytes of JSON of one entity's attributes
_OWN: Final = frozenset((*ALL_EVENTS, STATE_CHANGED))


class Given:
    """Entities that exist because somebody outside said so. They are not stored: after a restart they are said anew."""

    def __init__(self, states: States, shapes: Shapes) -> None:
        self._states, self._shapes = states, shapes
        self._last: dict[str, State] = {}

    def set(self, entity_id: str, body: Mapping[str, Any], context: Context) -> State:
        """Write a state as {"state", "attributes"}; raises BadData, or Refused if it is the hall's own."""
        value: object = body.get("state")
        attributes: object = body.get("attributes") or {}
        fields: dict[str, str] = {}
        if not isinstance(value, (str, int, float)) or len(str(value)) > 255:
            fields["state"] = "a text of at most 255 characters is expected."
        if not isinstance(attributes, dict) or len(self._shapes.encode(attributes)) > MAX_ATTRIBUTES:
            fields["attributes"] = f"an object of at most {MAX_ATTRIBUTES} bytes is expected."
        if fields:
            listed = [f"{key}: {text}" for key, text in fields.items()]
            raise BadData(Both(*listed, begin={"en": "", "zh-CN": "数据有误。"}), fields)
        self._check(entity_id)
        try:
            state = self._states.set(
                entity_id, cast("Value", value), cast("dict[str, Any]", attributes), context)  # fmt: skip
        except ValueError as error:
            raise BadData(str(error), {"entity_id": str(error)}) from error
        self._last[entity_id] = state
        return state

    def remove(self, entity_id: str, context: Context) -> None:
        """Take it back; raises NoSuchEntity, or Refused if it is the hall's own."""
        if entity_id not in self._states:
            raise NoSuchEntity(entity_id)
        self._check(entity_id)
        del self._last[entity_id]
        self._states.remove(entity_id, context)

    def clear(self) -> None:
        """Take back all that is still ours."""
        for entity_id, last in self._last.items():
            if self._states.get(entity_id) is last:
                self._states.remove(entity_id)
        self._last.clear()

    def _check(self, entity_id: str) -> None:
        now = self._states.get(entity_id)
        if now is not None and now is not self._last.get(entity_id):
            raise Refused("not_yours", {
                "en": "{entity_id} belongs to the hall: it is changed by actions, not by writing its state.",
                "zh-CN": "{entity_id} 属于大厅本身：只能通过操作改变，不能直接写入状态。"}, entity_id=entity_id)  # fmt: skip
        if now is None:
            self._last.pop(entity_id, None)
        if now is None and len(self._last) >= MAX_ENTITIES:
            raise Refused("too_many_entities", {
                "en": "There are {n} entities given from outside already. Remove some.",
                "zh-CN": "外部写入的实体已有 {n} 个，请先删除一些。"}, n=MAX_ENTITIES)  # fmt: skip


def check_event(kind: str) -> None:
    """Raise unless an outsider may fire events of this type."""
    if not 0 < len(kind) <= 64 or not kind.isprintable() or " " in kind:
        raise BadData({"en": "An event's type is 1 to 64 characters without blanks.",
                       "zh-CN": "事件类型应为 1 至 64 个不含空格的字符。"})  # fmt: skip
    if kind in _OWN or kind.startswith("homeassistant_"):
        raise NotPermitted({"en": f"{kind} is the hall's own event: it happens, it is not fired.",
                            "zh-CN": f"{kind} 是大厅自身的事件，不能从外部触发。"})  # fmt: skip
