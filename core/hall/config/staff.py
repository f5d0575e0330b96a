"""Staff in the YAML: who serves, what they can do, to which pools they belong."""

from typing import Annotated, Final

from pydantic import BeforeValidator, Field

from ...schema import Name, Strict, WordsField
from .counters import Serves, serves_one


class Staff(Strict):
    """One of those who serve: a teller, an officer, a doctor."""

    name: WordsField = Field(description="What people call them, on their counter's sign and panel.")
    number: str | None = Field(default=None, min_length=1, max_length=32, description="The number on their badge.")
    user: str | None = Field(default=None, max_length=64, description="Their user account; the same id if left out.")
    skills: list[Name] = Field(default=[], max_length=64, description="What they can do; a queue may ask for it.")
    pools: list[Name] = Field(default=[], max_length=16, description="The pools they belong to, wherever they sit.")
    serves: list[Annotated[Serves, BeforeValidator(serves_one)]] = Field(
        default=[], max_length=100, description="Queues they serve at whatever counter they sit, besides the counter's."
    )


class ServiceCode(Strict):
    """A code for what was done at a counter."""

    name: WordsField = Field(description="What staff call it.")
    queues: list[Name] = Field(default=[], description="Offered for tickets of these queues only; all if left out.")


class PauseReason(Strict):
    """Why a counter is paused, as staff choose it and the sign shows it."""

    name: WordsField = Field(description="What the sign says.")


def _reason(en: str, chinese: str) -> PauseReason:
    return PauseReason.model_construct(name={"en": en, "zh-CN": chinese})


PAUSE_REASONS: Final = {
    "lunch": _reason("Lunch", "午餐"),
    "back_soon": _reason("Back soon", "稍后回来"),
    "meeting": _reason("Meeting", "会议"),
    "system": _reason("System fault", "系统故障"),
}
"""Where the YAML names none."""
