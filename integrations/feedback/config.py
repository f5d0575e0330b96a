"""The YAML under `feedback:`: the levels, for how long a rating is taken, and what a terminal shows."""

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Annotated, Any, Final, Literal, cast

from pydantic import BeforeValidator, Field

from ...core.schema import Duration, Name, Strict, Target, WordsField

Face = Literal["great", "good", "fair", "bad", "awful"]
_FACES: Final[dict[int, tuple[Face, ...]]] = {
    2: ("good", "bad"),
    3: ("good", "fair", "bad"),
    4: ("great", "good", "fair", "bad"),
    5: ("great", "good", "fair", "bad", "awful"),
}


class Level(Strict):
    """One answer that can be given; the best stands first."""

    id: Name = Field(description="What the rating is called in events and figures.")
    name: WordsField = Field(description="What stands below the face.")
    face: Face | None = Field(
        default=None, description="The face: great, good, fair, bad, awful; default: by its place."
    )
    score: float | None = Field(
        default=None,
        ge=0,
        le=100,
        description="What it counts in the mean; default: evenly from 100 for the first to 0.",
    )
    satisfied: bool | None = Field(
        default=None, description="Whether it counts as satisfied; default: if its score is 60 or more."
    )
    bad: bool | None = Field(
        default=None, description="Whether it is a bad rating, told at once; default: the last one only."
    )


class Reason(Strict):
    """One thing that may have been wrong."""

    name: WordsField = Field(description="What stands on it.")


class StaffCard(Strict):
    """What a terminal shows of who serves there."""

    name: WordsField = Field(description="As visitors may read it.")
    number: str | None = Field(default=None, max_length=32, description="The staff number.")
    title: WordsField | None = Field(default=None, description="Their post.")
    photo: str | None = Field(default=None, max_length=200, description="A picture, as /local/staff/0231.jpg.")
    stars: int | None = Field(
        default=None, ge=1, le=5, description="Lamps lit, 1 to 5; feedback.stars sets another number while usher runs."
    )


class Slide(Strict):
    """Something to read or see while nobody is asked."""

    title: WordsField | None = Field(default=None, description="Its heading.")
    text: WordsField | None = Field(default=None, description="What it says.")
    image: str | None = Field(default=None, max_length=200, description="A picture, as /local/ads/card.png.")
    seconds: Duration = Field(default=10.0, description="How long it stands.")


def _reason(value: Any) -> Any:
    """Its name alone will do: `rude: {en: Rude, zh-CN: 态度差}`."""
    if isinstance(value, str) or (isinstance(value, Mapping) and "name" not in value):
        return {"name": cast("Any", value)}
    return cast("Any", value)


_LEVELS: Final = [
    Level(id="very_satisfied", name={"en": "Very satisfied", "zh-CN": "非常满意"}),
    Level(id="satisfied", name={"en": "Satisfied", "zh-CN": "满意"}),
    Level(id="fair", name={"en": "Fair", "zh-CN": "一般"}),
    Level(id="dissatisfied", name={"en": "Dissatisfied", "zh-CN": "不满意"}),
]
_REASONS: Final = {
    "wait": Reason(name={"en": "Waited too long", "zh-CN": "等候太久"}),
    "manner": Reason(name={"en": "Manner", "zh-CN": "服务态度"}),
    "skill": Reason(name={"en": "Not skilled", "zh-CN": "业务不熟"}),
    "unsolved": Reason(name={"en": "Not solved", "zh-CN": "问题未解决"}),
    "rules": Reason(name={"en": "Too complicated", "zh-CN": "手续繁琐"}),
    "place": Reason(name={"en": "Surroundings", "zh-CN": "环境设施"}),
}


class Config(Strict):
    """Ratings. Each counter has a terminal's page, /rate/<counter>."""

    levels: list[Level] = Field(
        default=_LEVELS, min_length=2, max_length=5, description="The answers, the best first; default: four of them."
    )
    counters: Annotated[list[str], Target("counter", many=True)] | None = Field(
        default=None, description="The counters with a terminal, each with a figure of its own; default: every counter, "
        "and only the hall's figure."
    )  # fmt: skip
    within: Duration = Field(default=60.0, description="So long after the service a terminal takes a rating.")
    phone_within: Duration = Field(default=7200.0, description="So long after the service a phone may give one.")
    offline_within: Duration = Field(
        default=86400.0, description="A rating given at a terminal that had lost the hall is taken up to this age."
    )
    prompt: WordsField = Field(
        default={"en": "Please rate this service", "zh-CN": "请评价本次服务"}, description="What a terminal asks."
    )
    thanks: WordsField = Field(default={"en": "Thank you", "zh-CN": "感谢您的评价"}, description="What it says then.")
    thanks_for: Duration = Field(default=3.0, description="How long it says that.")
    reasons: dict[
        Name, Annotated[Reason, BeforeValidator(_reason, json_schema_input_type=Reason | str | dict[str, str])]
    ] = Field(default=_REASONS, max_length=6, description="What may be chosen after a bad rating; {} asks nothing.")
    reasons_for: Duration = Field(default=15.0, description="How long a terminal asks for reasons.")
    staff: dict[Annotated[str, Field(min_length=1, max_length=64), BeforeValidator(str)], StaffCard] = Field(
        default={}, description="Who serves, by the id they sign in with: shown on the terminal, with a figure each."
    )
    slides: list[Slide] = Field(default=[], max_length=50, description="What a terminal shows while nobody is asked.")
    diagonal_in: float | None = Field(
        default=None, ge=3, le=100, description="The terminals' diagonal in inches, so that faces are as large as fingers need."
    )  # fmt: skip
    keep: int = Field(default=1096, ge=1, le=36500, description="Ratings are kept so many days.")

    @cached_property
    def known(self) -> "dict[str, KnownLevel]":
        """The levels by id, with what was left out filled in."""
        return {level.id: KnownLevel(level, index, self.levels) for index, level in enumerate(self.levels)}


class KnownLevel:
    """A level with its face, score and meaning."""

    def __init__(self, level: Level, index: int, levels: Sequence[Level]) -> None:
        last = len(levels) - 1
        self.id, self.name = level.id, level.name
        self.face: Face = level.face or _FACES[len(levels)][index]
        self.score = round(100 * (last - index) / last, 1) if level.score is None else level.score
        self.satisfied = self.score >= 60 if level.satisfied is None else level.satisfied
        self.bad = index == last if level.bad is None else level.bad


def sensor_of(kind: str, name: str) -> str:
    """The entity with the figures of a counter or of somebody: `sensor.satisfaction_counter_1`."""
    return f"sensor.satisfaction_{kind}_{re.sub(r'[^a-z0-9_]+', '_', name.lower()).strip('_') or 'x'}"


def sensors(config: Config) -> set[str]:
    """What it will register."""
    counters = {sensor_of("counter", name) for name in config.counters or ()}
    return {"sensor.satisfaction", *counters, *(sensor_of("staff", name) for name in config.staff)}
