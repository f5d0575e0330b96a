"""What may stand under each selector: Home Assistant's options, and those of the hall's own selectors.

An option that only shapes the form (`mode`, `sort`) is known and checked, and means nothing for a value.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, cast

from pydantic import BeforeValidator, Field, model_validator

from ..schema import Strict, WordsField


def _listed(value: Any) -> Any:
    return cast("list[Any]", value) if isinstance(value, list) else [value]


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


Strings = Annotated[list[str], BeforeValidator(_listed)]


class Options(Strict):
    """Of a selector without options of its own, and of every other."""

    read_only: bool = Field(False, description="Shown in the form, not changed there.")


class Many(Options):
    """Of a selector that may take several."""

    multiple: bool = Field(False, description="Whether it is a list.")


class EntityFilter(Strict):
    """Which entities fit; all that is said must hold."""

    domain: Strings | None = Field(None, description="Their domain, or several.")
    device_class: Strings | None = Field(None, description="Their device class; known only when the hall runs.")
    integration: str | None = Field(None, description="Who brings them; not asked.")
    supported_features: Any = Field(None, description="Of Home Assistant; not asked.")


Filters = Annotated[list[EntityFilter], BeforeValidator(_listed)]


class EntityOptions(Many):
    """`entity`: one entity, or several."""

    domain: Strings | None = Field(None, description="Their domain, or several (as in filter).")
    device_class: Strings | None = Field(None, description="Their device class (as in filter).")
    integration: str | None = Field(None, description="Who brings them; not asked.")
    include_entities: Strings | None = Field(None, description="Only these may be given.")
    exclude_entities: Strings | None = Field(None, description="These may not be given.")
    filter: Filters | None = Field(None, description="What fits: one of these filters.")
    reorder: bool = Field(False, description="Whether the form lets them be put in order.")


class TargetOptions(Options):
    """`target`: the things an action is for."""

    entity: Filters | None = Field(None, description="Which entities fit.")
    device: Any = Field(None, description="Of Home Assistant; not asked.")


class PlaceOptions(Many):
    """`area`, `device` and `floor`: of a home."""

    entity: Any = Field(None, description="Of Home Assistant.")
    device: Any = Field(None, description="Of Home Assistant.")
    filter: Any = Field(None, description="Of Home Assistant.")
    integration: str | None = Field(None, description="Of Home Assistant.")
    manufacturer: str | None = Field(None, description="Of Home Assistant.")
    model: str | None = Field(None, description="Of Home Assistant.")
    model_id: str | None = Field(None, description="Of Home Assistant.")
    reorder: bool = Field(False, description="Of Home Assistant.")


class NumberOptions(Options):
    """`number`."""

    min: float | None = Field(None, description="The least.")
    max: float | None = Field(None, description="The most.")
    step: Annotated[float, Field(gt=0)] | Literal["any"] | None = Field(None, description="From one value to the next.")
    unit_of_measurement: WordsField | None = Field(None, description="Shown behind it.")
    mode: Literal["box", "slider"] | None = Field(None, description="How the form asks.")
    translation_key: str | None = Field(None, description="Of Home Assistant; not read.")

    @model_validator(mode="after")
    def _from_to(self) -> "NumberOptions":
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("min is more than max. Change one of them")
        if self.mode == "slider" and (self.min is None or self.max is None):
            raise ValueError("a slider needs min and max. Add them")
        return self


class Choice(Strict):
    """One that may be chosen."""

    value: Annotated[str, BeforeValidator(_text)] = Field(description="What is given.")
    label: WordsField = Field(description="What people read.")


def _choices(value: Any) -> Any:
    """`[a, {value: b, label: Bee}]`, and `{b: Bee}` for short."""
    if isinstance(value, Mapping):
        return [{"value": k, "label": v} for k, v in cast("Mapping[Any, Any]", value).items()]
    if not isinstance(value, list):
        return value
    given = cast("list[Any]", value)
    return [one if isinstance(one, Mapping) else {"value": one, "label": str(one)} for one in given]


class SelectOptions(Many):
    """`select`: one of these, or several."""

    options: Annotated[list[Choice], BeforeValidator(_choices)] = Field(
        min_length=1, description="What may be chosen: a list of texts or of {value, label}."
    )
    custom_value: bool = Field(False, description="Whether something else may be written.")
    mode: Literal["list", "dropdown", "box"] | None = Field(None, description="How the form asks.")
    sort: bool = Field(False, description="Whether the form sorts them.")
    translation_key: str | None = Field(None, description="Of Home Assistant; not read.")


TEXT_TYPES: Final = [
    "color",
    "date",
    "datetime-local",
    "email",
    "month",
    "number",
    "password",
    "search",
    "tel",
    "text",
    "time",
    "url",
    "week",
]


class TextOptions(Many):
    """`text`."""

    multiline: bool = Field(False, description="Whether the form gives several lines.")
    type: Literal["color", "date", "datetime-local", "email", "month", "number", "password", "search", "tel", "text",
                  "time", "url", "week"] | None = Field(None, description="What kind of text.")  # fmt: skip
    prefix: str | None = Field(None, description="Shown before it.")
    suffix: str | None = Field(None, description="Shown behind it.")
    autocomplete: str | None = Field(None, description="What a browser may fill in.")


class TimeOptions(Options):
    """`time`."""

    no_second: bool = Field(False, description="Whether the form asks for no seconds.")


class DurationOptions(Options):
    """`duration`."""

    enable_day: bool = Field(False, description="Whether the form asks for days.")
    enable_millisecond: bool = Field(False, description="Whether the form asks for milliseconds.")
    enable_second: bool = Field(True, description="Whether the form asks for seconds.")
    allow_negative: bool = Field(False, description="Whether it may be less than nothing.")


class OfEntityOptions(Many):
    """`attribute` and `state`: of this entity."""

    entity_id: Any = Field(None, description="The entity whose states or attributes the form shows.")
    attribute: str | None = Field(None, description="Of this attribute.")
    hide_attributes: Strings | None = Field(None, description="Not shown.")
    hide_states: Strings | None = Field(None, description="Not shown.")


class IconOptions(Options):
    """`icon`."""

    placeholder: str | None = Field(None, description="Shown while nothing is given.")
    fallbackPath: str | None = Field(None, description="Of Home Assistant.")  # its spelling


class LanguageOptions(Options):
    """`language`."""

    languages: Strings | None = Field(None, description="Only these.")
    native_name: bool = Field(False, description="Whether each is shown in itself.")
    no_sort: bool = Field(False, description="Whether the form leaves their order.")


class CountryOptions(Options):
    """`country`."""

    countries: Strings | None = Field(None, description="Only these.")
    no_sort: bool = Field(False, description="Whether the form leaves their order.")


class ColorTempOptions(Options):
    """`color_temp`."""

    unit: Literal["kelvin", "mired"] = Field("mired", description="The unit.")
    min: float | None = Field(None, description="The least.")
    max: float | None = Field(None, description="The most.")
    min_mireds: float | None = Field(None, description="The least (old spelling).")
    max_mireds: float | None = Field(None, description="The most (old spelling).")


class ConstantOptions(Options):
    """`constant`: this value or nothing."""

    value: str | int | float | bool = Field(description="The value.")
    label: WordsField | None = Field(None, description="What people read.")
    translation_key: str | None = Field(None, description="Of Home Assistant; not read.")


class LocationOptions(Options):
    """`location`."""

    icon: str | None = Field(None, description="The sign on the map.")
    radius: bool = Field(False, description="Whether a radius is asked for.")


class MediaOptions(Many):
    """`media`."""

    accept: Strings | None = Field(None, description="Which kinds.")


class FileOptions(Options):
    """`file`: a file of the configuration folder."""

    accept: str | None = Field(None, description="Its endings, as in .png,.jpg.")


class ObjectField(Strict):
    """One field of an `object`."""

    selector: Any = Field(None, description="What may be given.")
    label: WordsField | None = Field(None, description="What people read.")
    required: bool = Field(False, description="Whether it must be given.")


class ObjectOptions(Many):
    """`object`: anything, or a record of these fields."""

    fields: dict[str, ObjectField] | None = Field(None, description="Its fields.")
    label_field: str | None = Field(None, description="Shown in the list.")
    description_field: str | None = Field(None, description="Shown below it.")
    translation_key: str | None = Field(None, description="Of Home Assistant; not read.")


class QrOptions(Options):
    """`qr_code`: shown in the form, never given."""

    data: str = Field(description="What is in it.")
    scale: float | None = Field(None, description="Its size.")
    error_correction_level: Literal["low", "medium", "quartile", "high"] | None = Field(
        None, description="Of the code."
    )


class NamedOptions(Options):
    """Selectors of things that only a home has: a name."""

    name: str | None = Field(None, description="Of Home Assistant.")
    slug: str | None = Field(None, description="Of Home Assistant.")
    integration: str | None = Field(None, description="Of Home Assistant.")
    language: str | None = Field(None, description="Of Home Assistant.")
    include_default: bool = Field(False, description="Of Home Assistant.")
    include_last_used: bool = Field(False, description="Of Home Assistant.")
    multiple: bool = Field(False, description="Of Home Assistant.")


class WordsOptions(Options):
    """`words`: one text, or one a language."""

    languages: Strings | None = Field(None, description="Each of these must be there if it is one a language.")
    multiline: bool = Field(False, description="Whether the form gives several lines.")
