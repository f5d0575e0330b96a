"""`subscribe_trigger`: the trigger kinds that rooms lend, watched for a socket."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from pydantic import Field, ValidationError

from ....core.access import may_read
from ....core.clock import Cancel
from ....core.errors import BadData, NotPermitted
from ....core.events import Context
from ....core.offers import TRIGGERS, Fire, TriggerKind
from ....core.schema import Strict, did_you_mean, explain
from ..shapes import context_of

if TYPE_CHECKING:
    from .connection import Connection

MAX_TRIGGERS: Final = 32
_COMMON: Final = ("platform", "id", "alias", "enabled", "variables")  # of every trigger; no kind's own


@dataclass(frozen=True, slots=True)
class Watching:
    """The triggers of one subscription."""

    cancels: list[Cancel]

    def stop(self) -> None:
        for cancel in self.cancels:
            cancel()


class Trigger(Strict):
    trigger: dict[str, Any] | list[dict[str, Any]]
    variables: dict[str, Any] = Field(default_factory=dict)


def subscribe_trigger(socket: "Connection", number: int, m: Trigger) -> None:
    """Each firing is an event {"variables": {"trigger": ...}, "context": ...}.

    A trigger may watch anything, so only who may read all states may ask.
    """
    if not may_read(socket.permission, "*"):
        raise NotPermitted({"en": f"{socket.caller.name} may not watch triggers.",
                            "zh-CN": f"{socket.caller.name} 无权监听触发器。"})  # fmt: skip
    written = m.trigger if isinstance(m.trigger, list) else [m.trigger]
    if len(written) > MAX_TRIGGERS:
        raise BadData({"en": f"At most {MAX_TRIGGERS} triggers.", "zh-CN": f"最多 {MAX_TRIGGERS} 个触发器。"})
    read = [_read(socket, index, one) for index, one in enumerate(written)]  # all, before one is watched

    def firing(said: Mapping[str, Any]) -> Fire:
        def fire(data: Mapping[str, Any], context: Context) -> None:
            variables = {**m.variables, "trigger": {**said, **data}}
            socket.event(number, {"variables": variables, "context": context_of(context)})

        return fire

    watching = [_attach(kind, model, firing(said), m.variables) for kind, model, said in read]
    socket.subscribed(number, Watching(watching))
    socket.result(number)


def _attach(kind: TriggerKind, model: Any, fire: Fire, variables: Mapping[str, Any]) -> Cancel:
    return kind.attach(model, fire) if kind.waits is None else kind.attach(model, fire, kind.waits(fire, variables))


def _read(socket: "Connection", index: int, written: Mapping[str, Any]) -> tuple[TriggerKind, Any, dict[str, Any]]:
    """The kind, its model, and what the trigger says of itself; `platform:` is the older spelling of `trigger:`."""
    kinds = socket.kit.offers.all(TRIGGERS)
    rest = dict(written)
    name: object = rest.pop("trigger", None) or rest.pop("platform", None)
    for key in _COMMON:
        rest.pop(key, None)
    kind = kinds.get(name) if isinstance(name, str) else None
    if kind is None:
        close = did_you_mean(str(name)[:80], kinds)
        raise BadData({"en": f"There is no trigger {str(name)[:80]!r} here.{close}",
                       "zh-CN": f"没有触发器 {str(name)[:80]!r}。{close}"})  # fmt: skip
    if "trigger" in kind.model.model_fields:
        rest["trigger"] = name
    said = {"id": written.get("id", str(index)), "idx": str(index), "alias": written.get("alias"), "platform": name}
    try:
        return kind, kind.model.model_validate(rest), said
    except ValidationError as error:
        raise BadData(*explain(error, cast("str", name))) from error
