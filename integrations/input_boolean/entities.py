"""A switch, and what may be done with it. Its states are `on` and `off`."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import Field

from ...core.integration import Kit
from ...core.kept import Last
from ...core.schema import Target
from ...core.things import Change, KeptEntity, These, Verb, resume
from .config import InputBoolean


class Switches(These):
    """input_boolean.turn_on, turn_off and toggle."""

    entity_id: Annotated[list[str], Target("input_boolean", many=True)] = Field(
        min_length=1, description="The switches."
    )


class Switch(KeptEntity[bool]):
    """One switch."""

    def __init__(self, kit: Kit, entity_id: str, thing: InputBoolean) -> None:
        super().__init__(kit, entity_id, thing)
        self._initial = thing.initial

    def first(self, last: Last | None) -> bool:
        return resume(self._initial, last, False, lambda value: isinstance(value, bool))

    def look(self, held: bool) -> tuple[str, Mapping[str, Any]]:
        return "on" if held else "off", {}


VERBS: Final[Mapping[str, Verb[Switch, Switches]]] = {
    "turn_on": Verb(Switches, lambda one, _: Change(one, True), {"en": "Turn switches on.", "zh-CN": "打开开关。"}),
    "turn_off": Verb(Switches, lambda one, _: Change(one, False), {"en": "Turn switches off.", "zh-CN": "关闭开关。"}),
    "toggle": Verb(Switches, lambda one, _: Change(one, not one.decided),
                   {"en": "Turn switches that are on off, and the others on.", "zh-CN": "切换开关。"}),
}  # fmt: skip
