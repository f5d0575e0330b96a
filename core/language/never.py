"""What could never happen: a trigger that cannot fire, a condition that cannot hold, an event that nobody tells.

Looked for in the tree as it stands once its blueprint is filled in, for every complaint points at the very value. What
depends on a template or on a domain whose states are not declared (`Integration.values`) is left to run time.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any, Final, cast

from ..errors import Place, Problem
from ..integration import Checked
from ..schema import did_you_mean
from ..source import Map, Seq
from .numbers import is_number
from .reading import Reading, items_of, pick
from .templates import is_template

_OPAQUE: Final = frozenset({"data", "event_data", "variables", "trigger_variables", "target", "metadata"})
_ANYTHING: Final = frozenset({"unknown", "unavailable", ""})
_ASKED: Final = frozenset({"condition", "event", "wait_for_trigger"})
_CLOSE: Final = 0.8  # how much an unknown event must resemble a known one to be taken for a slip of the pen


class Possible:
    """Looks for what can never be, in one automation after the other.

    Which events anybody tells is known only when all were looked at: `events` complains of those that nobody does.
    """

    def __init__(self, checked: Checked) -> None:
        self._checked = checked
        self._told: set[str] = set()
        self._awaited: dict[str, list[tuple[Reading, Place]]] = {}

    def check(self, reading: Reading) -> None:
        """Complain of what can never be in this one."""
        if reading.tree is None:
            return
        steps = _steps(reading, reading.tree)
        _check(reading, _Look(reading, self._checked, self._awaited), reading.tree, steps)
        self._told |= {str(one["event"]) for one in steps if isinstance(one.get("event"), str)}

    def events(self) -> Iterator[Problem]:
        """Triggers of events that nobody tells. Any name may be the installer's own; one like a known one is not."""
        known = self._checked.events | self._told
        for name in self._awaited.keys() - known:
            hint = did_you_mean(name, known, _CLOSE)
            for reading, place in self._awaited[name] if hint else ():
                text = f"{reading.title}: trigger event: nobody here tells {name!r}.{hint}"
                yield Problem(place, text, "warning")


def _check(reading: Reading, look: "_Look", tree: Map, steps: list[Map]) -> None:
    given = tree.get("triggers")
    triggers = [(one, at) for one, at in items_of(given, tree.value_places.get("triggers", tree.place))]
    maps = [one for one, _ in triggers if isinstance(one, Map)]
    for one in maps:
        look.trigger(one)
    if maps and len(maps) == len(triggers) and all(one.get("enabled") is False for one in maps):
        place = maps[0].value_places.get("enabled")
        reading.complain(place, "all its triggers are off, so it never fires. Turn one on.", "warning")
    ids = None if given is None else {str(one.get("id", index)) for index, one in enumerate(maps)}
    for one in steps:
        if "wait_for_trigger" in one:
            for inner, _ in items_of(one["wait_for_trigger"], one.place):
                if isinstance(inner, Map):
                    look.trigger(inner)
        if "condition" in one:
            look.condition(one, ids)


def _steps(reading: Reading, tree: Any, skip: str = "triggers") -> list[Map]:
    """Every step and condition that is looked at here; what is only data is not looked into."""
    found: list[Map] = []
    children: Iterable[Any] = tree
    if isinstance(tree, Map):
        if not _ASKED.isdisjoint(tree):
            found.append(tree)
        children = [value for key, value in tree.items() if key not in _OPAQUE and key != skip]
    common = frozenset[int]() if reading.shared is None else reading.shared.parts
    for child in children:
        if id(child) in common:  # what automations of a blueprint have in common is walked once
            found += reading.once(child, "never", partial(_steps, reading, child, ""))
        elif isinstance(child, (Map, Seq)):
            found += _steps(reading, child, "")
    return found


class _Look:
    """Looks at the triggers and conditions of one automation."""

    def __init__(self, reading: Reading, checked: Checked,
                 awaited: dict[str, list[tuple[Reading, Place]]]) -> None:  # fmt: skip
        self.reading, self.checked, self.awaited = reading, checked, awaited

    def trigger(self, tree: Map) -> None:
        if tree.get("enabled") is False:
            return
        named = pick(tree, "trigger", "platform")
        word = str(named[0]) if named is not None else ""
        if word == "state":
            self._states(tree, ("from", "to", "not_from", "not_to"), "trigger state")
            self._same(tree)
        elif word == "numeric_state":
            self._number(tree, "trigger numeric_state")
        elif word == "event":
            self._event(tree)

    def condition(self, tree: Map, ids: set[str] | None) -> None:
        if tree.get("enabled") is False:
            return
        word = tree["condition"]
        if word == "state":
            self._states(tree, ("state",), "condition state")
        elif word == "numeric_state":
            self._number(tree, "condition numeric_state")
        elif word == "trigger" and ids is not None:
            self._ids(tree, ids)

    def _ids(self, tree: Map, ids: set[str]) -> None:
        for one, at in items_of(tree.get("id"), tree.value_places.get("id", tree.place)):
            if not is_template(one) and str(one) not in ids:
                hint = did_you_mean(str(one), ids) or f" There are: {', '.join(sorted(ids))}."
                self._complain(at, f"condition trigger: no trigger has the id {str(one)!r}.{hint}")

    def _same(self, tree: Map) -> None:
        given = [tree.get("from"), tree.get("to")]
        sides = [{str(one) for one, _ in items_of(side, tree.place)} for side in given]
        if sides[0] == sides[1] and len(sides[0]) == 1 and not is_template(next(iter(sides[0]))):
            self._complain(tree.value_places.get("to"),
                           f"trigger state: from and to are both {next(iter(sides[0]))!r}, so it never fires. Change one.")  # fmt: skip

    def _states(self, tree: Map, keys: tuple[str, ...], what: str) -> None:
        if "attribute" in tree:
            return
        known = [(entity_id, self._values(entity_id)) for entity_id in _entities(tree)]
        if not known or any(values is None for _, values in known):
            return
        for key in keys:
            for one, at in items_of(tree.get(key), tree.value_places.get(key, tree.place)):
                entity = known[0][0]
                if not any(_can_be(one, values) for _, values in known):
                    self._complain(at, f"{what}: {entity} is never {_spelled(one)}.{_hint(one, known[0][1])}")

    def _number(self, tree: Map, what: str) -> None:
        if "attribute" in tree or "value_template" in tree:
            return
        for one, at in items_of(tree.get("entity_id"), tree.value_places.get("entity_id", tree.place)):
            values = self._values(str(one))
            if isinstance(values, frozenset):
                listed = ", ".join(sorted(cast("frozenset[str]", values)))
                self._complain(at, f"{what}: the state of {str(one)!r} is never a number (it is {listed}). "
                               "Name an attribute: of it.")  # fmt: skip

    def _event(self, tree: Map) -> None:
        for one, at in items_of(tree.get("event_type"), tree.value_places.get("event_type", tree.place)):
            if isinstance(one, str) and not is_template(one) and one not in self.checked.events:
                self.awaited.setdefault(str(one), []).append((self.reading, at))

    def _values(self, entity_id: str) -> Any:
        """The states an entity can have, or None if that is not known."""
        domain = entity_id.partition(".")[0]
        return None if domain in self.checked.lost else self.checked.values.get(domain)

    def _complain(self, place: Place | None, text: str, severity: str = "error") -> None:
        self.reading.complain(place, text, severity)


def _entities(tree: Map) -> list[str]:
    found: list[str] = []
    for one, _ in items_of(tree.get("entity_id"), tree.place):
        found += [part.strip().lower() for part in one.split(",")] if isinstance(one, str) else [str(one)]
    return found


def _can_be(value: Any, values: Any) -> bool:
    if value is None or is_template(value) or isinstance(value, Mapping) or str(value) in _ANYTHING:
        return True
    if values == "number":
        return is_number(value)
    return str(value) in cast("frozenset[str]", values)


def _hint(value: Any, values: Any) -> str:
    if values == "number":
        return " Its state is a number."
    values = cast("frozenset[str]", values)
    if isinstance(value, bool) and {"on", "off"} <= values:
        return f' YAML takes on and off for true and false: write "{"on" if value else "off"}" in quotes.'
    return did_you_mean(str(value), values) or f" It is one of {', '.join(sorted(values))}."


def _spelled(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(str(value))
