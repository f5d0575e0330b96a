"""A number, and what may be done with it."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import Field

from ...core.errors import Refused
from ...core.integration import Kit
from ...core.kept import Last
from ...core.schema import Target
from ...core.things import Change, KeptEntity, These, Verb, resume
from .config import InputNumber


class Numbers(These):
    """input_number.increment and decrement."""

    entity_id: Annotated[list[str], Target("input_number", many=True)] = Field(min_length=1, description="The numbers.")


class SetValue(Numbers):
    """input_number.set_value."""

    value: float = Field(allow_inf_nan=False, description="The new value, within its limits.")


class Number(KeptEntity[float]):
    """One number."""

    def __init__(self, kit: Kit, entity_id: str, thing: InputNumber) -> None:
        unit = {} if thing.unit_of_measurement is None else {"unit_of_measurement": thing.unit_of_measurement}
        super().__init__(kit, entity_id, thing, initial=thing.initial, min=thing.min, max=thing.max, step=thing.step,
                         mode=thing.mode, **unit)  # fmt: skip
        self._thing = thing

    def first(self, last: Last | None) -> float:
        return float(resume(self._thing.initial, last, self._thing.min, self._fits))

    def look(self, held: float) -> tuple[float, Mapping[str, Any]]:
        return held, {}

    def set(self, value: float) -> Change[float]:
        if not self._fits(value):
            raise Refused("out_of_range", {
                "en": f"{self.entity_id} may be {self._thing.min:g} to {self._thing.max:g}, not {value:g}.",
                "zh-CN": f"{self.entity_id} 的范围是 {self._thing.min:g} 到 {self._thing.max:g}，不能是 {value:g}。",
            })  # fmt: skip
        return Change(self, value)

    def step(self, times: int) -> Change[float]:
        """Up or down by its step, as far as it may go. Ten steps of 0.1 are 1, not 0.9999999999999999."""
        stepped = float(f"{self.decided + times * self._thing.step:.12g}")
        return Change(self, min(max(stepped, self._thing.min), self._thing.max))

    def _fits(self, value: Any) -> bool:
        return isinstance(value, (int, float)) and self._thing.min <= value <= self._thing.max


VERBS: Final[Mapping[str, Verb[Number, Any]]] = {
    "set_value": Verb(SetValue, lambda one, data: one.set(data.value), {"en": "Set numbers.", "zh-CN": "设定数值。"}),
    "increment": Verb(Numbers, lambda one, _: one.step(1), {"en": "Raise numbers by their step.",
                                                            "zh-CN": "按步长增大数值。"}),
    "decrement": Verb(Numbers, lambda one, _: one.step(-1), {"en": "Lower numbers by their step.",
                                                             "zh-CN": "按步长减小数值。"}),
}  # fmt: skip
