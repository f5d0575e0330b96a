"""The whole configuration: the YAML of a folder becomes models, or all problems at once.

The root is made of the wings' fields (`queue:`, `printer:`, ...) and one key an integration. An item of a device list
(`printer: [{platform: escpos, ...}]`) is read with its platform's own model. Nothing is set up here, and of an
integration nothing is imported but its declaration.
"""

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, get_args, get_origin

from pydantic import BaseModel, ValidationError

from .account_actions import MODELS
from .errors import ConfigError, IntegrationError, Place, Problem
from .integration import Checked, Integration, Manifest, Platform, Values
from .loader import ImportFailed, Loader
from .packages import ROOT, lacks, lay_in
from .references import check_references
from .schema import Listed, Nothing, Reference, did_you_mean, read
from .site import UsherConfig
from .source import Map, Seq, Source, place_of, shown_path
from .undisturbed import undisturbed

ENTRY: Final = "configuration.yaml"
ALWAYS: Final = ("http", "persistent_notification")  # in every hall, also where the YAML does not name them
_EVENTS: Final = frozenset({
    "state_changed", "usher_started", "usher_start", "usher_stop", "usher_reloaded", "homeassistant_started",
    "homeassistant_start", "homeassistant_stop", "homeassistant_final_write", "homeassistant_close", "core_config_updated",
    "call_service", "service_registered", "service_removed", "component_loaded", "user_added", "user_updated", "user_removed",
})  # fmt: skip  # of the engine, and Home Assistant's of the same meaning: who waits for one that never comes is not told
_HOME_ONLY: Final = (
    "alarm_control_panel climate cover default_config device_tracker energy fan frontend homekit humidifier light lock "
    "lovelace person remote scene sun switch vacuum water_heater weather zha zone zwave_js"
)
_ELSEWHERE: Final = {"history": "recorder", "logbook": "recorder", "media_player": "speaker", "tts": "voice"}
_BY_ITSELF: Final = ("config", "logger", "my", "ssdp", "stream", "system_health", "system_log", "usb", "zeroconf")


@dataclass(frozen=True, slots=True)
class Loaded:
    """One wing or integration that stands in the YAML.

    `config` is its model: None when it has none. `error` says why it cannot run on this machine (a missing extra, an
    import that failed): the engine keeps it down and the hall runs on.
    """

    name: str
    integration: Integration[Any]
    config: Any
    place: Place | None = None
    manifest: Manifest | None = None
    error: IntegrationError | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """One item of a device list: `kind.id`, its model, who brings its platform, and where it stands."""

    kind: str
    id: str
    item: Any
    platform: str
    place: Place | None


@dataclass
class Configuration:
    """What was read. `problems` are sorted by file and line; when one is an error the models are not to be run."""

    folder: Path
    usher: UsherConfig = field(default_factory=lambda: UsherConfig.model_validate({}))
    wings: list[Loaded] = field(default_factory=list[Loaded])  # in the order given
    integrations: list[Loaded] = field(default_factory=list[Loaded])  # by name
    devices: list[Device] = field(default_factory=list[Device])
    models: dict[str, Any] = field(default_factory=dict[str, Any])  # by top-level key
    tree: Map = field(default_factory=lambda: Map(Place(ENTRY, 1, 1)))
    entities: set[str] = field(default_factory=set[str])  # known from the YAML alone
    problems: list[Problem] = field(default_factory=list[Problem])
    missing: list[Problem] = field(default_factory=list[Problem])  # what this machine lacks; not the YAML's fault
    files: list[Path] = field(default_factory=list[Path])
    references: list[Reference] = field(default_factory=list[Reference])  # names that must exist

    @classmethod
    def read(cls, folder: Path, wings: Sequence[Integration[Any]], loader: Loader | None = None, *,
             always: Sequence[str] = ALWAYS) -> "Configuration":  # fmt: skip
        """Read a folder: every problem is in the answer, none is raised."""
        with undisturbed():
            return _Reading(folder, wings, loader or Loader(folder), always).read()

    @property
    def errors(self) -> list[Problem]:
        """The problems that keep the hall from starting."""
        return [p for p in self.problems if p.severity == "error"]

    def check(self) -> None:
        """Raise all errors, if there are any."""
        if self.errors:
            raise ConfigError(self.problems)

    def platforms(self) -> dict[str, Platform[Any]]:
        """What the engine lends as PLATFORMS: `<kind>.<platform>` -> Platform, of all that is loaded and can run."""
        return {f"{kind}.{one.name}": platform for one in self.integrations if one.error is None
                for kind, platform in one.integration.platforms.items()}  # fmt: skip


class _Reading:
    """One reading of one folder, step by step."""

    def __init__(self, folder: Path, wings: Sequence[Integration[Any]], loader: Loader,
                 always: Sequence[str]) -> None:  # fmt: skip
        self.source, self.loader, self.always = Source(folder), loader, always
        self.result = Configuration(folder)
        self.wings = {_wing_name(wing): wing for wing in wings}
        self.keys = {key: wing for wing in wings for key in (wing.config.model_fields if wing.config else ())}
        self.lists = {key for key, wing in self.keys.items() if _is_list(wing.config, key)}
        self.problems, self.references = self.result.problems, self.result.references
        self.actions: dict[str, Any] = dict(MODELS)
        self.used: dict[str, Place | None] = {}  # integrations named, and where first
        self.integrations: dict[str, Integration[Any]] = {}
        self.failed: dict[str, IntegrationError] = {}
        self.partial: set[str] = set()  # wings and integrations of which faulty parts were left out
        # What is missed because of a fault that is told already is no second fault: see Checked.
        self.lost, self.lost_actions = set[str](), set[str]()

    def read(self) -> Configuration:
        root = self._root()
        self.result.tree = root
        self.result.files = self.source.files
        self._usher(root)
        self._wings(root)
        self._integrations(root)
        self._missing()
        self._checks(root)
        lines = {(place.file, place.line) for place in self.source.unread}
        # That nothing stands where something could not be read is no second fault.
        told = [p for p in self.problems if p.place is None or (p.place.file, p.place.line) not in lines]
        hidden = map(self.source.hide, [*self.source.problems, *self.loader.problems, *told])
        self.problems[:] = _sorted(list(hidden))
        self.result.missing = _sorted(self.result.missing)
        return self.result

    def _root(self) -> Map:
        path = self.result.folder / ENTRY
        tree = self.source.read(path)
        empty = Map(Place(shown_path(path), 1, 1))
        if isinstance(tree, Map):
            self.source.incomplete |= lacks(tree)
            return lay_in(tree, self.lists, self.problems)
        if tree is not None:
            place = getattr(tree, "place", empty.place)
            self._complain(place, f"{ENTRY} holds keys such as usher: and queue:, each with what belongs to it.")
        return empty

    def _usher(self, root: Map) -> None:
        tree = _section(root, ROOT)
        model = read(UsherConfig, tree, ROOT, self.problems)
        if model is None:
            self.lost |= {ROOT, "class"}
        self.result.usher = model or UsherConfig.model_validate({})
        self.result.models[ROOT] = self.result.usher

    # -- the wings and the devices in them

    def _wings(self, root: Map) -> None:
        for name, wing in self.wings.items():
            config: Any = None
            if wing.config is not None:
                config = self._wing(name, wing, wing.config, root)
                if config is not None:
                    self.result.models.update({key: getattr(config, key) for key in wing.config.model_fields})
            self.result.wings.append(Loaded(name, wing, config, root.place))

    def _wing(self, name: str, wing: Integration[Any], model: type[BaseModel], root: Map) -> Any:
        part = Map(root.place)
        for key, info in model.model_fields.items():
            if root.get(key) is None:
                if root.value_places.get(key) in self.source.unread:
                    self._lose(name, key)
                continue  # `automation:` with nothing under it, or an include that could not be read
            base = _item_model(info.annotation)
            value = root[key] if base is None else self._items(name, key, base, root)
            part.put(key, value, root.key_places[key], root.value_places[key])
        return self._model(name, model, part, "")

    def _items(self, wing: str, kind: str, base: type[BaseModel], root: Map) -> Seq:
        """The items of a device list, each read with its platform's model; a faulty one is told and left out."""
        tree, place = root[kind], root.value_places[kind]
        made = Seq(place)
        if not isinstance(tree, Seq):  # a single one needs no dash
            single = Seq(place)
            single.put(tree, place)
            tree = single
        seen: dict[str, Place] = {}
        for index, (item, at) in enumerate(zip(tree, tree.item_places, strict=True)):
            device = self._item(kind, base, item, index, at)
            name = str(item.get("id", "")) if isinstance(item, Map) else ""
            if name:
                self._define(f"{kind}.{name}")
            if device is None:
                self.partial.add(wing)
                self.lost_actions.add(kind)
                self.lost |= set() if name else {kind}
            elif name in seen:
                self._complain(place_of(item, ("id",)), f"{kind}.{name} stands twice; the first is at {seen[name]}. "
                               "Give one another id.")  # fmt: skip
            else:
                made.put(device.item, at)
                self.result.devices.append(device)
            seen.setdefault(name, at)
        return made

    def _item(self, kind: str, base: type[BaseModel], item: Any, index: int, place: Place) -> Device | None:
        if not isinstance(item, Map):
            self._complain(place, f"{kind}.{index}: write a mapping: {{platform: ..., id: ...}}.")
            return None
        path = f"{kind}.{item.get('id', index)}"
        platform = item.get("platform")
        model: type[BaseModel] | None = None
        if isinstance(platform, str):
            found = self._platform(kind, str(platform), item, path)
            if found is None:
                return None
            model = found.config
        read_item = read(model or base, item, path, self.problems, self.references)
        if read_item is None:
            return None
        return Device(kind, str(getattr(read_item, "id", index)), read_item, str(platform), place)

    def _platform(self, kind: str, name: str, item: Map, path: str) -> Platform[Any] | None:
        place = place_of(item, ("platform",))
        manifest = self.loader.manifest(name) if name in self.loader else None
        if name in self.loader and manifest is None:
            return None  # its manifest is wrong, and that is told
        if manifest is None or kind not in manifest.platforms:
            known = self.loader.platforms(kind)
            self._complain(place, f"{path}.platform: no integration here serves a {kind} as {name!r}."
                           + (did_you_mean(name, known) or _one_of(known)))  # fmt: skip
            return None
        integration = self._use(name, place)
        if integration is None:
            return None
        if kind not in integration.platforms:
            self._complain(place, f"{path}.platform: {name!r} promises {kind} in its manifest and does not bring it.")
        return integration.platforms.get(kind)

    # -- the integrations

    def _use(self, name: str, place: Place | None) -> Integration[Any] | None:
        """Import an integration that the YAML names, once; None if that fails, which is told."""
        if name in self.failed:
            return None
        if name not in self.used:
            self.used[name] = place
            try:
                self.integrations[name] = self.loader.load(name)
            except IntegrationError as error:
                self.failed[name] = error
                where = error.place if isinstance(error, ImportFailed) else None
                text = error.text if isinstance(error, ImportFailed) else str(error)
                self.result.missing.append(Problem(where or place, text, _weight_of(where or place)))
                return None
        return self.integrations.get(name)

    def _integrations(self, root: Map) -> None:
        for key in root:
            if key != ROOT and key not in self.keys:
                self._key(str(key), root.key_places[key])
        for name in self.always:
            if name in self.loader:
                self._use(name, None)
        for name in sorted(self.integrations):
            integration, named = self.integrations[name], self.used[name]
            config: Any = None
            if integration.config is not None:
                tree = _section(root, name, named)
                path = name if name in root else f"{name} (which is used here and must be set up)"
                config = self._model(name, integration.config, tree, path)
                if config is not None:
                    self.result.models[name] = config
            error = self.loader.missing(name)
            self.result.integrations.append(
                Loaded(name, integration, config, named, self.loader.manifest(name), error))  # fmt: skip
        nothing: Integration[Any] = Integration()
        for name, error in self.failed.items():
            self.result.integrations.append(Loaded(name, nothing, None, self.used[name], None, error))

    def _key(self, key: str, place: Place) -> None:
        """A top-level key that is no wing's: an integration's, or a mistake."""
        if key in self.loader:
            integration = self._use(key, place)
            if integration is None or integration.config is not None or self.loader.manifest(key) is None:
                return
            kinds = ", ".join(sorted(integration.platforms))
            where = next(iter(sorted(integration.platforms)), None)
            self._complain(place, f"{key}: there is nothing to set under this key." + (
                f" It serves {kinds}: write  {where}: [{{platform: {key}, id: ...}}]." if where else " Remove it."))  # fmt: skip
            return
        if key == "homeassistant":
            inner = self.result.tree[key]
            packages = isinstance(inner, Map) and "packages" in inner
            self._complain(inner.key_places["packages"] if packages else place,
                           f"{key}: that is Home Assistant's key. Write usher: instead."
                           + (" Its packages: stand under usher: as they are." if packages else ""))  # fmt: skip
        elif key in ("sensor", "binary_sensor"):
            self.lost.add(key)
            self._complain(place, f"{key}: entities of templates stand under template:, as in Home Assistant's newer form. "
                           f"Write  template: [{{{key}: [{{name: ..., state: ...}}]}}].")  # fmt: skip
        elif key in _ELSEWHERE:
            self._complain(place, f"{key}: that is Home Assistant's key. Write {_ELSEWHERE[key]}: instead.")
        elif key in _BY_ITSELF:
            self._complain(place, f"{key}: there is nothing to set under this key. Remove it.")
        elif key in _HOME_ONLY.split():
            self._complain(place, f"{key}: that belongs to a home; a hall has no use for it. Remove it.")
        else:
            known = [ROOT, *self.keys, *self.loader.names()]
            for meant in difflib.get_close_matches(key, known, n=1):
                if meant not in self.result.tree:
                    self._lose(_wing_name(self.keys[meant]) if meant in self.keys else meant, meant)
            self._complain(place, f"there is no key {key!r} here." + (did_you_mean(key, known) or (
                f" If an integration brings it, put that into custom_integrations/{key}/ or install its package.")))  # fmt: skip

    def _missing(self) -> None:
        for loaded in self.result.integrations:
            if loaded.error is not None and loaded.name not in self.failed:
                self.result.missing.append(Problem(loaded.place, str(loaded.error), _weight_of(loaded.place)))

    # -- what no model alone can see

    def _model(self, name: str, model: type[BaseModel], tree: Any, path: str) -> Any:
        """Read a model; when parts are faulty they are told, and what is left is read without them for the checks."""
        made = read(model, tree, path, self.problems, self.references)
        if made is None and not isinstance(tree, Map):
            self._lose(name, name)
        if made is not None or not isinstance(tree, Map):
            return made
        self.partial.add(name)
        for domain, things in tree.items() if not path else [(name, tree)]:
            for one in things if isinstance(things, Map) else ():
                self._define(f"{domain}.{one}")
        left, without = _without_faults(model, tree)
        if not path:
            self.lost |= without
        if left is None:
            self.lost_actions |= {name, *(tree if not path else ())}
        return left

    def _lose(self, name: str, key: str) -> None:
        """What stands under a key of this wing or integration is not known."""
        self.partial.add(name)
        self.lost.add(key)
        self.lost_actions.add(key)

    def _define(self, entity_id: str) -> None:
        """A thing that stands in the YAML exists for references, also where its own description is faulty."""
        self.result.entities.add(entity_id)

    def _checks(self, root: Map) -> None:
        if self.source.incomplete:
            return  # a file is missing from the picture: what refers to it is not at fault
        everything = [*self.result.wings, *self.result.integrations]
        triggers: dict[str, type[BaseModel]] = {}
        words: frozenset[str] = frozenset()
        events: frozenset[str] = _EVENTS
        values: dict[str, Values] = {}
        for one in everything:
            integration = one.integration
            triggers.update(integration.triggers)
            words |= integration.template_words
            events |= integration.events
            values.update(integration.values)
            self.actions.update(dict.fromkeys(one.manifest.actions if one.manifest else ()))
            if one.config is not None or integration.config is None:
                self._gather(one)
        self.actions.update({f"{name}.reload": Nothing for name in self._reloaded()})
        self.actions.update({"usher.reload": Nothing, "usher.check": Nothing})
        for one in everything:
            if one.integration.check is not None and (one.config is not None or one.integration.config is None):
                own = one.integration.config is not None and not one.integration.root
                tree = root.get(one.name) if own else root
                one.integration.check(Checked(
                    one.config, tree, self.result.models, self.problems, self.references, self.result.folder,
                    self.result.entities, self.actions, triggers, words, one.name not in self.partial,
                    frozenset(self.lost), frozenset(self.lost_actions), events, values))  # fmt: skip
        defined = self.result.entities | {f"class.{name}" for name in self.result.usher.weights}
        known = [reference for reference in self.references if reference.domain not in self.lost]
        self.problems += check_references(known, defined, root)

    def _reloaded(self) -> list[str]:
        """What can be reloaded alone: the wings' keys, and integrations that have something to set."""
        return [*self.keys, *(name for name, one in self.integrations.items() if one.config is not None)]

    def _gather(self, one: Loaded) -> None:
        if one.integration.entities is not None:
            self.result.entities |= one.integration.entities(one.config)
        if one.integration.actions is not None:
            self.actions.update(one.integration.actions(one.config))

    def _complain(self, place: Place | None, text: str) -> None:
        self.problems.append(Problem(place, text))


def _section(root: Map, key: str, place: Place | None = None) -> Any:
    """What stands under a key; an absent or empty one is an empty mapping."""
    value = root.get(key)
    return Map(root.key_places.get(key, place or root.place)) if value is None else value


def _is_list(model: type[BaseModel] | None, key: str) -> bool:
    if model is None:
        return False
    field = model.model_fields[key]
    return get_origin(field.annotation) is list or any(isinstance(mark, Listed) for mark in field.metadata)


def _item_model(annotation: Any) -> type[BaseModel] | None:
    """The item's model if a field is a device list: `list[Item]` where Item has a `platform`."""
    if get_origin(annotation) is not list:
        return None
    item: Any = get_args(annotation)[0]
    model: type[BaseModel] | None = item if isinstance(item, type) and issubclass(item, BaseModel) else None
    return model if model is not None and "platform" in model.model_fields else None


def _weight_of(place: Place | None) -> str:
    """What nobody asked for in the YAML (`http` comes by itself) may be lacking: the hall runs without it."""
    return "warning" if place is None else "error"


def _without_faults(model: type[BaseModel], tree: Map) -> tuple[Any, set[str]]:
    """The model of a tree whose faulty things (`queue.personal`, the third automation) are left out, or None.

    With it the keys that had to be left out as a whole: `queue`, if a list stands there.
    """
    try:
        return model.model_validate(tree), set()
    except ValidationError as error:
        faulty = {fault["loc"][:2] for fault in error.errors(include_url=False)}
    whole = {str(loc[0]) for loc in faulty if len(loc) == 1}
    left = Map(tree.place)
    for key, value in tree.items():
        if str(key) in whole:
            continue
        value = _part_without(value, {loc[1] for loc in faulty if len(loc) == 2 and loc[0] == key})
        left.put(key, value, tree.key_places[key], tree.value_places[key])
    try:
        return model.model_validate(left), whole
    except ValidationError:
        return None, whole


def _part_without(part: Any, faulty: set[Any]) -> Any:
    """A mapping or list without what stands under these keys, places kept."""
    if isinstance(part, Map) and faulty:
        left = Map(part.place)
        for key, value in part.items():
            if key not in faulty and str(key) not in faulty:
                left.put(key, value, part.key_places[key], part.value_places[key])
        return left
    if isinstance(part, Seq) and faulty:
        rest = Seq(part.place)
        for index, value in enumerate(part):
            if index not in faulty:
                rest.put(value, part.item_places[index])
        return rest
    return part


def _wing_name(wing: Integration[Any]) -> str:
    """A wing is called after its folder: usher.core.hall.config is `hall`'s."""
    made: Callable[..., Any] | type | None = wing.config or wing.setup
    parts = made.__module__.split(".") if made is not None else []
    return parts[2] if parts[:2] == ["usher", "core"] and len(parts) > 2 else (parts[-1] if parts else "wing")


def _one_of(known: Sequence[str]) -> str:
    return f" Write one of {', '.join(known)}." if known else ""


def _sorted(problems: list[Problem]) -> list[Problem]:
    """Each once, by file, line and column; what has no place comes first."""
    once = dict.fromkeys(problems)
    return sorted(once, key=lambda p: (p.place.file, p.place.line, p.place.column) if p.place else ("", 0, 0))
