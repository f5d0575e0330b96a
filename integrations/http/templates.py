"""Templates asked for from outside, rendered by the language."""

from collections.abc import Mapping
from typing import Any, Final

from ...core.access import Caller, may_read
from ...core.errors import BadData, NotPermitted, Refused
from ...core.integration import Kit
from ...core.offers import RENDER, TRACK, Rendered, Tracking

MAX_TEMPLATE: Final = 16 * 1024  # it is compiled in the loop: a longer one would hold it


def render(kit: Kit, caller: Caller, template: str, variables: Mapping[str, Any]) -> Any:
    """Render it; raises TemplateError. A template may read any state, so only who may read all states may ask."""
    _may(caller, template)
    language = kit.offers.get(RENDER, "render")
    if language is None:
        raise _no_templates()
    return language(template, variables)


def track(
    kit: Kit, caller: Caller, template: str, variables: Mapping[str, Any], then: Rendered
) -> Tracking:  # fmt: skip
    """Follow it: `then` is told each new result, or the TemplateError it failed with."""
    _may(caller, template)
    language = kit.offers.get(TRACK, "track")
    if language is None:
        raise _no_templates()
    return language(template, variables, then)


def _no_templates() -> Refused:
    return Refused("no_templates", {"en": "This hall renders no templates.", "zh-CN": "本大厅不支持模板。"})


def _may(caller: Caller, template: str) -> None:
    if not may_read(caller.permission, "*"):
        raise NotPermitted({"en": f"{caller.name} may not render templates: they read every state.",
                            "zh-CN": f"{caller.name} 无权渲染模板：模板可读取所有状态。"})  # fmt: skip
    if len(template) > MAX_TEMPLATE:
        raise BadData({"en": f"A template of more than {MAX_TEMPLATE} characters is too long.",
                       "zh-CN": f"模板不能超过 {MAX_TEMPLATE} 个字符。"})  # fmt: skip
