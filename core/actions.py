"""Actions: a name, a data model and a function. The one way in: checks, asks access, runs, has a limit of time.

A question is an action that changes nothing. The thing meant is `target: {entity_id: counter.1}` or the field of its
name (`counter: "1"`): the same; the model says which by `Annotated[str, Target("counter")]`.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, TypeVar, cast

from pydantic import BaseModel, ValidationError

from .access import SYSTEM, Caller, check_act
from .clock import Cancel
from .errors import BadData, Failed, Refused, UnknownAction
from .events import Context
from .frozen import frozen
from .limits import within
from .schema import Target, explain, people_of, target_fields
from .words import Words

log = logging.getLogger(__name__)
Answer: TypeAlias = "Mapping[str, Any] | None"
M = TypeVar("M", bound=BaseModel)
MAX_UNDECIDED = 4096  # calls under way at once; one more is refused `busy`


@frozen
class Call:
    """Who asks, because of what; `request_id` makes a repeated call harmless."""

    caller: Caller = SYSTEM
    context: Context = field(default_factory=Context)
    request_id: str | None = None

    @property
    def language(self) -> str | None:
        return self.caller.language


Run: TypeAlias = Callable[[M, Call], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Action:
    """One action as registered. `timeout` in seconds; None for what is bounded inside."""

    name: str
    model: type[BaseModel]
    run: Callable[[Any, Call], Awaitable[Answer]]
    description: Words = ""
    question: bool = False
    response: Literal["none", "optional", "only"] = "optional"
    timeout: float | None = 10.0
    targets: Mapping[str, Target] = field(default_factory=dict[str, Target])  # field name -> what it names


class Actions:
    """All actions that can be called now."""

    def __init__(self) -> None:
        self._actions: dict[str, Action] = {}
        self._under_way = 0
        self._changed: list[Callable[[], None]] = []

    def add(self, action: Action) -> Cancel:
        """Register an action; a name taken twice is an error."""
        if action.name in self._actions:
            raise ValueError(f"There is already an action called {action.name}.")
        self._actions[action.name] = action
        return lambda: self._forget(action)

    def _forget(self, action: Action) -> None:
        if self._actions.get(action.name) is action:
            del self._actions[action.name]

    def get(self, name: str) -> Action | None:
        return self._actions.get(name)

    def all(self) -> list[Action]:
        """Every action, by name."""
        return [self._actions[name] for name in sorted(self._actions)]

    async def call(self, name: str, data: Mapping[str, Any] | None = None, call: Call | None = None) -> Answer:
        """Do it and answer; raises an ActionError. With several targets: `{entity_id: answer}`."""
        call = call or Call()
        action = self._actions.get(name)
        if action is None:
            raise UnknownAction({"en": f"There is no action {name} here.", "zh-CN": f"没有 {name} 这个操作。"})
        several = _spread(action, data or {})
        if len(several) == 1:
            return await self._one(action, several[0][1], call)
        return {entity_id: await self._one(action, each, call) for entity_id, each in several}

    async def _one(self, action: Action, data: Mapping[str, Any], call: Call) -> Answer:
        # Whoever may not do it at all is told so before anything is said of the data.
        check_act(call.caller, action.name)
        try:
            model = action.model.model_validate(data)
        except ValidationError as error:
            raise BadData(*explain(error, action.name, people_of(action.model))) from error
        if call.caller.scopes:
            check_act(call.caller, action.name, _entities(action, model))
        if self._under_way >= MAX_UNDECIDED:
            raise Refused("busy", {"en": "Too much at once. Try again.", "zh-CN": "系统繁忙，请稍后再试。"})
        self._under_way += 1
        try:
            if action.timeout is None:
                return await action.run(model, call)
            return await within(action.run(model, call), action.timeout)
        except TimeoutError as error:
            raise Failed({
                "en": f"{action.name} took longer than {action.timeout:g} s.",
                "zh-CN": f"{action.name} 超过 {action.timeout:g} 秒未完成。"}, "timeout") from error  # fmt: skip
        finally:
            self._under_way -= 1


def action(
    name: str,
    model: type[M],
    run: "Run[M]",
    *,
    description: Words = "",
    question: bool = False,
    response: Literal["none", "optional", "only"] = "optional",
    timeout: float | None = 10.0,
) -> Action:
    """An Action, with its targets read from the model."""
    untyped = cast("Callable[[Any, Call], Awaitable[Answer]]", run)
    return Action(name, model, untyped, description, question, response, timeout, target_fields(model))


def _entities(action: Action, model: BaseModel) -> list[str]:
    found: list[str] = []
    for name, target in action.targets.items():
        value = getattr(model, name)
        several = cast("list[Any]", value) if isinstance(value, list) else [value]
        found += [target.entity_id(str(one)) for one in several if one is not None]
    return found


def _spread(action: Action, data: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Turn `target: {entity_id: ...}` (or a bare `entity_id`) into the field of its name; one set of data a thing."""
    if "target" not in data and ("entity_id" not in data or "entity_id" in action.model.model_fields):
        return [("", data)]
    rest = {k: v for k, v in data.items() if k not in ("target", "entity_id")}
    target: Any = data.get("target") or {}
    if not isinstance(target, Mapping):
        raise BadData(
            {"en": "target is written {entity_id: counter.1}.", "zh-CN": "target 应写作 {entity_id: counter.1}。"}
        )
    named = cast("Mapping[str, Any]", target).get("entity_id", data.get("entity_id", []))
    ids: list[Any] = named if isinstance(named, list) else [named]  # pyright: ignore[reportUnknownVariableType]
    ids = [one.strip() for each in ids for one in str(each).split(",")]  # "a.b, a.c" is an old spelling of a list
    if not ids:
        return [("", rest)]
    spread: list[tuple[str, Mapping[str, Any]]] = []
    lists: dict[str, list[str]] = {}
    for entity_id in map(str, ids):
        domain = entity_id.partition(".")[0]
        where = next((f for f, t in action.targets.items() if t.domain in (domain, "*")), None)
        if where is None:
            wanted = ", ".join(sorted({t.domain for t in action.targets.values()})) or "no target"
            raise BadData({"en": f"{action.name} acts on {wanted}, not on {entity_id!r}.",
                           "zh-CN": f"{action.name} 的对象应为 {wanted}，而不是 {entity_id!r}。"})  # fmt: skip
        if action.targets[where].many:
            lists.setdefault(where, []).append(entity_id)
        else:
            spread.append((entity_id, {**rest, where: action.targets[where].name(entity_id)}))
    if lists:
        return [("", {**rest, **lists})]
    return spread
