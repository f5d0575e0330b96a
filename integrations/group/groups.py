"""Groups at work: each follows its members.

On while any member is on (`all: true`: while all are), off otherwise; unknown while no member has a state that is on or
off, by whatever words. If all members speak of open and closed, so does the group.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated, Final

from pydantic import BeforeValidator, Field

from ...core.actions import Call
from ...core.clock import Cancel
from ...core.entities import Entity
from ...core.errors import Refused, Unknown
from ...core.events import Context, Event
from ...core.integration import Kit
from ...core.schema import EntityIdField, Name, Strict, WordsField
from ...core.states import State
from ...core.things import when_up
from .config import Config, GroupConfig, listed

_OFF: Final = {"on": "off", "open": "closed", "home": "not_home", "problem": "ok", "locked": "unlocked"}
_ON: Final = {off: on for on, off in _OFF.items()}
MAX_GROUPS: Final = 1000  # with those made by group.set

Members = Annotated[list[EntityIdField], BeforeValidator(listed)]


class Set(Strict):
    """group.set: make or change a group, until the next start or until the YAML is read anew."""

    object_id: Name = Field(max_length=100, description="The group's name: that of group.<name>.")
    name: WordsField | None = Field(None, description="What people call it.")
    icon: str | None = Field(None, max_length=200, description="Its picture.")
    entities: Members | None = Field(None, max_length=1000, description="Its members from now on.")
    add_entities: Members | None = Field(None, max_length=1000, description="Members to add.")
    remove_entities: Members | None = Field(None, max_length=1000, description="Members to take out.")
    all: bool | None = Field(None, description="true: on only while all its members are.")


class Remove(Strict):
    """group.remove: it is no more, until the next start."""

    object_id: Name = Field(max_length=100, description="The group's name: that of group.<name>.")


class Group(Entity):
    """One group."""

    def __init__(self, kit: Kit, name: str, config: GroupConfig, order: int) -> None:
        super().__init__(f"group.{name}", config.name or "", **config.fixed, order=order)
        self._kit, self.config, self.order = kit, config, order
        self._hush: Cancel | None = None
        self._there = False

    def open(self, context: Context | None, *, now: bool) -> None:
        """Follow the members; be there `now`, or else when all of them are: so a start is no change from off to on."""
        self._hush = self._kit.states.watch(frozenset(self.config.entities), self._heard)
        self._look(context)
        if now:
            self.appear()

    def appear(self) -> None:
        """From now on it is there, whether or not all its members are."""
        if not self._there and self._hush is not None:
            self._there = True
            self.enter(self._kit.states)

    def close(self) -> None:
        if self._hush is not None:
            self._hush()
        self._hush = None

    def _heard(self, event: Event) -> None:
        self._look(event.context)

    def _look(self, context: Context | None) -> None:
        states = [self._kit.states.get(entity_id) for entity_id in self.config.entities]
        shown = {"entity_id": list(self.config.entities), **({"all": True} if self.config.all else {})}
        self.show(group_state([state for state in states if state is not None], every=self.config.all), shown, context)
        if None not in states:
            self.appear()


def group_state(members: list[State], *, every: bool) -> str | None:
    """What a group with these members is; None is unknown."""
    words = [_word(state) for state in members]
    kinds = {_ON.get(word, word) for word in words if word in _ON or word in _OFF}
    if not kinds:
        return None
    told = [word in _OFF for word in words if word is not None]
    on = kinds.pop() if len(kinds) == 1 else "on"
    return on if (all(told) if every else any(told)) else _OFF[on]


def _word(state: State) -> str | None:
    """The state's word; None for a number, which is neither on nor off."""
    if not state.available or state.value is None:
        return "unavailable"
    if isinstance(state.value, bool):
        return "on" if state.value else "off"
    return state.value if isinstance(state.value, str) else None


class Groups:
    """All groups, and the actions that change them."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self._groups: dict[str, Group] = {}
        self._made, self._up = 0, False
        when_up(kit, self._all)
        kit.on_close(self._close)
        kit.action("group.set", Set, self._set,
                   description={"en": "Make or change a group, until the next start.", "zh-CN": "临时新建或更改分组。"})  # fmt: skip
        kit.action("group.remove", Remove, self._remove,
                   description={"en": "Remove a group, until the next start.", "zh-CN": "临时移除分组。"})  # fmt: skip

    def add(self, name: str, config: GroupConfig, context: Context | None = None) -> None:
        """A group of this name, in the place of one that was there. Its entity stays the same, so nothing goes off."""
        former = self._groups.get(name)
        if former is not None:
            former.close()
        self._made += former is None
        group = Group(self._kit, name, config, self._made - 1 if former is None else former.order)
        self._groups[name] = group
        group.open(context, now=former is not None or self._up)

    async def _set(self, data: Set, call: Call) -> None:
        former = self._groups.get(data.object_id)
        if former is None and len(self._groups) >= MAX_GROUPS:
            raise Refused("too_many", {"en": f"There are {MAX_GROUPS} groups already.",
                                       "zh-CN": f"分组已达 {MAX_GROUPS} 个。"})  # fmt: skip
        old = GroupConfig.model_validate({}) if former is None else former.config
        members = [*(old.entities if data.entities is None else data.entities), *(data.add_entities or ())]
        gone = set(data.remove_entities or ())
        changed = {"name": data.name, "icon": data.icon, "all": data.all}
        self.add(data.object_id, old.model_copy(update={
            **{key: value for key, value in changed.items() if value is not None},
            "entities": [one for one in dict.fromkeys(members) if one not in gone],
        }), call.context)  # fmt: skip

    async def _remove(self, data: Remove, call: Call) -> None:
        group = self._groups.pop(data.object_id, None)
        if group is None:
            raise Unknown("unknown_entity", {"en": f"There is no group.{data.object_id} here.",
                                             "zh-CN": f"没有 group.{data.object_id}。"})  # fmt: skip
        group.close()
        group.leave()

    def _all(self) -> None:
        self._up = True
        for group in self._groups.values():
            group.appear()

    def _close(self) -> None:
        for group in self._groups.values():
            group.close()
            group.leave()


@asynccontextmanager
async def open_groups(config: Config, kit: Kit) -> AsyncGenerator[None]:
    """Register the groups of the YAML."""
    groups = Groups(kit)
    for name, one in config.root.items():
        groups.add(name, one)
    yield
