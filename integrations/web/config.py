"""The YAML of a browser screen and of its sound."""

from typing import Annotated

from pydantic import Field

from ...core.devices.items import place_of_item
from ...core.devices.models import DisplayItem, SpeakerItem
from ...core.errors import Problem
from ...core.integration import Checked
from ...core.schema import Target, WordsField


class WebDisplay(DisplayItem):
    """`display: [{platform: web, id: hall}]`: the page /display/hall."""

    heading: WordsField | None = Field(None, description="What stands above the calls; default: the hall's name.")


class WebSpeaker(SpeakerItem):
    """`speaker: [{platform: web, id: hall, display: display.hall}]`: heard where these displays' pages are open."""

    display: Annotated[list[str], Target("display", many=True)] = Field(
        min_length=1, description="The browser displays whose pages play it."
    )


def check(checked: Checked) -> None:
    """A browser speaker is heard through browser displays only."""
    displays: dict[str, DisplayItem] = {item.id: item for item in checked.root.get("display", ())}
    for speaker in checked.root.get("speaker", ()):
        for name in speaker.display if isinstance(speaker, WebSpeaker) else ():
            if name in displays and not isinstance(displays[name], WebDisplay):
                place = place_of_item(checked.tree, "speaker", speaker.id, "display")
                checked.problems.append(Problem(
                    place, f"speaker.{speaker.id}.display: display.{name} is no browser, so nothing would be heard. "
                    "Name one of platform web."))  # fmt: skip
