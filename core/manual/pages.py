"""docs/reference.md and its Chinese twin: every key, action, trigger, condition, step and word, from the models."""

import json
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel, RootModel, SecretStr
from pydantic.fields import FieldInfo

from ..bus import Bus
from ..clock import SystemClock
from ..language.config import AutomationModel
from ..language.selectors import KINDS as SELECTORS
from ..language.templates import Templates
from ..schema import Target
from ..states import States
from ..words import Words, say
from .installed import Installed, item_model

Translate = Callable[[str], str]
_NAMES: Final[Mapping[Any, str]] = {str: "text", SecretStr: "text", int: "whole number", float: "number", bool: "truth"}
_BEFORE: Final[Mapping[str, str]] = {"duration": "duration", "time_of_day": "time of day", "name": "name",
                                     "entity_id": "entity id"}  # fmt: skip


@dataclass
class Page:
    """One language's page under construction."""

    found: Installed
    language: str
    translate: Translate
    commands: Iterable[tuple[str, str]]  # name, help

    def text(self) -> str:
        self._lines: list[str] = []
        self._told: set[Any] = set()
        self._head()
        self._keys()
        self._language()
        self._actions()
        self._words()
        self._selectors()
        self._integrations()
        self._table(("Command", "What it does"), [(f"`usher {name}`", self.t(text)) for name, text in self.commands],
                    title="Commands")  # fmt: skip
        return "\n".join(self._lines).rstrip() + "\n"

    def t(self, text: str) -> str:
        return self.translate(" ".join(text.split())) if text.strip() else ""

    def say(self, words: Words) -> str:
        return say(words, self.language)

    # -- parts

    def _head(self) -> None:
        self._lines += [f"# {self.t('Reference')}", "", self.t("Written by `usher docs` from the models that check the YAML: "
                        "do not change it by hand."), ""]  # fmt: skip

    def _title(self, text: str, level: int = 2) -> None:
        self._lines += [f"{'#' * level} {text}", ""]

    def _keys(self) -> None:
        self._title(self.t("Keys of configuration.yaml"))
        for key, (model, info) in sorted(self.found.keys.items()):
            self._title(f"`{key}:`", 3)
            if key in self.found.items:
                self._paragraph(str(info.description))
                self._devices(key)
            elif info is None:
                self._paragraph(_doc(model))
                self._model(model, key)
            else:
                self._paragraph(str(info.description))
                inner = AutomationModel if key == "automation" else None
                for one in [inner] if inner else _models_in(info.annotation):
                    self._model(one, f"{key}.<name>" if get_origin(info.annotation) is dict else key)

    def _devices(self, kind: str) -> None:
        base = self.found.items[kind]
        self._model(base, kind)
        for name, model in sorted(self.found.platforms.get(kind, {}).items()):
            own = {field: info for field, info in model.model_fields.items() if field not in base.model_fields}
            self._fields(own, f"`{kind}` · `platform: {name}`")
            self._nested(own.values(), f"{kind} · {name}")

    def _language(self) -> None:
        for title, models in (("Triggers", self.found.triggers), ("Conditions", self.found.conditions),
                              ("Steps", self.found.steps)):  # fmt: skip
            self._title(self.t(title))
            for name, model in sorted(models.items()):
                self._title(f"`{name}`", 3)
                self._paragraph(_doc(model))
                self._model(model, name)

    def _actions(self) -> None:
        self._title(self.t("Actions"))
        for name, model in sorted(self.found.actions.items()):
            self._title(f"`{name}`", 3)
            if model is not None:
                self._model(model, name)
                if not model.model_fields:
                    self._paragraph("It takes nothing.")
        self._title(self.t("Events"))
        self._lines += [", ".join(f"`{name}`" for name in sorted(self.found.events)), ""]

    def _words(self) -> None:
        clock = SystemClock()
        templates = Templates(States(Bus(clock), clock), clock)
        for title, words in (
            ("Functions of templates", templates.functions), ("Filters of templates", templates.filters),
            ("Tests of templates", templates.tests), ("Words lent to templates by the hall", self.found.words),
        ):  # fmt: skip
            self._title(self.t(title))
            self._lines += [", ".join(f"`{word}`" for word in sorted(words)), ""]

    def _selectors(self) -> None:
        self._title(self.t("Selectors of blueprints"))
        for name, (model, _) in sorted(SELECTORS.items()):
            self._title(f"`{name}`", 3)
            self._paragraph(_doc(model))
            if model.model_fields:
                self._fields(model.model_fields, "")

    def _integrations(self) -> None:
        rows = [(f"`{name}`", self.say(one.title), self.say(one.purpose), _ticked(one.platforms),
                 f"`pip install usher[{one.extra}]`" if one.extra else "")
                for name, one in sorted(self.found.manifests.items())]  # fmt: skip
        self._table(("Name", "Title", "What it is for", "Devices", "Needs"), rows, title="Integrations")

    # -- tables

    def _paragraph(self, text: str) -> None:
        if text:
            self._lines += [self.t(text), ""]

    def _table(self, head: tuple[str, ...], rows: Sequence[tuple[str, ...]], title: str = "") -> None:
        if title:
            self._title(self.t(title))
        self._lines += ["| " + " | ".join(self.t(one) for one in head) + " |", "|" + " --- |" * len(head)]
        self._lines += ["| " + " | ".join(_cell(one) for one in row) + " |" for row in rows]
        self._lines.append("")

    def _model(self, model: type[BaseModel], path: str) -> None:
        """A model's table, and those of the models within it."""
        if model in self._told:
            return
        self._told.add(model)
        if issubclass(model, RootModel):
            for inner in _models_in(model.model_fields["root"].annotation):
                self._model(inner, f"{path}.<name>")
            return
        if model.model_fields:
            self._fields(model.model_fields, "")
            self._nested(model.model_fields.values(), path)

    def _nested(self, fields: Iterable[FieldInfo], path: str) -> None:
        for info in fields:
            for inner in _models_in(info.annotation):
                if inner not in self._told and inner.model_fields:
                    self._title(f"{path}: {_plain_name(inner)}", 4)
                    self._paragraph(_doc(inner))
                    self._model(inner, path)

    def _fields(self, fields: Mapping[str, FieldInfo], caption: str) -> None:
        if caption:
            self._lines += [caption, ""]
        rows = [(f"`{info.alias or name}`", self._kind_words(kind_of(info)), self._default(info), self.t(info.description or ""))
                for name, info in fields.items()]  # fmt: skip
        self._table(("Key", "Type", "Default", "What it is for"), rows)

    def _kind_words(self, kind: str) -> str:
        """`list of whole number or text`, word by word."""
        parts: list[str] = []
        for part in kind.split(" or "):
            if part.startswith("list of "):
                parts.append(self.t("list of {x}").replace("{x}", self._kind_words(part.removeprefix("list of "))))
            else:
                parts.append(self.t(part))
        return self.t("{x} or {y}").split("{y}")[0].removeprefix("{x}").join(parts)

    def _default(self, info: FieldInfo) -> str:
        if info.is_required():
            return self.t("must be given")
        value = info.get_default(call_default_factory=True)
        if value is None or value == "":
            return ""
        if isinstance(value, BaseModel):
            value = value.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        try:
            return f"`{json.dumps(value, ensure_ascii=False, default=str)}`"
        except (TypeError, ValueError):
            return f"`{value}`"


def kind_of(info: FieldInfo) -> str:
    """What may be written, in words."""
    for marker in info.metadata:
        if isinstance(marker, Target):
            return _target(marker)
        name = str(getattr(getattr(marker, "func", None), "__name__", "")).lstrip("_")
        if name in _BEFORE:
            return _BEFORE[name]
    return _kind(info.annotation)


def _target(marker: Target) -> str:
    what = "thing" if marker.domain == "*" else f"`{marker.domain}`"
    return f"list of {what}" if marker.many else what


def _kind(annotation: Any) -> str:
    if annotation in _NAMES:
        return _NAMES[annotation]
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        for marker in inner[1:]:
            if isinstance(marker, Target):
                return _target(marker)
            name = str(getattr(getattr(marker, "func", None), "__name__", "")).lstrip("_")
            if name in _BEFORE:
                return _BEFORE[name]
        return _kind(inner[0])
    if origin in (Union, types.UnionType):
        kinds = [_kind(one) for one in inner if one is not type(None)]
        if set(kinds) == {"text", "mapping"} and str in inner:
            return "words"
        return " or ".join(dict.fromkeys(kinds))
    if origin is Literal:
        return " · ".join(f"`{one}`" for one in inner)
    if origin in (list, tuple):
        return f"list of {_kind(inner[0])}" if inner and _kind(inner[0]) != "anything" else "list"
    if origin is dict or annotation is dict:
        return "mapping"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "mapping"
    if isinstance(annotation, type) and annotation.__name__ == "time":
        return "time of day"
    return "anything"


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]


def _doc(model: type[BaseModel]) -> str:
    return " ".join((model.__doc__ or "").strip().split("\n\n")[0].split())


def _plain_name(model: type[BaseModel]) -> str:
    return model.__name__.lstrip("_")


def _ticked(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


__all__ = ["Page", "item_model", "kind_of"]
