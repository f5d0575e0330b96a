"""A text, and what may be done with it. It stays text also where it reads as a number."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import Field

from ...core.errors import Refused
from ...core.integration import Kit
from ...core.kept import Last
from ...core.schema import Target
from ...core.things import Change, KeptEntity, PlainText, These, Verb, resume
from .config import InputText


class SetValue(These):
    """input_text.set_value."""

    entity_id: Annotated[list[str], Target("input_text", many=True)] = Field(min_length=1, description="The texts.")
    value: PlainText = Field(description="The new text.")


class WrittenText(KeptEntity[str | None]):
    """One text; None before it is first set."""

    def __init__(self, kit: Kit, entity_id: str, thing: InputText) -> None:
        unit = {} if thing.unit_of_measurement is None else {"unit_of_measurement": thing.unit_of_measurement}
        super().__init__(kit, entity_id, thing, min=thing.min, max=thing.max, pattern=thing.pattern, mode=thing.mode,
                         **unit)  # fmt: skip
        self._thing = thing

    def first(self, last: Last | None) -> str | None:
        return resume(self._thing.initial, last, None, self._fits)

    def look(self, held: str | None) -> tuple[str | None, Mapping[str, Any]]:
        return held, {}

    def set(self, text: str) -> Change[str | None]:
        if not self._fits(text):
            least, most = self._thing.min, self._thing.max
            raise Refused("out_of_range", {
                "en": f"{self.entity_id} may have {least} to {most} characters, not {len(text)}.",
                "zh-CN": f"{self.entity_id} 应为 {least} 到 {most} 个字符，现为 {len(text)} 个。"})  # fmt: skip
        return Change(self, text)

    def _fits(self, text: Any) -> bool:
        return isinstance(text, str) and self._thing.min <= len(text) <= self._thing.max


VERBS: Final[Mapping[str, Verb[WrittenText, SetValue]]] = {
    "set_value": Verb(SetValue, lambda one, data: one.set(data.value), {"en": "Set texts.", "zh-CN": "设定文本。"}),
}
