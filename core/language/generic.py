"""Home Assistant's `homeassistant.turn_on`, `turn_off` and `toggle`: the verb of whatever domain a thing is of.

Also `homeassistant.reload_all` and `homeassistant.check_config`, which are `usher.reload` and `usher.check` here.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, Field

from ..actions import Answer, Call
from ..errors import Refused
from ..integration import Kit
from ..schema import Nothing, Strict, Target
from .reading import listed


class Things(Strict):
    """Data of homeassistant.turn_on, turn_off and toggle."""

    entity_id: Annotated[list[str], Target("*", many=True), BeforeValidator(listed)] = Field(
        min_length=1, description="The things."
    )


VERBS: Final = ("turn_on", "turn_off", "toggle")
ALIASES: Final = {"reload_all": "usher.reload", "check_config": "usher.check"}
MODELS: Final[Mapping[str, type[BaseModel]]] = {
    **{f"homeassistant.{verb}": Things for verb in VERBS},
    **{f"homeassistant.{name}": Nothing for name in ALIASES},
}
_ABOUT: Final = {
    "turn_on": {"en": "Turn things on, of whatever kind.", "zh-CN": "打开任意类型的对象。"},
    "turn_off": {"en": "Turn things off, of whatever kind.", "zh-CN": "关闭任意类型的对象。"},
    "toggle": {"en": "Turn things on or off, of whatever kind.", "zh-CN": "切换任意类型的对象。"},
    "reload_all": {"en": "As usher.reload.", "zh-CN": "同 usher.reload。"},
    "check_config": {"en": "As usher.check.", "zh-CN": "同 usher.check。"},
}


def register(kit: Kit) -> None:
    """Offer them."""
    for verb in VERBS:
        kit.action(f"homeassistant.{verb}", Things, _verb(kit, verb), description=_ABOUT[verb])
    for name, meant in ALIASES.items():
        kit.action(f"homeassistant.{name}", Nothing, _alias(kit, meant), description=_ABOUT[name], timeout=None)


def _verb(kit: Kit, verb: str) -> Any:
    async def run(data: Things, call: Call) -> Answer:
        by_domain: dict[str, list[str]] = {}
        for entity_id in data.entity_id:
            by_domain.setdefault(entity_id.partition(".")[0], []).append(entity_id)
        for domain in by_domain:  # all or none
            if kit.actions.get(f"{domain}.{verb}") is None:
                raise Refused("no_such_verb", {
                    "en": "{thing} has no {verb}: there is no action {domain}.{verb}.",
                    "zh-CN": "{thing} 不支持 {verb}：没有 {domain}.{verb} 这个动作。"},
                    thing=by_domain[domain][0], verb=verb, domain=domain)  # fmt: skip
        for domain, things in by_domain.items():
            await kit.actions.call(f"{domain}.{verb}", {"target": {"entity_id": things}}, call)
        return None

    return run


def _alias(kit: Kit, meant: str) -> Any:
    async def run(data: Nothing, call: Call) -> Answer:
        return await kit.actions.call(meant, {}, call)

    return run
