"""The YAML of an espeak voice."""

from pydantic import Field

from ...core.devices.models import VoiceItem
from .languages import VOICES


class EspeakVoice(VoiceItem):
    """`voice: [{platform: espeak, id: espeak}]`."""

    rate: int = Field(150, ge=80, le=400, description="How fast, in words a minute.")
    pitch: int = Field(50, ge=0, le=99, description="How high, 0 to 99.")
    volume: int = Field(100, ge=0, le=200, description="How loud it is made, in per cent.")
    variants: dict[str, str] = Field(
        {}, description="espeak-ng's own voice for a language, as in {en: en-gb-scotland, yue: yue+f2}."
    )

    def speaks(self) -> frozenset[str]:
        """Known before it runs: what espeak-ng 1.52 has."""
        return frozenset(VOICES) | frozenset(self.variants)
