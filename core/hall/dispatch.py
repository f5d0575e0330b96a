"""Who is called next, and why. Pure: the same floor gives the same choice.

Lines are kept in order, so only their heads are compared. Passed over, keeping their place: who is reserved for another
counter, and whose visitor is at a counter with another ticket.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from ..frozen import frozen
from .config import Serves
from .events import PublicTicket

Reason = dict[str, str]
Key = tuple[float, ...]
# What the parts of a key mean, in the order in which the first difference wins.
_WHY: Final[tuple[tuple[str, str], ...]] = (
    ("more urgent", "更紧急"),
    ("reserved for this counter", "指定本窗口"),
    ("this counter prefers its queue", "本窗口优先办理该队列"),
    ("its class goes first", "客户类别优先"),
    ("came earlier", "先到"),
    ("came earlier", "先到"),
)


@frozen
class Choice:
    """The ticket to call and the reasons, each in the languages of the hall's staff."""

    ticket: PublicTicket
    reasons: list[Reason]


def next_ticket(
    counter: str,
    serves: Sequence[Serves],
    line: Callable[[str, str | None], Iterable[PublicTicket]],
    weight: Callable[[PublicTicket], int],
    busy: Callable[[PublicTicket], bool],
) -> Choice | None:
    """The best of the heads of this counter's lines.

    `line(queue, counter)` is in order: `None` for the open line, a counter's name for what is reserved for it. `busy`
    says whether the ticket's visitor is at a counter now.
    """
    heads: list[tuple[Key, PublicTicket]] = []
    for one in serves:
        for reserved in (counter, None):
            head = next((t for t in line(one.queue, reserved) if not busy(t)), None)
            if head is not None:
                key = (-head["urgency"], reserved is None, -one.priority, -weight(head), *head["place"])
                heads.append((key, head))
    if not heads:
        return None
    heads.sort(key=lambda pair: (pair[0], pair[1]["id"]))
    return Choice(heads[0][1], _reasons(heads))


def _reasons(heads: list[tuple[Key, PublicTicket]]) -> list[Reason]:
    key, ticket = heads[0]
    if len(heads) == 1:
        return [{
            "en": f"{ticket['number']} is first in the only line with someone in it.",
            "zh-CN": f"仅此队列有人等候，{ticket['number']} 排在最前。"}]  # fmt: skip
    reasons: list[Reason] = []
    for other_key, other in heads[1:]:
        at = next((i for i, (a, b) in enumerate(zip(key, other_key, strict=True)) if a != b), len(_WHY) - 1)
        en, zh = _WHY[at]
        reasons.append({"en": f"{ticket['number']} before {other['number']}: {en}.",
                        "zh-CN": f"{ticket['number']} 先于 {other['number']}：{zh}。"})  # fmt: skip
    return reasons
