"""What a ticket may do: the table of HALL, as data, and new tickets made from old ones. Pure.

A ticket is a JSON object that is never changed; each change makes a new one.
"""

from collections.abc import Mapping
from typing import Any, Final, cast

from ..errors import Refused
from .events import LIVE, PublicTicket

FROM: Final[Mapping[str, tuple[str, ...]]] = {
    "ticket.ready": ("pending",),
    "counter.call_next": ("waiting", "staged"),
    "counter.call": ("pending", "waiting", "staged", "held", "no_show"),
    "counter.recall": ("called",),
    "counter.served": ("serving", "called"),
    "counter.start": ("called",),
    "counter.finish": ("serving", "called"),
    "counter.put_back": ("called", "serving"),
    "counter.no_show": ("called",),
    "ticket.requeue": ("no_show",),
    "ticket.transfer": LIVE,
    "ticket.hold": ("waiting", "staged", "called", "serving"),
    "ticket.release": ("held",),
    "queue.stage": ("waiting",),
    "ticket.stage": ("waiting",),
    "ticket.update": LIVE,
    "ticket.move": ("waiting",),
    "ticket.split": ("pending", "waiting", "staged", "called", "serving"),
    "ticket.cancel": tuple(state for state in LIVE if state != "serving"),
    "end of day": tuple(state for state in LIVE if state not in ("called", "serving")),
}
AT_COUNTER: Final = ("called", "serving")
_STAMPS: Final[Mapping[str, str]] = {
    "called": "called", "serving": "started", "finished": "finished", "held": "held", "waiting": "waiting",
    "staged": "staged",
}  # fmt: skip

_STATES: Final[Mapping[str, tuple[str, str]]] = {
    "pending": ("is not ready yet", "尚未就绪"),
    "waiting": ("is waiting", "正在等候"),
    "staged": ("waits in the inner area", "在二次候诊区等候"),
    "called": ("is being called", "正在呼叫"),
    "serving": ("is being served", "正在办理"),
    "held": ("is on hold", "已挂起"),
    "no_show": ("did not show up", "已过号"),
    "finished": ("is finished", "已办结"),
    "cancelled": ("was cancelled", "已取消"),
    "expired": ("has expired", "已过期"),
}


def may(action: str, ticket: PublicTicket) -> None:
    """Raise Refused("wrong_state") unless this action may be done to a ticket in this state."""
    state = ticket["state"]
    if state not in FROM[action]:
        en, zh = _STATES[state]
        raise Refused("wrong_state", {
            "en": f"{ticket['number']} {en}: {action} cannot be done.",
            "zh-CN": f"{ticket['number']} {zh}，不能执行 {action}。"})  # fmt: skip


def changed(ticket: PublicTicket, now: float, state: str, **fields: Any) -> PublicTicket:
    """The ticket in another state; the stamp of that state is set where there is one."""
    times = dict(ticket["times"])
    if state in _STAMPS and state != ticket["state"]:
        times[_STAMPS[state]] = now
    new = {**ticket, "state": state, "times": times, **fields}
    if state != "staged":
        new.pop("staged_by_hand", None)
    return cast("PublicTicket", new)
