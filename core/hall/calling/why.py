"""Why somebody was called before somebody else, told from what the journal kept: no rule is run again. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from ..events import TICKET_CALLED, TICKET_ISSUED, PublicTicket
from ..lines import reserved_for, since, standing
from .looking_back import Around, Told
from .reasons import Reason, because

_IN_LINE: Final = ("waiting", "staged")
_OUT_OF_TURN: Final = {"en": "called out of turn by staff", "zh-CN": "工作人员指定呼叫"}
_STOOD_BEFORE: Final = {"en": "stood before it in line", "zh-CN": "在队列中排在前面"}  # moved there, back, or booked
_BEHIND: Final = {"en": "{words} ({number} stood behind {head})", "zh-CN": "{words}（{number} 排在 {head} 之后）"}
_STEPS: Final[Mapping[str, Reason]] = {
    "ticket_issued": {"en": "takes a number for {queue}, {ahead} before it", "zh-CN": "取号：{queue}，前面 {ahead} 人"},
    "ticket_called": {"en": "is called to counter {counter}", "zh-CN": "呼叫至 {counter} 号窗口"},
    "recalled": {"en": "is called again to counter {counter}", "zh-CN": "再次呼叫至 {counter} 号窗口"},
    "ticket_started": {"en": "is served at counter {counter}", "zh-CN": "在 {counter} 号窗口开始办理"},
    "ticket_finished": {"en": "is finished", "zh-CN": "办结"},
    "ticket_no_show": {"en": "does not come", "zh-CN": "过号"},
    "ticket_requeued": {"en": "is back in line for {queue}", "zh-CN": "重新排队：{queue}"},
    "ticket_transferred": {"en": "goes on to {queue}", "zh-CN": "转到 {queue}"},
    "ticket_put_back": {"en": "is put back to its place", "zh-CN": "退回原位"},
    "ticket_held": {"en": "is put on hold", "zh-CN": "挂起"},
    "ticket_released": {"en": "is released", "zh-CN": "解除挂起"},
    "ticket_ready": {"en": "is ready", "zh-CN": "就绪"},
    "ticket_staged": {"en": "goes to the inner area of counter {counter}", "zh-CN": "进入 {counter} 号窗口二次候诊区"},
    "ticket_moved": {"en": "is moved by hand to another place in line", "zh-CN": "人工调整位置"},
    "ticket_split": {"en": "is split", "zh-CN": "拆分"},
    "ticket_updated": {"en": "is changed (class {class}, urgency {urgency})", "zh-CN": "更改（类别 {class}，紧急度 {urgency}）"},
    "ticket_cancelled": {"en": "is cancelled", "zh-CN": "取消"},
    "ticket_expired": {"en": "expires", "zh-CN": "过期"},
    "ticket_undone": {"en": "is as before: the last step was undone", "zh-CN": "撤销上一步"},
}  # fmt: skip


@dataclass(frozen=True)
class Step:
    """Something that happened to the ticket, and of a call the reasons."""

    at: float
    words: Reason
    reasons: list[Reason]


@dataclass(frozen=True)
class Before:
    """A call before this ticket's: of whom, at which counter, by which rule, and the same in words."""

    at: float
    number: str
    counter: str
    rule: str
    words: Reason
    later: bool  # came later than this ticket, and was called all the same


@dataclass
class Story:
    """One ticket's way, and who was called before it while it waited."""

    number: str
    day: str
    steps: list[Step] = field(default_factory=list["Step"])
    before: list[Before] = field(default_factory=list["Before"])


def story_of(around: Around) -> Story:
    """What the journal tells of one ticket."""
    mine: PublicTicket | None = None
    known: dict[str, PublicTicket] = {}  # by number, as each is now
    later: set[str] = set()  # whoever came after mine
    story = Story("", around.day)
    for told in around.told:
        ticket: PublicTicket | None = told.data.get("ticket")
        if ticket is None:
            continue
        first_call = told.type == TICKET_CALLED and told.data.get("calls") == 1
        if ticket["id"] == around.ticket:
            story.number = ticket["number"]
            story.steps.append(_step(told, ticket))
            mine = ticket
        elif first_call and mine is not None and mine["state"] in _IN_LINE:
            was = known.get(ticket["number"], ticket)
            found = _before(told, ticket, was, mine, known, ticket["id"] in later)
            if found is not None:
                story.before.append(found)
        elif told.type == TICKET_ISSUED and mine is not None:
            later.add(ticket["id"])
        known[ticket["number"]] = ticket
    return story


def _step(told: Told, ticket: PublicTicket) -> Step:
    again = told.type == TICKET_CALLED and told.data.get("calls") != 1
    words = _STEPS.get("recalled" if again else told.type, {"en": told.type, "zh-CN": told.type})
    named = {**ticket, "ahead": told.data.get("ahead", 0)}
    return Step(
        told.at, {language: text.format(**named) for language, text in words.items()}, told.data.get("reasons", [])
    )


def _before(
    told: Told,
    called: PublicTicket,
    was: PublicTicket,
    mine: PublicTicket,
    known: Mapping[str, PublicTicket],
    later: bool,
) -> Before | None:
    """Why this one was called before mine; nothing if that counter did not look at mine at all."""
    passed: Mapping[str, list[str]] = told.data.get("passed", {})
    heads = {number: rule for rule, numbers in passed.items() for number in numbers}
    head, rule = mine["number"], heads.get(mine["number"])
    if rule is None and told.data.get("rule") == "staff":
        if called["queue"] != mine["queue"]:
            return None
        rule = "staff"
    if rule is None:
        rule, head = _by_its_head(heads, was, mine, known)
    if rule is None:
        if was["queue"] != mine["queue"]:
            return None
        rule = _of_one_line(was, mine, "boost" in passed)
    words = _OUT_OF_TURN if rule == "staff" else because(rule, _minutes(told.at, was))
    if rule == "place" and later:
        words = _STOOD_BEFORE
    if head != mine["number"]:
        words = {one: _BEHIND[one].format(words=text, number=mine["number"], head=head) for one, text in words.items()}
    return Before(told.at, called["number"], str(called["counter"]), rule, words, later)


def _by_its_head(
    heads: Mapping[str, str], was: PublicTicket, mine: PublicTicket, known: Mapping[str, PublicTicket]
) -> tuple[str | None, str]:
    """The rule that put back whoever stood before mine: of its own lane, else of its queue if it is another one."""
    of_queue = [known[number] for number in heads if number in known and known[number]["queue"] == mine["queue"]]
    same = [t for t in of_queue if (standing(t), reserved_for(t)) == (standing(mine), reserved_for(mine))]
    for one in same or ([] if was["queue"] == mine["queue"] else of_queue):
        return heads[one["number"]], one["number"]
    return None, mine["number"]


def _of_one_line(was: PublicTicket, mine: PublicTicket, boosted: bool) -> str:
    """The rule between two of one queue, from what the tickets say."""
    if was["urgency"] != mine["urgency"]:
        return "urgency"
    if was["state"] == "staged" and mine["state"] != "staged":
        return "staged"
    if reserved_for(was) != reserved_for(mine):
        return "reserved" if reserved_for(was) is not None else "elsewhere"
    if boosted and since(was) < since(mine):
        return "boost"
    return "class" if standing(was) != standing(mine) else "place"


def _minutes(at: float, ticket: PublicTicket) -> int:
    return max(0, int((at - since(ticket)) // 60))
