"""The YAML under `kiosk:`: kiosks by name, each with a menu of up to three levels."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, RootModel
from pydantic_core import PydanticCustomError

from ...core.schema import Duration, Name, Strict, Target, WordsField


def _address(text: str) -> str:
    scheme, _, rest = text.partition("://")
    if scheme not in ("http", "https") or not rest or any(c in rest for c in " ?#"):
        raise PydanticCustomError(
            "bad_address", '{text} is not an address. Write "http://192.168.1.20:8780" or "https://hall.example".',
            {"text": repr(text)})  # fmt: skip
    return text.rstrip("/")


class Entry(Strict):
    """One button: a queue to stand in, or a further menu."""

    queue: Annotated[str, Target("queue")] | None = Field(None, description="The queue this button gives a number of.")
    service: Name | None = Field(None, description="Which of the queue's services.")
    menu: "list[Entry] | None" = Field(None, description="A further page of buttons, instead of a queue.")
    name: WordsField | None = Field(None, description="What stands on it; default: the service's or queue's name.")
    icon: str | None = Field(None, max_length=200, description="mdi:account, or a picture as /local/card.svg.")
    notes: WordsField | None = Field(None, description="A line below the name: what to bring.")
    hint: WordsField | None = Field(None, description="Said with the ticket: where to sit; instead of the kiosk's.")


Shown: TypeAlias = Literal["code", "phone", "card", "case"]


def _shown(value: Any) -> Any:
    return ["code"] if value is True else [] if value is False else [value] if isinstance(value, str) else value


class Kiosk(Strict):
    """One kiosk."""

    name: WordsField | None = Field(None, description="What people call it.")
    menu: list[Entry] = Field(description="Its first page: up to 8 buttons.")
    languages: list[str] | None = Field(
        None, min_length=1, description="Its languages, the first shown first; default: the hall's."
    )
    printer: Annotated[str, Target("printer")] | None = Field(
        None, description="Where tickets are printed; without one there is a QR code only."
    )
    paper: Literal["wanted", "required"] = Field(
        "wanted", description="required: no number is given while the printer cannot print it."
    )
    hint: WordsField | None = Field(None, description="Said with each ticket: where to sit.")
    cards: bool = Field(
        False, description="Cards may be shown when a number is taken: they tell who it is, the class and the queue."
    )
    check_in: Annotated[list[Shown], BeforeValidator(_shown, json_schema_input_type=bool | Shown | list[Shown])] = (
        Field(
            [],
            description="A button for who has an appointment. true: by code and QR code; or of code, phone, card, case.",
        )
    )
    base_url: Annotated[str, AfterValidator(_address)] | None = Field(
        None, description="The address in the QR code, if phones reach the hall at another one than `http: base_url`."
    )
    diagonal_in: float | None = Field(
        None, ge=3, le=400, description="The panel's diagonal in inches, so that buttons are as large as fingers need."
    )
    idle: Duration = Field(45.0, description='After so long untouched it asks "are you still there?".')
    stay: Duration = Field(6.0, description="How long a printed ticket's number stays; unprinted ones stay longer.")

    def leaves(self) -> Iterator[Entry]:
        """Every button that gives a number."""
        return _leaves(self.menu)


def _leaves(entries: list[Entry]) -> Iterator[Entry]:
    for entry in entries:
        if entry.menu is not None:
            yield from _leaves(entry.menu)
        elif entry.queue is not None:
            yield entry


class Config(RootModel[dict[Name, Kiosk]]):
    """Kiosks by name."""

    root: dict[Name, Kiosk] = Field(description="The kiosks, by name: each is the page /kiosk/<name>.")
