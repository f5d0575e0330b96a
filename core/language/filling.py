"""Putting values where a blueprint says `!input`: planned once for each blueprint, done for each of its automations.

Only the mappings and lists that lead to an `!input` are made anew. All else is the blueprint's own tree in every
automation made of it, so what is compiled of it is compiled once (`sharing.py`). Nobody changes a tree once it is read.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from ..errors import Place
from ..source import Input, Map, Seq, Text

Values: TypeAlias = Mapping[str, tuple[Any, Place]]
Fill: TypeAlias = Callable[[Values], Any]


def plan(tree: Any) -> Fill | None:
    """How a tree is filled; None if there is nothing to fill."""
    if isinstance(tree, Input):
        name = tree.name
        return lambda values: values[name][0]
    if isinstance(tree, Map):
        return _of_map(tree)
    if isinstance(tree, Seq):
        return _of_list(tree)
    return None


def _of_map(tree: Map) -> Fill | None:
    parts = [(key, fill) for key, value in tree.items() if (fill := plan(value)) is not None]
    holes = [(key, value.name) for key, value in tree.items() if isinstance(value, Input)]
    if not parts:
        return None

    def fill_map(values: Values) -> Map:
        made = Map(tree.place)
        made.update(tree)
        made.key_places = tree.key_places
        for key, fill in parts:
            made[key] = fill(values)
        if holes:
            places = made.value_places = tree.value_places.copy()
            for key, name in holes:
                places[key] = values[name][1]
        else:
            made.value_places = tree.value_places
        return made

    return fill_map


def _of_list(tree: Seq) -> Fill | None:
    parts = [(index, fill) for index, value in enumerate(tree) if (fill := plan(value)) is not None]
    holes = [(index, value.name) for index, value in enumerate(tree) if isinstance(value, Input)]
    if not parts:
        return None

    def fill_list(values: Values) -> Seq:
        made = Seq(tree.place)
        made.extend(tree)
        for index, fill in parts:
            made[index] = fill(values)
        made.item_places = list(tree.item_places)
        for index, name in holes:
            made.item_places[index] = values[name][1]
        return made

    return fill_list


def constants(tree: Any) -> set[int]:
    """The ids of the mappings and lists that every filled tree has in common."""
    found: set[int] = set()

    def walk(node: Any, fixed: bool) -> None:
        fixed = fixed or plan(node) is None
        if isinstance(node, (Map, Seq)):
            if fixed:
                found.add(id(node))
            for child in node.values() if isinstance(node, Map) else node:
                walk(child, fixed)

    walk(tree, False)
    return found


def texts(tree: Any) -> set[int]:
    """The ids of the texts that every filled tree has in common: all of a blueprint's own."""
    if isinstance(tree, Text):
        return {id(tree)}
    if not isinstance(tree, (Map, Seq)):
        return set()
    return {one for child in (tree.values() if isinstance(tree, Map) else tree) for one in texts(child)}
