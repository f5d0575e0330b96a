"""Why somebody was called, in the words of the hall's staff: what is written into the event and read months later."""

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from ..config import Serves
from ..events import PublicTicket
from .mixing import REST

Reason: TypeAlias = dict[str, str]
NAMED: Final = 3  # numbers told in one reason; of more, how many
OUT_OF_TURN: Final = {"en": "Called out of turn by staff.", "zh-CN": "工作人员指定呼叫。"}
WHY: Final[Mapping[str, tuple[str, str]]] = {
    "urgency": ("more urgent", "更紧急"),
    "staged": ("waits in this counter's inner area", "已在本窗口二次候诊区等候"),
    "reserved": ("reserved for this counter", "指定本窗口"),
    "boost": ("has waited {minutes} min, which lifts it", "已等候 {minutes} 分钟，优先呼叫"),
    "mix": ("its turn in this counter's mix ({mix})", "按本窗口轮叫比例（{mix}）轮到"),
    "priority": ("this counter prefers its queue", "本窗口优先办理该队列"),
    "class": ("its class goes first", "客户类别优先"),
    "place": ("came earlier", "先到"),
    "elsewhere": ("the other is kept for others", "对方已指定给他处"),
}
_TOLD_WITH: Final = ("boost", "mix")  # with the minutes, with the mix


def told(
    ticket: PublicTicket, passed: Mapping[str, Sequence[str]], waited: float, mix: Mapping[str, int]
) -> list[Reason]:
    """One reason for each rule that put somebody back, the one that decided first. `waited`: seconds, of the boosted."""
    number = ticket["number"]
    if not passed:
        return [{
            "en": f"{number} is first in the only line with someone in it.",
            "zh-CN": f"仅此队列有人等候，{number} 排在最前。"}]  # fmt: skip
    reasons: list[Reason] = []
    for rule, others in passed.items():
        en, zh = WHY[rule]
        if rule in _TOLD_WITH:
            en, zh = (
                words.format(minutes=int(waited // 60), mix=_mix(mix, language))
                for language, words in (("en", en), ("zh-CN", zh))
            )
        english, chinese = _listed(others)
        reasons.append({"en": f"{number} before {english}: {en}.", "zh-CN": f"{number} 先于 {chinese}：{zh}。"})
    return reasons


def helping(ticket: PublicTicket, serves: Serves, waiting: int) -> Reason:
    """That a counter helped another queue out."""
    if serves.overflow is None:
        return {"en": f"Nobody waits in this counter's own queues: it helps {ticket['queue']} out.",
                "zh-CN": f"本窗口自有队列无人等候，协助办理 {ticket['queue']}。"}  # fmt: skip
    return {"en": f"Nobody waits in this counter's own queues, and {waiting} in {ticket['queue']}: it helps out.",
            "zh-CN": f"本窗口自有队列无人等候，而 {ticket['queue']} 有 {waiting} 人等候，协助办理。"}  # fmt: skip


def from_elsewhere(ticket: PublicTicket) -> Reason:
    """That somebody was taken out of another counter's inner area."""
    number, counter = ticket["number"], ticket["counter"]
    return {"en": f"Nobody else waits for this counter: {number} need not wait before counter {counter}.",
            "zh-CN": f"本窗口已无人等候：{number} 不必再等 {counter} 号窗口。"}  # fmt: skip


def because(rule: str, minutes: int | None = None) -> Reason:
    """A rule in few words; without the minutes waited, if they are not known."""
    en, zh = WHY[rule]
    long = ("long", "较久") if minutes is None else (f"{minutes} min", f"{minutes} 分钟")
    return {"en": en.replace("{minutes} min", long[0]).replace(" ({mix})", ""),
            "zh-CN": zh.replace("{minutes} 分钟", long[1]).replace("（{mix}）", "")}  # fmt: skip


def _mix(mix: Mapping[str, int], language: str) -> str:
    shares = {**mix, REST: mix.get(REST, 1)}
    comma = "，" if language == "zh-CN" else ", "
    return comma.join(f"{share} {name}" for name, share in shares.items())


def _listed(numbers: Sequence[str]) -> tuple[str, str]:
    if len(numbers) <= NAMED:
        *most, last = numbers
        return (f"{', '.join(most)} and {last}" if most else last, "、".join(numbers))
    first, more = numbers[:NAMED], len(numbers) - NAMED
    return f"{', '.join(first)} and {more} more", f"{'、'.join(first)} 等 {len(numbers)} 人"
