"""A choice, and what may be done with it."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import Field

from ...core.errors import Refused
from ...core.integration import Kit
from ...core.kept import Last
from ...core.schema import Target, did_you_mean
from ...core.things import Change, KeptEntity, PlainText, These, Verb, resume
from .config import InputSelect, Options


class Choices(These):
    """input_select.select_first and select_last."""

    entity_id: Annotated[list[str], Target("input_select", many=True)] = Field(min_length=1, description="The choices.")


class Option(Choices):
    """input_select.select_option."""

    option: PlainText = Field(description="One of its options.")


class Cycle(Choices):
    """input_select.select_next and select_previous."""

    cycle: bool = Field(True, description="Behind the last comes the first.")


class NewOptions(Choices):
    """input_select.set_options: until the next start, or until the YAML is read anew."""

    options: Options = Field(description="What may be chosen from now on.")


class Choice(KeptEntity[str]):
    """One choice."""

    def __init__(self, kit: Kit, entity_id: str, thing: InputSelect) -> None:
        super().__init__(kit, entity_id, thing)
        self._initial, self._options = thing.initial, list(thing.options)

    def first(self, last: Last | None) -> str:
        return resume(self._initial, last, self._options[0], lambda value: value in self._options)

    def look(self, held: str) -> tuple[str, Mapping[str, Any]]:
        return held, {"options": self._options}

    def select(self, option: str) -> Change[str]:
        if option not in self._options:
            near, listed = did_you_mean(option, self._options), ", ".join(self._options)
            raise Refused("unknown_option", {
                "en": f"{self.entity_id} has no option {option!r}.{near} There are: {listed}.",
                "zh-CN": f"{self.entity_id} 没有选项 {option!r}，可选：{listed}。"})  # fmt: skip
        return Change(self, option)

    def go(self, steps: int, cycle: bool) -> Change[str]:
        at = self._options.index(self.decided) + steps if self.decided in self._options else 0
        last = len(self._options) - 1
        return Change(self, self._options[at % (last + 1) if cycle else min(max(at, 0), last)])

    def at(self, index: int) -> Change[str]:
        return Change(self, self._options[index])

    def set_options(self, options: list[str]) -> Change[str]:
        """What is chosen stays so if it may; else the first is."""
        self._options = [str(option) for option in options]
        return Change(self, self.decided if self.decided in self._options else self._options[0])


VERBS: Final[Mapping[str, Verb[Choice, Any]]] = {
    "select_option": Verb(Option, lambda one, data: one.select(data.option),
                          {"en": "Choose an option.", "zh-CN": "选定一项。"}),
    "select_next": Verb(Cycle, lambda one, data: one.go(1, data.cycle),
                        {"en": "Choose the next option.", "zh-CN": "选定下一项。"}),
    "select_previous": Verb(Cycle, lambda one, data: one.go(-1, data.cycle),
                            {"en": "Choose the previous option.", "zh-CN": "选定上一项。"}),
    "select_first": Verb(Choices, lambda one, _: one.at(0), {"en": "Choose the first option.", "zh-CN": "选定第一项。"}),
    "select_last": Verb(Choices, lambda one, _: one.at(-1), {"en": "Choose the last option.", "zh-CN": "选定最后一项。"}),
    "set_options": Verb(NewOptions, lambda one, data: one.set_options(data.options),
                        {"en": "Change what may be chosen, until the next start.", "zh-CN": "临时更改可选项，重启后恢复。"}),
}  # fmt: skip
