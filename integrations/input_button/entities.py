"""A button. Its state is the moment of the last press, 2026-11-22T10:24:05.123456+00:00; unknown before the first."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

from pydantic import Field

from ...core.kept import Last
from ...core.schema import Target
from ...core.things import Change, KeptEntity, These, Verb


class Buttons(These):
    """input_button.press."""

    entity_id: Annotated[list[str], Target("input_button", many=True)] = Field(min_length=1, description="The buttons.")


class Button(KeptEntity[str | None]):
    """One button."""

    def first(self, last: Last | None) -> str | None:
        try:
            return None if last is None else datetime.fromisoformat(last.value).isoformat()
        except (TypeError, ValueError):
            return None

    def look(self, held: str | None) -> tuple[str | None, Mapping[str, Any]]:
        return held, {}

    def press(self) -> Change[str | None]:
        now = datetime.fromtimestamp(self.kit.clock.now(), UTC)
        last = None if self.decided is None else datetime.fromisoformat(self.decided)
        if last == now:
            now += timedelta(microseconds=1)  # two presses at once are two
        return Change(self, now.isoformat())


VERBS: Final[Mapping[str, Verb[Button, Buttons]]] = {
    "press": Verb(Buttons, lambda one, _: one.press(), {"en": "Press buttons.", "zh-CN": "按下按钮。"}),
}
