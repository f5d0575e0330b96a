"""Finds a layout written elsewhere and puts its inputs in: `blueprints/ticket/`, the installer's own, then the shipped.

A ticket blueprint is a file with `blueprint:` (name, description, domain: ticket, input) and `blocks:`.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, TemplateSyntaxError
from pydantic import Field

from ...errors import ConfigError, Place, Problem
from ...schema import Strict, WordsField, did_you_mean, read
from ...source import Input, Map, Seq, Source, Text
from ...syntax import template_mend
from .layouts import Block, Blocks, Layout, UseBlueprint

SHIPPED: Final = Path(__file__).parents[3] / "blueprints" / "ticket"
STANDARD: Final = UseBlueprint(path="usher/bank.yaml")  # what a printer without a layout prints
TEST: Final = UseBlueprint(path="usher/test.yaml")


_JINJA: Final = Environment(extensions=["jinja2.ext.loopcontrols"])  # noqa: S701 - parses only


class InputSpec(Strict):
    """One thing a blueprint asks for."""

    name: WordsField | None = Field(None, description="What people call it.")
    description: WordsField | None = Field(None, description="What it is for.")
    default: Any = Field(None, description="Taken where nothing is given.")
    selector: dict[str, Any] | None = Field(None, description="The form's field in the panel.")


class Section(Strict):
    """Inputs shown together."""

    name: WordsField | None = Field(None, description="What people call it.")
    description: WordsField | None = Field(None, description="What it is for.")
    icon: str | None = Field(None, description="A sign for it.")
    collapsed: bool = Field(False, description="Whether it is shown closed at first.")
    input: dict[str, InputSpec | None] = Field(description="The inputs in it.")


class Head(Strict):
    """The head of a ticket blueprint."""

    name: WordsField = Field(description="What people call it.")
    description: WordsField = Field("", description="What it prints.")
    domain: str = Field("ticket", pattern="^ticket$", description="ticket.")
    author: str | None = Field(None, description="Who wrote it.")
    version: Any = Field(None, description="Its version, in its author's own counting.")
    source_url: str | None = Field(None, description="Where it came from.")
    homeassistant: Any = Field(None, description="The least Home Assistant whose language it speaks; not read.")
    usher: Any = Field(None, description="The least usher it works with; `usher blueprint check` looks at it.")
    input: dict[str, InputSpec | Section | None] = Field({}, description="What it asks for, also in sections.")


class Blueprint(Strict):
    """A ticket blueprint, its inputs put in."""

    blueprint: Head = Field(description="Its head.")
    blocks: Blocks = Field(description="From top to bottom.")


def blocks_of(
    layout: Layout | None, folder: Path, where: Callable[..., Place | None] = lambda *_, **__: None
) -> list[Block]:
    """The blocks of an item's layout. Raises ConfigError with every fault; `where` tells the place of an item's key."""
    if layout is not None and layout.blocks is not None:
        return layout.blocks
    use = (layout.use_blueprint if layout is not None else None) or STANDARD
    problems: list[Problem] = []
    blocks = _read(use, folder, where, problems)
    if problems or blocks is None:
        raise ConfigError(problems)
    return blocks


def _read(use: UseBlueprint, folder: Path, where: Callable[..., Place | None], problems: list[Problem]
          ) -> list[Block] | None:  # fmt: skip
    file = find(use.path, folder)
    if file is None:
        near = did_you_mean(use.path, known(folder))
        problems.append(Problem(
            where("path"), f"use_blueprint: there is no blueprints/ticket/{use.path}, here or shipped.{near or ' Put it there.'}"))  # fmt: skip
        return None
    source = Source(file.parent)
    tree = source.read(file)
    problems += source.problems
    if source.problems:
        return None
    asked = _asked(tree)
    for name in use.input:
        if name not in asked:
            problems.append(Problem(
                where("input", name, key=True), f"use_blueprint: {use.path} does not ask for {name!r}.{did_you_mean(name, asked) or ' Remove it.'}"))  # fmt: skip
    problems += broken_templates(tree)
    found = read(Blueprint, _put_in(tree, {**asked, **use.input}, problems), "", problems)
    return found.blocks if found else None


def broken_templates(tree: Any) -> Iterator[Problem]:
    """Templates in a part of the YAML that cannot be read, each at its place."""
    if isinstance(tree, Text) and ("{{" in tree or "{%" in tree):
        try:
            _JINJA.parse(tree)
        except TemplateSyntaxError as error:
            message = (error.message or "").rstrip(".")
            yield Problem(tree.place, f"template: {message}.{template_mend(error.message or '')}")
        except RecursionError:
            yield Problem(tree.place, "template: its brackets go too deep. Set parts of it as variables first.")
    for part in tree.values() if isinstance(tree, Map) else tree if isinstance(tree, Seq) else ():
        yield from broken_templates(part)


def find(path: str, folder: Path) -> Path | None:
    """The file of a ticket blueprint; never outside the two folders."""
    for root in (folder / "blueprints" / "ticket", SHIPPED):
        file = (root / path).resolve()
        if file.is_relative_to(root.resolve()) and file.is_file():
            return file
    return None


def known(folder: Path) -> list[str]:
    """Every ticket blueprint there is."""
    roots = (folder / "blueprints" / "ticket", SHIPPED)
    return sorted({str(f.relative_to(r)) for r in roots if r.is_dir() for f in r.rglob("*.yaml")})


def _asked(tree: Any) -> dict[str, Any]:
    """The inputs of a blueprint and their defaults, as far as they can be read."""
    head = tree.get("blueprint") if isinstance(tree, Map) else None
    inputs = head.get("input") if isinstance(head, Map) else None
    return _declared(inputs) if isinstance(inputs, Map) else {}


def _declared(inputs: Map) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, spec in inputs.items():
        if isinstance(spec, Map) and isinstance(spec.get("input"), Map):  # a section
            found.update(_declared(spec["input"]))
        else:
            found[str(name)] = spec.get("default") if isinstance(spec, Map) else None
    return found


def _put_in(tree: Any, inputs: Mapping[str, Any], problems: list[Problem]) -> Any:
    """The same tree with every `!input name` replaced, places kept."""
    if isinstance(tree, Input):
        if tree.name not in inputs:
            problems.append(Problem(
                tree.place, f"!input {tree.name}: the head has no such input.{did_you_mean(tree.name, inputs)}"))  # fmt: skip
        value = inputs.get(tree.name)
        return "" if value is None else value
    if isinstance(tree, Map):
        mapped = Map(tree.place)
        for key, value in tree.items():
            mapped.put(key, _put_in(value, inputs, problems), tree.key_places[key], tree.value_places[key])
        return mapped
    if isinstance(tree, Seq):
        listed = Seq(tree.place)
        for value, place in zip(tree, tree.item_places, strict=True):
            listed.put(_put_in(value, inputs, problems), place)
        return listed
    return tree
