"""The devices in the YAML: `printer:`, `display:`, `speaker:`, `voice:`, each a list of items by platform."""

from collections.abc import Mapping

from pydantic import BaseModel, Field

from ..errors import Problem
from ..integration import Checked
from ..schema import Strict
from .items import place_of_item
from .models import Announce, Clear, DisplayItem, Print, Show, Silence, SpeakerItem, VoiceItem, Which, has
from .printing.item import PrinterItem


class DevicesConfig(Strict):
    """The devices' keys at the root. Each item is read with its platform's own model."""

    printer: list[PrinterItem] = Field([], description="Ticket printers.")
    display: list[DisplayItem] = Field([], description="Signs and screens.")
    speaker: list[SpeakerItem] = Field([], description="What is heard in the hall.")
    voice: list[VoiceItem] = Field([], description="What turns text into speech.")


def entities(config: DevicesConfig) -> set[str]:
    """What will be registered."""
    found: set[str] = set()
    for kind, items in (
        ("printer", config.printer),
        ("display", config.display),
        ("speaker", config.speaker),
        ("voice", config.voice),
    ):
        found |= {f"{kind}.{item.id}" for item in items}
    return found


def actions(config: DevicesConfig) -> Mapping[str, type[BaseModel] | None]:
    """What will be callable."""
    found: dict[str, type[BaseModel] | None] = {
        "printer.print": Print, "printer.test": Which, "printer.status": Which}  # fmt: skip
    if config.display:
        found |= {"display.show": Show, "display.clear": Clear}
    if config.speaker:
        found |= {"speaker.announce": Announce, "speaker.clear": Silence, "speaker.stop": Silence}
    return found


def check(checked: Checked) -> None:
    """What no item's model can see alone."""
    config: DevicesConfig = checked.config
    if config.printer:
        from .printing.checks import check_printers

        check_printers(config.printer, checked)
    for display in config.display:
        if display.rows is not None and display.rows > display.size.rows:
            checked.problems.append(Problem(
                place_of_item(checked.tree, "display", display.id, "rows"),
                f"display.{display.id}.rows: from {display.size.view_distance_m:g} m only {display.size.rows} rows can be "
                f"read on {display.size.diagonal_in:g} inches. Write {display.size.rows} or less.", "warning"))  # fmt: skip
    for speaker in config.speaker:
        _check_speaker(checked, config, speaker)


def _check_speaker(checked: Checked, config: DevicesConfig, speaker: SpeakerItem) -> None:
    name = f"speaker.{speaker.id}"
    if not config.voice:
        if not checked.whole:  # one is there, and faulty
            return
        checked.problems.append(Problem(
            place_of_item(checked.tree, "speaker", speaker.id, "id"),
            f"{name} has no voice. Add  voice: [{{platform: espeak, id: espeak}}]  (pip install 'usher[voice]')."))  # fmt: skip
        return
    voices = {voice.id: voice for voice in config.voice}
    for language, wanted in speaker.voices.items():
        for one in wanted:
            if one in voices and not _speaks(voices[one], language):
                checked.problems.append(Problem(
                    place_of_item(checked.tree, "speaker", speaker.id, "voices", language),
                    f"{name}.voices.{language}: voice.{one} does not speak {language}. Take one that does."))  # fmt: skip
    hall: list[str] = checked.root["usher"].languages
    for language in speaker.languages or hall:
        if checked.whole and not any(_speaks(voice, language) for voice in config.voice):
            where = "languages" if speaker.languages else "id"
            checked.problems.append(Problem(
                place_of_item(checked.tree, "speaker", speaker.id, where),
                f"{name}: no voice here speaks {language}, so it is left out. Add a voice, or name the languages to "
                "speak under languages:.", "error" if speaker.languages else "warning"))  # fmt: skip


def _speaks(voice: VoiceItem, language: str) -> bool:
    known = voice.speaks()
    return known is None or has(known, language)
