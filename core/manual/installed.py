"""All that is installed here: the wings, the integrations (an installer's own too), and what each brings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from ..account_actions import MODELS as ACCOUNT_ACTIONS
from ..errors import IntegrationError
from ..integration import Integration, Manifest
from ..language.conditions import MODELS as CONDITIONS
from ..language.step_kinds import MODELS as STEPS
from ..language.triggers import MODELS as TRIGGERS
from ..loader import Loader
from ..site import UsherConfig
from ..source import Source
from ..wings import WINGS


@dataclass
class Installed:
    """What the YAML of this folder may hold. `missing` are integrations that could not be imported, and why."""

    keys: dict[str, tuple[type[BaseModel], Any]] = field(default_factory=dict[str, "tuple[type[BaseModel], Any]"])
    items: dict[str, type[BaseModel]] = field(default_factory=dict[str, type[BaseModel]])  # device lists: kind -> base
    platforms: dict[str, dict[str, type[BaseModel]]] = field(default_factory=dict[str, dict[str, type[BaseModel]]])
    integrations: dict[str, Integration[Any]] = field(default_factory=dict[str, Integration[Any]])
    manifests: dict[str, Manifest] = field(default_factory=dict[str, Manifest])
    actions: dict[str, type[BaseModel] | None] = field(default_factory=dict[str, "type[BaseModel] | None"])
    triggers: dict[str, type[BaseModel]] = field(default_factory=dict[str, type[BaseModel]])
    conditions: Mapping[str, type[BaseModel]] = field(default_factory=lambda: dict(CONDITIONS))
    steps: Mapping[str, type[BaseModel]] = field(default_factory=lambda: dict(STEPS))
    events: set[str] = field(default_factory=set[str])
    words: set[str] = field(default_factory=set[str])  # of templates, lent by others than the language
    missing: dict[str, str] = field(default_factory=dict[str, str])


def installed(folder: Path | None = None) -> Installed:
    """Everything built in, and with a folder the `custom_integrations/` there. Nothing is set up."""
    found = Installed()
    found.keys["usher"] = (UsherConfig, None)
    found.actions.update(dict.fromkeys(ACCOUNT_ACTIONS) | dict(ACCOUNT_ACTIONS))
    found.triggers.update(TRIGGERS)
    for wing in WINGS:
        if wing.config is not None:
            for key, info in wing.config.model_fields.items():
                found.keys[key] = (wing.config, info)
                item = item_model(info.annotation)
                if item is not None:
                    found.items[key] = item
        _gather(found, wing, _full(wing.config))
    loader = Loader(folder)
    for name in loader.names():
        _bring(found, loader, name)
    return found


def item_model(annotation: Any) -> type[BaseModel] | None:
    """The item's model if a field is a device list: `list[Item]` where Item has a `platform`."""
    item: Any = get_args(annotation)[0] if get_origin(annotation) is list else None
    made: type[BaseModel] | None = item if isinstance(item, type) and issubclass(item, BaseModel) else None
    return made if made is not None and "platform" in made.model_fields else None


def _bring(found: Installed, loader: Loader, name: str) -> None:
    manifest, where = loader.manifest(name), loader.get(name)
    if manifest is None or where is None:
        found.missing[name] = "its manifest is wrong"
        return
    found.manifests[name] = manifest
    try:
        integration = loader.load(name)
    except IntegrationError as error:
        found.missing[name] = str(error)
        return
    found.integrations[name] = integration
    if integration.config is not None:
        found.keys[name] = (integration.config, None)
    for kind, platform in integration.platforms.items():
        found.platforms.setdefault(kind, {})[name] = platform.config
    found.actions.update(dict.fromkeys(set(manifest.actions) - found.actions.keys()))
    _gather(found, integration, _example(integration.config, name, where.folder))


def _gather(found: Installed, integration: Integration[Any], config: Any) -> None:
    if integration.actions is not None and (config is not None or integration.config is None):
        found.actions.update(integration.actions(config))
    found.triggers.update(integration.triggers)
    found.events |= integration.events
    found.words |= integration.template_words


def _full(model: type[BaseModel] | None) -> Any:
    """A wing's model as if a device of each kind stood in the YAML."""
    if model is None:
        return None
    kinds: dict[str, Any] = {
        key: [None] for key, info in model.model_fields.items() if item_model(info.annotation) is not None
    }
    return model.model_construct(**kinds)


def _example(model: type[BaseModel] | None, name: str, folder: Path) -> Any:
    """An integration's model as its example.yaml has it, or with nothing but defaults."""
    if model is None:
        return None
    example = folder / "example.yaml"
    tree: Any = Source(folder).read(example) if example.is_file() else None
    tries: list[Any] = [tree.get(name) if tree else None, {}]
    for given in tries:
        try:
            return model.model_validate({} if given is None else given)
        except ValidationError:
            continue
    return None
