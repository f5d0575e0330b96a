"""A device's thing with a state: what an integration registers by `kit.entity` and then keeps true by `show`."""

from collections.abc import Mapping
from typing import Any

from .events import Context
from .ids import EntityId, is_entity_id
from .states import States, Value
from .words import Words


class Entity:
    """One thing. Unavailable until it is first shown and whenever its source is gone."""

    def __init__(self, entity_id: str, name: Words = "", **fixed: Any) -> None:
        """`fixed` are attributes that never change. Raises ValueError for a bad id."""
        self.entity_id = entity_id if is_entity_id(entity_id) else str(EntityId.parse(entity_id))
        self.name = name or self.entity_id
        self._fixed = fixed
        self._value: Value = None
        self._attributes: Mapping[str, Any] = {}
        self._available = False
        self._states: States | None = None

    @property
    def value(self) -> Value:
        return self._value

    @property
    def available(self) -> bool:
        return self._available

    def show(self, value: Value, attributes: Mapping[str, Any] | None = None, context: Context | None = None) -> None:
        """Say what is true now; attributes are JSON and replace the former ones."""
        self._value, self._attributes, self._available = value, attributes or {}, True
        self._write(context)

    def lose(self, context: Context | None = None) -> None:
        """The source is gone: unavailable, with the last attributes kept."""
        self._available = False
        self._write(context)

    def enter(self, states: States) -> None:
        """Called by the Kit: from now on the state is written here."""
        self._states = states
        self._write(None)

    def leave(self) -> None:
        """Called by the Kit: the entity is no more."""
        if self._states is not None:
            states, self._states = self._states, None
            states.remove(self.entity_id)

    def _write(self, context: Context | None) -> None:
        if self._states is not None:
            attributes = {"name": self.name, **self._fixed, **self._attributes}
            self._states.set(self.entity_id, self._value, attributes, context, available=self._available)
