"""What `usher check` asks of automations once everything is known: do the things they name exist?

Entities (also inside templates), actions and their data, names, filters and tests in templates. Each complaint points
at the word itself, which is looked for in the file, for a template may go over several lines.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import BaseModel

from ..actions import Actions
from ..bus import Bus
from ..clock import SystemClock
from ..errors import Problem
from ..ids import is_entity_id
from ..integration import Checked
from ..schema import Target, did_you_mean, read, target_fields
from ..source import Input, Map
from ..states import States
from ..undisturbed import undisturbed
from .blueprints import Library
from .config import LanguageConfig, identities
from .instances import trap
from .never import Possible
from .places import locate
from .reading import ActionUse, EntityUse, Reading, items_of, without
from .ready import Ready
from .recursion import check_circles
from .relaxed import relaxed
from .script_config import ScriptData, data_model
from .specs import ALWAYS, Book, compile_all, compile_scripts
from .step_kinds import Ground
from .template_check import check_macros, check_template
from .template_config import compile_templates
from .templates import Template, Templates, is_template
from .triggers import MODELS

_HOME_ONLY: Final = frozenset({
    "alarm_control_panel", "climate", "cover", "device_tracker", "fan", "humidifier", "light", "lock", "media_player",
    "remote", "scene", "siren", "switch", "vacuum", "valve", "water_heater",
})  # fmt: skip
_COUNTS: Final = {  # Home Assistant's counter goes by another name
    f"counter.{verb}": f" A counter is a window here. Write counter_helper.{verb}."
    for verb in ("increment", "decrement", "reset", "set_value")
}


@undisturbed()
def check(checked: Checked) -> None:
    """Add every complaint about the automations."""
    bus, clock = Bus(SystemClock()), SystemClock()
    templates = Templates(States(bus, clock), clock, folder=checked.folder)
    book = Book(templates, Ground(Actions(), bus), checked.folder, {**MODELS, **checked.triggers})
    tree = getattr(checked.config, "automation", None)
    scripts = list(compile_scripts(getattr(checked.config, "script", None), book))
    look = _Look(checked, templates, Possible(checked))
    look.actions = {**checked.actions, **{
        spec.identity.entity_id: data_model(spec.identity.entity_id.partition(".")[2], spec.fields)
        for _, spec in scripts if spec is not None
    }}  # fmt: skip
    check_circles((spec.identity.entity_id, reading) for reading, spec in scripts if spec is not None)
    book.keep = Ready(Library(checked.folder), identities(tree))
    for reading, _ in compile_all(tree, book):  # one is forgotten before the next is made
        look.at(reading)
    if isinstance(checked.config, LanguageConfig) and book.keep.library.faultless:
        checked.config.hand_on(book.keep)
    for reading, _ in scripts:
        look.at(reading)
    for reading, _ in compile_templates(getattr(checked.config, "template", None), book):
        look.at(reading)
    found = [*look.problems, *look.possible.events(), *check_macros(checked, templates)]
    checked.problems.extend(dict.fromkeys(found))


@dataclass
class _Look:
    """Looks the names of one automation after the other up."""

    checked: Checked
    templates: Templates
    possible: Possible
    problems: list[Problem] = field(default_factory=list[Problem])
    actions: Mapping[str, Any] = field(default_factory=dict[str, Any])
    _faultless: dict[tuple[int, frozenset[str]], Any] = field(default_factory=dict[tuple[int, frozenset[str]], Any])

    def at(self, reading: Reading) -> None:
        self.possible.check(reading)
        known = self.checked.entities
        for use in dict.fromkeys([use for use in reading.entities if use.entity_id not in known]):
            self._entity(reading, use)
        for action in reading.actions:
            self._action(reading, action)
        names = ALWAYS.union(reading.names)
        for template in reading.used:
            key = (id(template.uses), names)  # automations of a blueprint have their templates in common
            if key not in self._faultless and not self._template(reading, template, names):
                self._faultless[key] = template.uses
        self.checked.references.extend(reading.references)
        self.problems += reading.problems

    # -- entities

    def _entity(self, reading: Reading, use: EntityUse) -> None:
        known = self.checked.entities
        domain, _, name = use.entity_id.partition(".")
        if use.entity_id in known or domain in self.checked.lost:
            return
        place = locate(use.place, use.entity_id) if use.template is not None else use.place
        near = [one for one in known if one.startswith(domain + ".")]
        hint = did_you_mean(use.entity_id, near or known)
        if not hint and near:
            hint = f" There are: {', '.join(sorted(near)[:8])}."
        elif not hint and not near and name:
            hint = f" No {domain} is defined."
        start = "template: " if use.template is not None else ""
        reading.complain(place, f"{start}{use.entity_id!r} is not an entity here.{hint}")

    # -- actions

    def _action(self, reading: Reading, use: ActionUse) -> None:
        known = self.actions
        if use.name not in known:
            domain = use.name.partition(".")[0]
            if domain in self.checked.lost_actions:
                return
            if domain in _HOME_ONLY:
                reading.complain(use.place, f"no such action {use.name!r}: {domain} belongs to a home. Remove it.")
                return
            hint = _COUNTS.get(use.name) or did_you_mean(use.name, known) or _listed([
                n for n in known if n.startswith(domain + ".")])  # fmt: skip
            reading.complain(use.place, f"no such action {use.name!r}.{hint}")
            return
        model = known[use.name]
        if isinstance(model, type) and issubclass(model, BaseModel):
            if not issubclass(model, ScriptData):  # which is given the target as a variable, as in Home Assistant
                self._target(reading, use, model)
            if use.data is not None:
                self._data(reading, use, model, use.data)

    def _target(self, reading: Reading, use: ActionUse, model: type[BaseModel]) -> None:
        targets = target_fields(model)
        named = use.target.get("entity_id") if isinstance(use.target, Map) else use.target
        if named is None:
            return
        domains = sorted({target.domain for target in targets.values()})
        for one, at in items_of(named, use.place):
            if not isinstance(one, str) or is_template(one) or not is_entity_id(one):
                continue
            if not _fits(one, targets):
                wanted = " or ".join(domains)
                reading.complain(at, f"{use.name} acts on {wanted}, not on {str(one)!r}. Write one as in {domains[0]}.main."
                                 if domains else f"{use.name} acts on nothing, not on {str(one)!r}. Remove it.")  # fmt: skip

    def _data(self, reading: Reading, use: ActionUse, model: type[BaseModel], data: Map) -> None:
        if "entity_id" in data and "entity_id" not in model.model_fields:
            reading.note_entities(data)  # an old spelling of target
            for entity in reading.entities[-len(items_of(data["entity_id"], use.place)) :]:
                self._entity(reading, entity)
            use = ActionUse(use.name, use.place, data, data["entity_id"])
            data = without(data, "entity_id")
        later = {str(key) for key, value in data.items() if _live(value)}
        if use.target is not None:
            later |= set(target_fields(model))
        asked = relaxed(model, frozenset(later)) if later else model
        found: list[Problem] = []
        read(asked, data, use.name, found, reading.references)
        for problem in found:
            reading.complain(problem.place or use.place, problem.text)
        if issubclass(model, ScriptData):
            uses: list[EntityUse] = []
            model.look(use.name, data, reading.complain, uses)
            for entity in uses:
                self._entity(reading, entity)

    # -- templates

    def _template(self, reading: Reading, template: Template, names: frozenset[str]) -> int:
        """Complain of its words; answers how often."""
        before = len(reading.problems)
        for word, text in check_template(self.checked, self.templates, template.uses, names):
            place = None if template.place is None else locate(template.place, word)
            if word in reading.inputs and text.startswith("template: no such variable"):
                text = trap(word, None).text
            if reading.unsure and text.startswith("template: no such variable"):
                continue
            open_ended = reading.open and text.startswith("template: no such variable")
            reading.complain(place, text, "warning" if open_ended else "error")
        return len(reading.problems) - before


def _fits(entity_id: str, targets: Mapping[str, Target]) -> bool:
    domain = entity_id.partition(".")[0]
    return any(target.domain in (domain, "*") for target in targets.values())


def _live(tree: Any) -> bool:
    """Whether a tree has a template in it."""
    if isinstance(tree, Mapping):
        return any(map(_live, tree.values()))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
    if isinstance(tree, list):
        return any(map(_live, tree))  # pyright: ignore[reportUnknownArgumentType]
    return is_template(tree) or isinstance(tree, Input)


def _listed(names: list[str]) -> str:
    return f" There are: {', '.join(sorted(names))}." if names else ""
