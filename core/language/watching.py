"""Who hears which event: found by what it looks for, not by asking everybody.

A thousand automations on one event type, each for another queue, cost an event no more than one. Those concerned hear
it in the order in which they began to watch, which is the order of the YAML, whatever kinds their triggers are.
"""

import itertools
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias, cast

from ..bus import Bus, Listener
from ..clock import Cancel
from ..events import Event
from ..states import STATE_CHANGED, State, States
from .crossings import Crossings, Range
from .numbers import number_of
from .templates.values import spell, spelled

log = logging.getLogger("usher.automation")
Leaf: TypeAlias = tuple[str, ...]  # a path of keys into an event's data
Entry: TypeAlias = tuple[int, Listener]
Finder: TypeAlias = Callable[[str], Iterable[tuple[Entry, ...]]]
Sides: TypeAlias = tuple[Entry, Entry]  # who hears that a range was entered, and left
_order: Final = itertools.count()  # one for all that watch


def next_turn() -> int:
    """The turn of one who begins to watch."""
    return next(_order)


class _Found:
    """Entries by a key; tuples that are replaced, never changed, so that who joins or leaves disturbs nobody."""

    def __init__(self) -> None:
        self._entries: dict[Any, tuple[Entry, ...]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Any) -> tuple[Entry, ...]:
        return self._entries.get(key, ())

    def add(self, key: Any, entry: Entry) -> None:
        before = self._entries.get(key, ())
        self._entries[key] = (*before, entry)
        if before and before[-1][0] > entry[0]:
            self._entries[key] = tuple(sorted(self._entries[key], key=_position))

    def take(self, key: Any, entry: Entry) -> None:
        left = tuple(one for one in self._entries.get(key, ()) if one is not entry)
        if left:
            self._entries[key] = left
        else:
            self._entries.pop(key, None)


class EventWatch:
    """Watches event types. Of the data looked for, the first plain value is what entries are found by."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._types: dict[str, dict[Leaf, _Found]] = {}
        self._cancels: dict[str, Cancel] = {}
        self.others: frozenset[str] = frozenset()  # types that somebody else hears, and asks `found` of

    def watch(
        self, types: Iterable[str], data: Mapping[str, Any], listener: Listener, order: int | None = None
    ) -> Cancel:
        """`listener` hears at least every event of these types whose data holds `data`; a frozenset there is any of it.

        `order` is the turn of one who has watched something else before.
        """
        entry, (leaf, values) = (next_turn() if order is None else order, listener), _first_leaf(data)
        kinds = tuple(dict.fromkeys(types))
        for kind in kinds:
            if kind not in self._types:
                self._types[kind] = {}
                if kind not in self.others:
                    self._cancels[kind] = self._bus.listen(self._hear, kind)
            for value in values:
                self._types[kind].setdefault(leaf, _Found()).add(value, entry)

        def stop() -> None:
            for kind in kinds:
                for value in values:
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
            self._cancels.pop(kind, _nothing)()

    def knows(self, kind: str) -> bool:
        """Whether anybody watches this type."""
        return kind in self._types

    def found(self, event: Event) -> list[tuple[Entry, ...]]:
        """Who may be concerned."""
        leaves = self._types.get(event.type)
        return [] if leaves is None else [found.get(_at(event.data, leaf)) for leaf, found in leaves.items()]

    def _hear(self, event: Event) -> None:
        _tell(self.found(event), event)


class StateWatch:
    """Watches entities. Who looks for certain new states, or for a number in a range, is found by them."""

    def __init__(self, bus: Bus, states: States | None = None, events: EventWatch | None = None) -> None:
        self._states, self._events = states, events
        self._all, self._sought = _Found(), _Found()
        self._sought_of: Counter[str] = Counter()  # how many look for certain states of an entity
        self._ranges: dict[str, dict[str | None, Crossings[Sides]]] = {}  # by entity, then attribute
        self._finders: tuple[Finder, ...] = ()
        if events is not None:
            events.others = frozenset({STATE_CHANGED})
        self.stop = bus.listen(self._hear, STATE_CHANGED)

    def watch(self, entity_ids: Iterable[str], listener: Listener, sought: frozenset[str] | None = None) -> Cancel:
        """`listener` hears every change of these entities, or at least those to one of the states `sought`."""
        entry = (next_turn(), listener)
        ids = tuple(dict.fromkeys(entity_ids))
        where, keys = (self._all, list[Any](ids)) if sought is None else (
            self._sought, [(entity_id, word) for entity_id in ids for word in sought])  # fmt: skip
        for key in keys:
            where.add(key, entry)
        watching = True
        if sought is not None:
            self._sought_of.update(ids)

        def stop() -> None:
            nonlocal watching
            for key in keys:
                where.take(key, entry)
            for entity_id in ids if watching and sought is not None else ():
                self._sought_of[entity_id] -= 1
                if not self._sought_of[entity_id]:
                    del self._sought_of[entity_id]
            watching = False

        return stop

    def also(self, finder: Finder) -> Cancel:
        """Whoever this finds for an entity's change hears it too, in the same order."""
        self._finders = (*self._finders, finder)

        def stop() -> None:
            self._finders = tuple(one for one in self._finders if one is not finder)

        return stop

    def watch_range(
        self, entity_ids: Iterable[str], attribute: str | None, limits: tuple[float | None, float | None],
        came: Listener, left: Listener,
    ) -> Cancel:  # fmt: skip
        """`came` hears when the number comes into the open range of (above, below), `left` when it goes out of it.

        What it is at first is no coming. While it is no number, nothing is known and nobody hears.
        """
        order = next_turn()
        whose = ((order, came), (order, left))
        held: list[tuple[str, Crossings[Sides], Range[Sides]]] = []
        for entity_id in dict.fromkeys(entity_ids):
            by_attribute = self._ranges.setdefault(entity_id, {})
            if attribute not in by_attribute:
                state = None if self._states is None else seen(self._states, entity_id)
                by_attribute[attribute] = Crossings(number_of(state, attribute))
            crossings = by_attribute[attribute]
            held.append((entity_id, crossings, crossings.add(*limits, whose)))

        def stop() -> None:
            for entity_id, crossings, one in held:
                crossings.take(one)
                if not len(crossings) and self._ranges.get(entity_id, {}).get(attribute) is crossings:
                    del self._ranges[entity_id][attribute]
                    if not self._ranges[entity_id]:
                        del self._ranges[entity_id]

        return stop

    def _hear(self, event: Event) -> None:
        entity_id = event.data["entity_id"]
        groups = list[tuple[Entry, ...]]()
        if watching := self._all.get(entity_id):
            groups.append(watching)
        if entity_id in self._sought_of:
            groups += [self._sought.get((entity_id, word)) for word in _words(event.data["new_state"])]
        if entity_id in self._ranges:
            groups += self._crossed(self._ranges[entity_id], event.data["new_state"])
        if self._events is not None and self._events.knows(STATE_CHANGED):
            groups += self._events.found(event)
        for finder in self._finders:
            groups += finder(entity_id)
        if groups:
            _tell(groups, event)

    @staticmethod
    def _crossed(by_attribute: Mapping[str | None, Crossings[Sides]], state: State | None) -> list[tuple[Entry, ...]]:
        groups: list[tuple[Entry, ...]] = []
        for attribute, crossings in by_attribute.items():
            value = number_of(state, attribute)
            if value is not None:
                came, left = crossings.move(value)
                groups += [tuple(sorted((one.whose[0] for one in came), key=_position)),
                           tuple(sorted((one.whose[1] for one in left), key=_position))]  # fmt: skip
        return groups


def seen(states: States, entity_id: str) -> State | None:
    """The state of an entity as of the event that is being told; between events, as it is."""
    untold = states.untold()
    return untold[entity_id] if entity_id in untold else states.get(entity_id)


def _nothing() -> None:
    pass


def _position(entry: Entry) -> int:
    return entry[0]


def _tell(groups: list[tuple[Entry, ...]], event: Event) -> None:
    """Tell all found, in the order they began to watch."""
    found = [group for group in groups if group]
    if not found:
        return
    entries: Iterable[Entry] = found[0] if len(found) == 1 else dict.fromkeys(
        entry for group in found for entry in group)  # fmt: skip
    for _, listener in sorted(entries, key=_position) if len(found) > 1 else entries:
        try:
            listener(event)
        except Exception:
            log.exception("One who watches %s failed; the others still hear.", event.type)


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


def _first_leaf(data: Mapping[str, Any]) -> tuple[Leaf, tuple[str | None, ...]]:
    """The path and spellings of the first plain value in the data looked for; ((), (None,)) if there is none."""
    for key, value in data.items():
        if isinstance(value, Mapping):
            leaf, words = _first_leaf(cast("Mapping[str, Any]", value))
            if leaf:
                return (key, *leaf), words
        elif isinstance(value, frozenset):
            return (key,), tuple(map(spell, cast("frozenset[Any]", value)))
        elif isinstance(value, (str, int)):
            return (key,), (spell(value),)
    return (), (None,)


def _at(data: Any, leaf: Leaf) -> str | None:
    """The spelling of what stands there in an event's data; None for the entries that look for nothing plain."""
    if not leaf:
        return None
    for key in leaf:
        if not isinstance(data, Mapping):
            return ""
        data = cast("Mapping[str, Any]", data).get(key)
    return spell(data) if not isinstance(data, (Mapping, list)) else ""


__all__ = ["EventWatch", "StateWatch", "next_turn", "seen"]
