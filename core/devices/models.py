"""What may be written of a device in the YAML, and what may be asked of it: models only, nothing that runs.

A check of the configuration needs no more than this.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ..schema import Duration, Name, Strict, Target
from .items import DeviceItem, Saying
from .printing.layouts import Blocks
from .sizes import Size


class DisplayItem(DeviceItem):
    """What every display's YAML has."""

    counters: Annotated[
        Literal["all"] | Annotated[list[str], Target("counter", many=True)], Field(union_mode="left_to_right")
    ] = Field("all", description="The counters whose calls it shows: all, or a list.")
    counter: Annotated[str, Target("counter")] | None = Field(None, description="The one counter it hangs at.")
    queues: Annotated[list[str], Target("queue", many=True)] | None = Field(
        None, description="Show only calls of these queues."
    )
    languages: list[str] | None = Field(None, description="Its languages in order; default: the hall's.")
    size: Size = Field(default_factory=lambda: Size.model_validate({}), description="The panel and who reads it.")
    rows: int | None = Field(None, ge=1, le=50, description="Rows of recent numbers; never more than can be read.")
    calls: int | None = Field(None, ge=1, le=100, description="How many calls it shows at once.")
    recent: int | None = Field(None, ge=0, le=50, description="How many calls that ended it keeps; default: its rows.")
    min_show: Duration = Field(3.0, description="How long each call stays when many come at once.")

    @property
    def fits(self) -> int:
        """Rows of recent numbers: what is wished, but not more than can be read from afar."""
        return min(self.rows or self.size.rows, self.size.rows)


class Show(Strict):
    """display.show: a message on the sign."""

    display: Annotated[list[str], Target("display", many=True)] = Field(min_length=1, description="The displays.")
    text: Saying = Field(description="What to say: one text, or one a language.")
    seconds: Duration = Field(30.0, description="How long.")


class Clear(Strict):
    """display.clear: take the message away."""

    display: Annotated[list[str], Target("display", many=True)] = Field(min_length=1, description="The displays.")


class SpeakerItem(DeviceItem):
    """What every speaker's YAML has."""

    voices: dict[str, Annotated[list[str], Target("voice", many=True)]] = Field(
        {}, description="For each language the voices to take, best first; then any voice that has the language."
    )
    languages: list[str] | None = Field(None, description="What it speaks, in order; default: the hall's languages.")
    group: Name | None = Field(None, description="Speakers of one group never speak at the same time; default: alone.")
    repeat: int = Field(1, ge=1, le=5, description="How often an announcement is said.")
    chime: bool = Field(True, description="Begin with a chime.")
    volume: float = Field(1.0, ge=0, le=1, description="How loud, 0 to 1.")
    gap: Duration = Field(0.35, le=5, description="The pause between two phrases.")
    too_late: Duration = Field(
        20.0, gt=0, le=600, description="A call older than this is not spoken any more, but for waiting behind others."
    )
    latest: Duration = Field(
        90.0, gt=0, le=600, description="A call that had to wait behind others is spoken up to this age."
    )


class Called(BaseModel):
    """What of a whole ticket matters here: an automation hands on `trigger.ticket`."""

    model_config = ConfigDict(frozen=True)  # and lets the rest be
    id: str = Field(max_length=64, description="Its id.")
    number: str | None = Field(None, max_length=64, description="Its number.")
    calls: int = Field(1, description="Which call of it this is.")
    times: dict[str, float | None] = Field({}, description="When it was called.")


class Announce(Strict):
    """speaker.announce: say this."""

    speaker: Annotated[list[str], Target("speaker", many=True)] = Field(min_length=1, description="The speakers.")
    message: Saying = Field(description="What to say: one text, or one a language.")
    language: str | None = Field(None, max_length=35, description="The language of a plain text, or the only one said.")
    languages: list[Annotated[str, Field(max_length=35)]] | None = Field(
        None, max_length=10, description="The languages to say it in, in order."
    )
    repeat: int | None = Field(None, ge=1, le=5, description="How often; default: the speaker's.")
    chime: bool | None = Field(None, description="With a chime before; default: the speaker's.")
    volume: float | None = Field(None, ge=0, le=1, description="How loud, 0 to 1; default: the speaker's.")
    urgent: bool = Field(False, description="Before all that are not urgent.")
    ticket: Called | Annotated[str, Field(max_length=64)] | None = Field(
        None,
        description="The ticket it calls, whole, or its id or number: then a call is spoken once, not too late, and not if it is taken back.",
    )


class Silence(Strict):
    """speaker.clear and speaker.stop."""

    speaker: Annotated[list[str], Target("speaker", many=True)] = Field(min_length=1, description="The speakers.")


class Print(Strict):
    """The data of `printer.print`."""

    printer: Annotated[str, Target("printer")] = Field(description="Which printer.")
    ticket: str | dict[str, Any] | None = Field(
        default=None, description="The ticket: its id, its number, or the ticket itself."
    )
    layout: Blocks | None = Field(default=None, description="Blocks to print instead of the printer's own layout.")
    data: dict[str, Any] = Field(
        default={}, max_length=100, description="What the layout may use beside: ahead, link, hint, ..."
    )
    language: str | None = Field(default=None, max_length=20, description="The language; the ticket's own if none.")
    copies: int = Field(default=1, ge=1, le=5, description="How many.")
    urgency: int = Field(default=0, ge=-100, le=100, description="Higher goes first.")
    reprint: bool = Field(default=False, description="Marked as printed before.")


class Which(Strict):
    """The data of `printer.test` and `printer.status`."""

    printer: Annotated[str, Target("printer")] = Field(description="Which printer.")


class VoiceItem(DeviceItem):
    """What every voice's YAML has."""

    def speaks(self) -> frozenset[str] | None:
        """The languages it has as far as the YAML tells, or None if that is known only once it runs."""
        return None

    @property
    def fingerprint(self) -> str:
        """Changes whenever it would sound different."""
        return self.model_dump_json(exclude={"name"})


def has(languages: Iterable[str], language: str) -> bool:
    """Whether a voice with these has `language`: the very tag, or the language without its region (en for en-AU)."""
    return _has(frozenset(languages), language)


@lru_cache(maxsize=1024)  # each phrase asks, and a voice may have a hundred languages
def _has(languages: frozenset[str], language: str) -> bool:
    known = {one.lower() for one in languages}
    wanted = language.lower()
    base = wanted.partition("-")[0]
    return wanted in known or base in known or (wanted == base and any(k.partition("-")[0] == base for k in known))
