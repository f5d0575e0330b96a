"""Which entities and events are recorded, by Home Assistant's rules, and how long each entity's states are kept."""

import re
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase, translate
from typing import Any

from .config import Chosen, Config


class Filter:
    """Asked for every event: what it answered for an entity once is remembered."""

    def __init__(self, config: Config) -> None:
        self._passes = _rule(config.include, config.exclude)
        self._known: dict[str, bool] = {}
        self._only = frozenset(config.include.event_types)
        self._not = frozenset(config.exclude.event_types)

    def entity(self, entity_id: str) -> bool:
        """Whether this entity is recorded."""
        known = self._known.get(entity_id)
        if known is None:
            if len(self._known) >= 65536:
                self._known.clear()
            known = self._known[entity_id] = self._passes(entity_id)
        return known

    def event(self, kind: str, data: Mapping[str, Any]) -> bool:
        """Whether this event is recorded: by its type, and by the entity it names."""
        if kind in self._not or (self._only and kind not in self._only):
            return False
        named: object = data.get("entity_id")
        return self.entity(named) if isinstance(named, str) else True


def _rule(include: Chosen, exclude: Chosen) -> Callable[[str], bool]:
    """Home Assistant's order: an entity that is named decides, then its glob, then its domain."""
    wanted, unwanted = frozenset(include.entities), frozenset(exclude.entities)
    domains, undomains = frozenset(include.domains), frozenset(exclude.domains)
    glob, unglob = _globs(include.entity_globs), _globs(exclude.entity_globs)
    includes = bool(wanted or domains or include.entity_globs)
    excludes = bool(unwanted or undomains or exclude.entity_globs)

    def chosen(entity_id: str) -> bool:
        return entity_id in wanted or glob(entity_id) or _domain(entity_id) in domains

    def refused(entity_id: str) -> bool:
        return entity_id in unwanted or unglob(entity_id) or _domain(entity_id) in undomains

    def by_includes(entity_id: str) -> bool:
        if entity_id in wanted or entity_id in unwanted:
            return entity_id in wanted
        return glob(entity_id) or (_domain(entity_id) in domains and not unglob(entity_id))

    def by_excludes(entity_id: str) -> bool:
        if _domain(entity_id) in undomains or unglob(entity_id):
            return entity_id in wanted
        return entity_id not in unwanted

    if not includes:
        return lambda entity_id: not refused(entity_id)
    if not excludes:
        return chosen
    if domains or include.entity_globs:
        return by_includes
    if undomains or exclude.entity_globs:
        return by_excludes
    return lambda entity_id: entity_id in wanted


def _domain(entity_id: str) -> str:
    return entity_id.partition(".")[0]


def _globs(patterns: list[str]) -> Callable[[str], bool]:
    if not patterns:
        return lambda entity_id: False
    matches = re.compile("|".join(translate(pattern) for pattern in patterns)).match
    return lambda entity_id: matches(entity_id) is not None


def ages(keep: Mapping[str, int], entity_ids: list[str]) -> dict[str, int]:
    """The days of each entity that `keep` names, by the first line that fits."""
    found: dict[str, int] = {}
    for entity_id in entity_ids:
        days = next((days for pattern, days in keep.items() if fnmatchcase(entity_id, pattern)), None)
        if days is not None:
            found[entity_id] = days
    return found
