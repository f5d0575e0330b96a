"""Programs: one automation's `actions:`, compiled."""

from typing import Any, cast

from ..errors import Place
from ..schema import did_you_mean
from ..source import Map
from .conditions import compile_conditions, hold, is_condition
from .reading import Reading, is_enabled, items_of, renamed, without
from .step_kinds import KINDS, LATER, Ground, StepCommon
from .steps import Doing, End, Outcome, Program, Step


class Programmer:
    """Makes a Program of one automation's `actions:`."""

    def __init__(self, reading: Reading, ground: Ground) -> None:
        self.reading, self.ground = reading, ground
        self.program = Program()

    def compile(self, tree: Any, place: Place, path: str) -> str:
        """Compile a list of steps and file it under its path; answers the path."""
        steps: list[Step] = []
        for index, (item, at) in enumerate(items_of(tree, place)):
            step = self._step(item, at, f"{path}/{index}")
            if step is not None:
                steps.append(step)
        self.program.lists[path] = tuple(steps)
        return path

    def _step(self, tree: Any, place: Place, path: str) -> Step | None:
        if is_condition(tree):
            return self._condition(tree, place, path)
        if not isinstance(tree, Map):
            self.reading.complain(
                place, 'a step is a mapping, as in  {action: counter.call_next, data: {counter: "1"}}.'
            )
            return None
        tree = renamed(renamed(tree, "service", "action"), "data_template", "data")
        tree = renamed(renamed(tree, "service_template", "action"), "event_data_template", "event_data")
        word = next((word for word in KINDS if word in tree), None)
        if word is None:
            self._no_such(tree)
            return None
        model_type, make = KINDS[word]
        model = self.reading.model(model_type, tree, f"step {word}")
        if model is None:
            return None
        do = make(self, model, tree, path)
        if do is None:
            return None
        common = cast("StepCommon", model)
        return Step(path, tree.place, do, word, common.alias, common.enabled, common.continue_on_error)

    def _condition(self, tree: Any, place: Place, path: str) -> Step:
        alias, enabled, go_on = None, True, False
        if isinstance(tree, Map):
            alias, enabled, go_on = tree.get("alias"), is_enabled(self.reading, tree), False
            tree = without(tree, "continue_on_error")
        conditions = compile_conditions(self.reading, tree, place, path)

        def do(run: Doing) -> Outcome:
            return None if hold(conditions, run.names, run.note_answer) else End("condition")

        return Step(path, place, do, "condition", alias, enabled, go_on)

    def _no_such(self, tree: Map) -> None:
        keys = [str(key) for key in tree if key not in ("alias", "enabled", "continue_on_error", "data", "target")]
        known = [*KINDS, "condition"]
        word = keys[0] if keys else ""
        place = tree.key_places.get(word, tree.place)
        if word in LATER:
            self.reading.complain(place, f"the step {word!r} is not here yet.")
        elif word in ("scene", "device_id", "device"):
            self.reading.complain(place, f"the step {word!r} belongs to a home; a hall has no such thing.")
        elif word:
            hint = did_you_mean(word, known) or f" There are: {', '.join(known)}."
            self.reading.complain(place, f"no such step {word!r}.{hint}")
        else:
            self.reading.complain(place, f"this step does nothing. Write one of {', '.join(known)}.")
