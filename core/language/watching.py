"""Who hears which event: found by what it looks for, not by asking everybody.

A thousand automations on one event type, each for another queue, cost an event no more than one. Those concerned hear
it in the order in which they began to watch, which is the order of the YAML.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias, cast

from ..bus import Bus, Listener
from ..clock import Cancel
from ..events import Event
from ..states import STATE_CHANGED, State
from .templates.values import spell, spelled

Leaf: TypeAlias = tuple[str, ...]  # a path of keys into an event's data
Entry: TypeAlias = tuple[int, Listener]


class _Found:
    """Entries by a key; tuples that are replaced, never changed, so that who joins or leaves disturbs nobody."""

    def __init__(self) -> None:
        self._entries: dict[Any, tuple[Entry, ...]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Any) -> tuple[Entry, ...]:
        return self._entries.get(key, ())

    def add(self, key: Any, entry: Entry) -> None:
        self._entries[key] = (*self._entries.get(key, ()), entry)

    def take(self, key: Any, entry: Entry) -> None:
        left = tuple(one for one in self._entries.get(key, ()) if one is not entry)
        if left:
            self._entries[key] = left
        else:
            self._entries.pop(key, None)


class EventWatch:
    """Watches event types. Of the data looked for, the first plain value is what entries are found by."""

    def __init__(self, bus: Bus) -> None:
        self._bus, self._count = bus, 0
        self._types: dict[str, dict[Leaf, _Found]] = {}
        self._cancels: dict[str, Cancel] = {}

    def watch(self, types: Iterable[str], data: Mapping[str, Any], listener: Listener) -> Cancel:
        """`listener` hears at least every event of these types whose data holds `data`."""
        self._count += 1
        entry, (leaf, value) = (self._count, listener), _first_leaf(data)
        kinds = tuple(dict.fromkeys(types))
        for kind in kinds:
            if kind not in self._types:
                self._types[kind] = {}
                self._cancels[kind] = self._bus.listen(self._hear, kind)
            self._types[kind].setdefault(leaf, _Found()).add(value, entry)

        def stop() -> None:
            for kind in kinds:
                self._forget(kind, leaf, value, entry)

        return stop

    def _forget(self, kind: str, leaf: Leaf, value: str | None, entry: Entry) -> None:
        leaves = self._types.get(kind, {})
        if leaf not in leaves:
            return
        leaves[leaf].take(value, entry)
        if not len(leaves[leaf]):
            del leaves[leaf]
        if not leaves:
            del self._types[kind]
            self._cancels.pop(kind)()

    def _hear(self, event: Event) -> None:
        _tell([found.get(_at(event.data, leaf)) for leaf, found in self._types[event.type].items()], event)


class StateWatch:
    """Watches entities. Who looks for certain new states only is found by them."""

    def __init__(self, bus: Bus) -> None:
        self._count = 0
        self._all, self._sought = _Found(), _Found()
        self.stop = bus.listen(self._hear, STATE_CHANGED)

    def watch(self, entity_ids: Iterable[str], listener: Listener, sought: frozenset[str] | None = None) -> Cancel:
        """`listener` hears every change of these entities, or at least those to one of the states `sought`."""
        self._count += 1
        entry = (self._count, listener)
        ids = tuple(dict.fromkeys(entity_ids))
        where, keys = (self._all, list[Any](ids)) if sought is None else (
            self._sought, [(entity_id, word) for entity_id in ids for word in sought])  # fmt: skip
        for key in keys:
            where.add(key, entry)

        def stop() -> None:
            for key in keys:
                where.take(key, entry)

        return stop

    def _hear(self, event: Event) -> None:
        entity_id = event.data["entity_id"]
        groups = [self._all.get(entity_id)]
        if len(self._sought):
            groups += [self._sought.get((entity_id, word)) for word in _words(event.data["new_state"])]
        _tell(groups, event)


def _tell(groups: list[tuple[Entry, ...]], event: Event) -> None:
    """Tell all found, in the order they began to watch."""
    found = [group for group in groups if group]
    if not found:
        return
    entries: Iterable[Entry] = found[0] if len(found) == 1 else sorted(
        dict.fromkeys(entry for group in found for entry in group), key=lambda entry: entry[0])  # fmt: skip
    for _, listener in entries:
        listener(event)


def _words(state: State | None) -> Iterator[str]:
    """The spellings by which a state may be looked for: 5.0 also by 5."""
    word = spelled(state)
    if state is None or word is None:
        return
    yield word
    if isinstance(state.value, float) and state.value.is_integer():
        yield str(int(state.value))
    elif isinstance(state.value, int) and not isinstance(state.value, bool):
        yield str(float(state.value))


def _first_leaf(data: Mapping[str, Any]) -> tuple[Leaf, str | None]:
    """The path and spelling of the first text or whole number in the data looked for; ((), None) if there is none."""
    for key, value in data.items():
        if isinstance(value, Mapping):
            leaf, word = _first_leaf(cast("Mapping[str, Any]", value))
            if word is not None:
                return (key, *leaf), word
        elif isinstance(value, (str, int)):
            return (key,), spell(value)
    return (), None


def _at(data: Any, leaf: Leaf) -> str | None:
    """The spelling of what stands there in an event's data; None for the entries that look for nothing plain."""
    if not leaf:
        return None
    for key in leaf:
        if not isinstance(data, Mapping):
            return ""
        data = cast("Mapping[str, Any]", data).get(key)
    return spell(data) if not isinstance(data, (Mapping, list)) else ""
