"""A count, and what may be done with it."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import Field

from ...core.errors import Refused
from ...core.integration import Kit
from ...core.kept import Last
from ...core.schema import Target
from ...core.things import Change, KeptEntity, These, Verb
from .config import CounterHelper


class Counts(These):
    """counter_helper.increment, decrement and reset."""

    entity_id: Annotated[list[str], Target("counter_helper", many=True)] = Field(
        min_length=1, description="The counts."
    )


class SetValue(Counts):
    """counter_helper.set_value."""

    value: int = Field(description="The new value, within its limits.")


class Count(KeptEntity[int]):
    """One count."""

    def __init__(self, kit: Kit, entity_id: str, thing: CounterHelper) -> None:
        limits = {"minimum": thing.minimum, "maximum": thing.maximum}
        super().__init__(kit, entity_id, thing, initial=thing.initial, step=thing.step,
                         **{name: limit for name, limit in limits.items() if limit is not None})  # fmt: skip
        self._thing = thing

    def first(self, last: Last | None) -> int:
        if last is None or not isinstance(last.value, int) or not (self._thing.restore or last.this_run):
            return self._thing.initial
        return self._thing.within(last.value)

    def look(self, held: int) -> tuple[int, Mapping[str, Any]]:
        return held, {}

    def step(self, times: int) -> Change[int]:
        return Change(self, self._thing.within(self.decided + times * self._thing.step))

    def reset(self) -> Change[int]:
        return Change(self, self._thing.initial)

    def set(self, value: int) -> Change[int]:
        if self._thing.within(value) != value:
            raise Refused("out_of_range", {
                "en": f"{self.entity_id} may not be {value}; the nearest it may be is {self._thing.within(value)}.",
                "zh-CN": f"{self.entity_id} 不能是 {value}，最接近的允许值是 {self._thing.within(value)}。"})  # fmt: skip
        return Change(self, value)


VERBS: Final[Mapping[str, Verb[Count, Any]]] = {
    "increment": Verb(Counts, lambda one, _: one.step(1), {"en": "Raise counts by their step.", "zh-CN": "计数增加。"}),
    "decrement": Verb(Counts, lambda one, _: one.step(-1), {"en": "Lower counts by their step.", "zh-CN": "计数减少。"}),
    "reset": Verb(Counts, lambda one, _: one.reset(), {"en": "Set counts back to where they began.", "zh-CN": "计数归零。"}),
    "set_value": Verb(SetValue, lambda one, data: one.set(data.value), {"en": "Set counts.", "zh-CN": "设定计数。"}),
}  # fmt: skip
