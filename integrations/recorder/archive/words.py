"""What the logbook says of an event, in English and Chinese: the name of the thing, and what became of it.

{counter} and {queue} are names as people know them; the rest is the event's own.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, cast

Facts = Mapping[str, Any]
Name = Callable[[str], str]

MESSAGES: Final[Mapping[str, tuple[str, str]]] = {
    "ticket_issued": ("was issued for {queue}", "已取号：{queue}"),
    "ticket_ready": ("is ready to be called for {queue}", "可以叫号：{queue}"),
    "ticket_called": ("was called to {counter}", "请到{counter}"),
    "ticket_started": ("began to be served at {counter}", "在{counter}开始办理"),
    "ticket_finished": ("was finished at {counter}", "在{counter}办理完毕"),
    "ticket_put_back": ("was put back in {queue}", "退回{queue}"),
    "ticket_no_show": ("did not come to {counter}", "过号，未到{counter}"),
    "ticket_requeued": ("waits again for {queue}", "重新排队：{queue}"),
    "ticket_transferred": ("was transferred to {queue}", "已转到{queue}"),
    "ticket_held": ("was put on hold", "已挂起"),
    "ticket_released": ("is no longer on hold", "已恢复排队"),
    "ticket_cancelled": ("was cancelled", "已取消"),
    "ticket_updated": ("was changed", "已更改"),
    "ticket_staged": ("waits in the inner area of {counter}", "已进入{counter}的二次候诊区"),
    "ticket_moved": ("was moved to another place in {queue}", "在{queue}中被调整了位置"),
    "ticket_split": ("was split", "已拆分"),
    "ticket_expired": ("expired", "已过期"),
    "ticket_undone": ("is as before: the last step was undone", "已撤销上一步，恢复原状"),
    "service_overtime": ("is taking longer than planned at {counter}", "在{counter}办理超时"),
    "counter_signed_in": ("was opened", "已登录"),
    "counter_signed_out": ("was closed", "已签退"),
    "counter_paused": ("was paused", "暂停服务"),
    "counter_closing": ("closes after the present visitor", "办完当前客户后关闭"),
    "counter_pausing": ("pauses after the present visitor, or not any more", "办完当前客户后暂停，或取消暂停"),
    "counter_serves": ("serves other queues now", "受理的队列已更改"),
    "counter_resumed": ("serves again", "恢复服务"),
    "queue_paused": ("was paused", "暂停取号"),
    "queue_resumed": ("is open again", "恢复取号"),
    "queue_number_skipped": ("left out {skipped} numbers", "跳过 {skipped} 个号码"),
    "hall_closed": ("closed the hall", "大厅暂停服务"),
    "hall_opened": ("opened the hall again", "大厅恢复服务"),
    "hall_reloaded": ("took over queues and counters of another configuration", "已按新配置接管队列和窗口"),
    "queue_cleared": ("was cleared; its day began anew", "已清空，当日重新开始"),
    "appointment_held": ("has a slot for {queue} on hold", "暂留了{queue}的预约时段"),
    "appointment_booked": ("was booked for {queue}", "已预约：{queue}"),
    "appointment_changed": ("was booked for another time", "已改约"),
    "appointment_cancelled": ("was cancelled", "预约已取消"),
    "appointment_arrived": ("has checked in, number {number}", "已签到，号码 {number}"),
    "appointment_missed": ("was missed", "预约未到"),
    "appointment_due": ("is due and nobody has come yet", "预约时间已到，尚未签到"),
    "appointment_reminder": ("was reminded of", "已提醒预约"),
    "visitor_added": ("became known", "已登记"),
    "visitor_updated": ("was changed", "资料已更改"),
    "visitor_blocked": ("was blocked", "已列入黑名单"),
    "visitor_unblocked": ("is no longer blocked", "已移出黑名单"),
    "visitor_forgotten": ("was forgotten", "资料已删除"),
    "feedback_given": ("was rated {level} at {counter}", "在{counter}评价：{level}"),
    "bad_rating": ("was rated badly at {counter}", "在{counter}给出差评"),
    "day_began": ("began the business day {day}", "开始营业日 {day}"),
    "automation_triggered": ("triggered by {source}", "由 {source} 触发"),
    "script_started": ("started", "已启动"),
    "homeassistant_started": ("started", "已启动"),
    "homeassistant_stop": ("stopped", "已停止"),
}
_RECALLED: Final = ("was called again to {counter} (call {calls})", "第 {calls} 次呼叫，请到{counter}")
_AT_KIOSK: Final = ("was issued for {queue} at {origin}", "在{origin}取号：{queue}")
_TRIGGERED: Final = ("triggered", "已触发")
_OF_TICKET: Final = ("ticket_", "service_", "feedback_", "bad_rating")  # events about a ticket, whose number names them
ENTRY: Final = "logbook_entry"  # an event that brings its own words, as Home Assistant's
TOLD: Final = (*MESSAGES, ENTRY)
_DOMAINS: Final = {
    "day_began": "usher",
    "hall_closed": "usher",
    "hall_opened": "usher",
    "hall_reloaded": "usher",
    "homeassistant_started": "homeassistant",
    "homeassistant_stop": "homeassistant",
}


def about(kind: str, data: Facts) -> tuple[str | None, str | None]:
    """The entity an event is about, and the queue it touches."""
    ticket = _ticket(data)
    if ticket is not None:
        counter, queue = ticket.get("counter"), ticket.get("queue")
        return (f"counter.{counter}" if counter else None), (f"queue.{queue}" if queue else None)
    booked = _appointment(data)
    if booked is not None:
        return f"appointment.{booked.get('type')}", f"queue.{booked.get('queue')}"
    named = data.get("entity_id")
    if isinstance(named, str):
        return named[:255], None
    counter, queue = data.get("counter"), data.get("queue")
    if kind.startswith("counter_") and isinstance(counter, str):
        return f"counter.{counter}", None
    if kind.startswith("queue_") and isinstance(queue, str):
        return None, f"queue.{queue}"
    return None, None


def _ticket(data: Facts) -> Facts | None:
    ticket: object = data.get("ticket")
    return cast("Facts", ticket) if isinstance(ticket, Mapping) else None


def _appointment(data: Facts) -> Facts | None:
    booked: object = data.get("appointment")
    return cast("Facts", booked) if isinstance(booked, Mapping) else None


def facts(kind: str, data: Facts) -> dict[str, Any]:
    """What a sentence about an event needs; never a name of a visitor."""
    ticket = _ticket(data)
    if ticket is not None:
        of_ticket = ("number", "queue", "counter", "calls", "origin")
        said = {key: ticket[key] for key in of_ticket if ticket.get(key) is not None}
        level = data.get("level_name")  # of a rating
        return {**said, "level": level} if level is not None else said
    booked = _appointment(data)
    if booked is not None:
        return {"appointment": booked.get("type"), "queue": booked.get("queue"), "number": data.get("number")}
    visitor: object = data.get("visitor")
    if isinstance(visitor, Mapping):  # an id: who that is stands in no event
        return {"name": cast("Facts", visitor).get("id")}
    keys = (
        "name",
        "message",
        "source",
        "domain",
        "entity_id",
        "counter",
        "queue",
        "day",
        "value",
        "available",
        "skipped",
    )
    return {key: data[key] for key in keys if data.get(key) is not None and isinstance(data[key], (str, int, float))}


def describe(kind: str, told: Facts, name_of: Name, chinese: bool) -> dict[str, Any]:
    """{name, message, domain, entity_id} of an event as the logbook has them."""
    if kind == ENTRY:
        entity = told.get("entity_id")
        domain = told.get("domain") or (entity.partition(".")[0] if isinstance(entity, str) else None)
        return {"name": told.get("name"), "message": told.get("message"), "domain": domain, "entity_id": entity}
    pair = MESSAGES.get(kind)
    if kind == "ticket_called" and isinstance(told.get("calls"), int) and told["calls"] > 1:
        pair = _RECALLED
    elif kind == "ticket_issued" and told.get("origin"):
        pair = _AT_KIOSK
    elif kind == "automation_triggered" and not told.get("source"):
        pair = _TRIGGERED
    entity, language = _entity(kind, told), "zh-CN" if chinese else "en"
    words = {
        "counter": name_of(f"counter.{told.get('counter')}") if told.get("counter") else "?",
        "queue": name_of(f"queue.{told.get('queue')}") if told.get("queue") else "?",
        "origin": name_of(str(told.get("origin"))),
        "calls": told.get("calls"), "day": told.get("day"), "source": told.get("source"),
        "skipped": told.get("skipped"), "number": told.get("number"), "level": _said(told.get("level") or "?", language),
    }  # fmt: skip
    domain = _DOMAINS.get(kind) or kind.partition("_")[0]
    described: dict[str, Any] = {"name": _name(kind, told, entity, name_of), "domain": domain}
    if pair is not None:
        described["message"] = pair[int(chinese)].format(**words)
    if entity is not None:
        described["entity_id"] = entity
    return described


def _entity(kind: str, told: Facts) -> str | None:
    for domain in ("counter", "queue"):
        of_ticket = kind.startswith(_OF_TICKET)
        if told.get(domain) and (kind.startswith(domain) or (domain == "counter" and of_ticket)):
            return f"{domain}.{told[domain]}"
    if kind.startswith("appointment_") and told.get("appointment"):
        return f"appointment.{told['appointment']}"
    if kind.startswith("ticket_") and told.get("queue"):
        return f"queue.{told['queue']}"
    entity = told.get("entity_id")
    return entity if isinstance(entity, str) else None


def _name(kind: str, told: Facts, entity: str | None, name_of: Name) -> str:
    if kind.startswith(_OF_TICKET):
        return str(told.get("number", "?"))
    if told.get("name"):
        return str(told["name"])
    if entity is not None:
        return name_of(entity)
    return "usher" if kind in _DOMAINS else kind


def _said(words: Any, language: str) -> str:
    """Words of the hall in this language, else in the first they have. This process knows nothing of usher's own."""
    if not isinstance(words, dict):
        return str(words)
    picked = cast("dict[str, Any]", words)
    return str(picked.get(language) or next(iter(picked.values()), "?"))


def text_of(value: Any, available: bool) -> str:
    """A typed value as Home Assistant's text."""
    if not available:
        return "unavailable"
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)
