"""Programs: the steps of one automation or script, compiled."""

from collections.abc import Mapping
from typing import Any, Final, cast

from pydantic import BaseModel

from ..errors import Place
from ..schema import did_you_mean
from ..source import Map
from .conditions import compile_conditions, hold, is_condition
from .reading import Reading, Value, items_of, renamed, without
from .step_kinds import KINDS, Ground, StepCommon
from .steps import LEAVE, Do, Doing, Made, Outcome, Program, Step
from .templates import is_template

_OLD: Final = (("service", "action"), ("service_template", "action"), ("data_template", "data"),
               ("event_data_template", "event_data"))  # fmt: skip
_OLD_KEYS: Final = frozenset(old for old, _ in _OLD)
_HOME_ONLY: Final = ("scene", "device_id", "device", "set_conversation_response")
_COMMON: Final = ("alias", "enabled", "continue_on_error")


class Programmer:
    """Makes a Program of a list of steps. `triggers` are the words that wait_for_trigger may use."""

    def __init__(self, reading: Reading, ground: Ground, triggers: Mapping[str, type[BaseModel]] | None = None,
                 *, lent_later: bool = False) -> None:  # fmt: skip
        self.reading, self.ground = reading, ground
        self.triggers: Mapping[str, type[BaseModel]] = triggers or {}
        self.lent_later = lent_later
        self.program = Program()

    def compile(self, tree: Any, place: Place, path: str) -> str:
        """Compile a list of steps and file it under its path; answers the path."""
        steps: list[Step] = []
        for index, (item, at) in enumerate(items_of(tree, place)):
            step = self._common(item, at, f"{path}/{index}")
            if step is not None:
                steps.append(step)
        self.program.lists[path] = tuple(steps)
        return path

    def _common(self, tree: Any, place: Place, path: str) -> Step | None:
        """One step; taken from another automation of the same blueprint if it is the same there."""
        if self.reading.shared is None or id(tree) not in self.reading.shared.parts:
            return self._step(tree, place, path)
        step, lists = self.reading.once(tree, path, lambda: self._apart(tree, place, path))
        self.program.lists.update(lists)
        return step

    def _apart(self, tree: Any, place: Place, path: str) -> tuple[Step | None, Mapping[str, tuple[Step, ...]]]:
        """One step and its inner lists, by themselves."""
        whole, self.program = self.program, Program()
        try:
            return self._step(tree, place, path), self.program.lists
        finally:
            self.program = whole

    def _step(self, tree: Any, place: Place, path: str) -> Step | None:
        if is_condition(tree):
            return self._condition(tree, place, path)
        if not isinstance(tree, Map):
            self.reading.complain(
                place, 'a step is a mapping. Write  {action: counter.call_next, data: {counter: "1"}}.'
            )
            return None
        if not _OLD_KEYS.isdisjoint(tree):
            for old, new in _OLD:
                tree = _merged(tree, old, new)
        word = next((word for word in KINDS if word in tree), None)
        if word is None or any(key in tree for key in _HOME_ONLY):
            self._no_such(tree)
            return None
        model_type, make = KINDS[word]
        model = self.reading.model(model_type, tree, f"step {word}")
        if model is None:
            self._names(tree)
            return None
        made = make(self, model, tree, path)
        if made is None:
            return None
        common = cast("StepCommon", model)
        return self._made(path, tree, made, word, common)

    def _names(self, tree: Map) -> None:
        """The variables that a faulty step was to set: who uses them is not at fault too."""
        given, kept = tree.get("variables"), tree.get("response_variable")
        if isinstance(given, Map):
            self.reading.names |= set(map(str, given))
        if isinstance(kept, str):
            self.reading.names.add(str(kept))
        inner = ("variables" in tree and not isinstance(given, Map)) or (kept is not None and not isinstance(kept, str))
        self.reading.unsure |= inner or any(isinstance(value, (Map, list)) for value in tree.values())

    def _made(self, path: str, tree: Map, made: Do | Made, word: str, common: StepCommon) -> Step:
        enabled = self._enabled(tree)
        if not isinstance(made, Made):
            return Step(path, tree.place, made, word, common.alias, enabled, common.continue_on_error)
        return Step(path, tree.place, made.do, word, common.alias, enabled, common.continue_on_error,
                    made.again, made.watch, made.late)  # fmt: skip

    def _enabled(self, tree: Map) -> bool | Value:
        """The key `enabled`: true, false, or a template that is asked each time."""
        given = tree.get("enabled", True)
        if isinstance(given, bool):
            return given
        place = tree.value_places.get("enabled", tree.place)
        if is_template(given):
            return self.reading.value(given, place)
        self.reading.complain(place, f"enabled: {given!r} is not true or false. Write one of them.")
        return True

    def _condition(self, tree: Any, place: Place, path: str) -> Step:
        alias, go_on = None, False
        enabled: bool | Value = True
        if isinstance(tree, Map):
            alias, enabled = tree.get("alias"), self._enabled(tree)
            go_on = tree.get("continue_on_error") is True
            tree = without(tree, "continue_on_error", "enabled")
        conditions = compile_conditions(self.reading, tree, place, path)

        def do(run: Doing) -> Outcome:
            return None if hold(conditions, run.names, run.note_answer) else LEAVE

        return Step(path, place, do, "condition", alias, enabled, go_on)

    def _no_such(self, tree: Map) -> None:
        home = next((key for key in _HOME_ONLY if key in tree), None)
        keys = [str(key) for key in tree if key not in (*_COMMON, "data", "target")]
        known = [*KINDS, "condition"]
        word = home or (keys[0] if keys else "")
        place = tree.key_places.get(word, tree.place)
        if word == "set_conversation_response":
            self.reading.complain(place, f"the step {word!r} belongs to a home's voice assistant. Write the action "
                                         "speaker.announce.")  # fmt: skip
        elif home:
            self.reading.complain(place, f"the step {word!r} belongs to a home; a hall has no such thing. Remove it.")
        elif word:
            hint = did_you_mean(word, known) or f" There are: {', '.join(known)}."
            self.reading.complain(place, f"no such step {word!r}.{hint}")
        else:
            self.reading.complain(place, f"this step does nothing. Write one of {', '.join(known)}.")


def _merged(tree: Map, old: str, new: str) -> Map:
    """A key under its newer spelling; where both stand and are mappings they are one, as in Home Assistant."""
    if old not in tree or new not in tree:
        return renamed(tree, old, new)
    first, second = tree[new], tree[old]
    if not isinstance(first, Map) or not isinstance(second, Map):
        return tree
    both = Map(first.place)
    for part in (first, second):
        for key, value in part.items():
            both.put(key, value, part.key_places.get(key, part.place), part.value_places.get(key, part.place))
    made = without(tree, old, new)
    made.put(new, both, tree.key_places.get(new, tree.place), tree.value_places.get(new, tree.place))
    return made
