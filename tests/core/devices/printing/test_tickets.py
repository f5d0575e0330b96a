"""What a layout may use is taken from the ticket and the states, in the ticket's language."""

from pathlib import Path

from usher.core.bus import Bus
from usher.core.clock import HandClock
from usher.core.devices.printing.tickets import variables
from usher.core.integration import Site
from usher.core.states import States


def values(ticket, data=None, language="zh-CN"):
    clock = HandClock(zone="Asia/Shanghai")
    states = States(Bus(clock), clock)
    services = {"loan": {"en": "Loans", "zh-CN": "贷款"}}
    name = {"en": "Personal banking", "zh-CN": "个人业务"}
    states.set("queue.personal", 3, {"name": name, "counters": ["1", "2"], "services": services})
    states.set("counter.1", "idle", {"name": {"en": "Window 1", "zh-CN": "1号窗口"}})
    site = Site("hall", {"en": "Branch", "zh-CN": "支行"}, ("zh-CN",), Path(), Path(), "boot", "0")
    return variables(ticket, data or {}, language, states, site, clock)


TICKET = {"number": "A012", "queue": "personal", "service": None, "times": {"issued": 1_763_778_240.0}}


def test_in_the_tickets_language():
    found = values(TICKET)
    assert (found["site"], found["queue"], found["number"]) == ("支行", "个人业务", "A012")
    assert found["counters"] == ["1号窗口", "2"]
    assert (found["issued"], found["date"]) == ("2025-11-22 10:24", "2025年11月22日")
    english = values(TICKET, language="en")
    assert (english["queue"], english["counters"], english["date"]) == (
        "Personal banking",
        ["Window\u00a01", "2"],
        "2025-11-22",
    )


def test_data_stands_above_all_and_texts_are_picked():
    found = values(TICKET, {"hint": {"en": "Bring your card", "zh-CN": "请带卡"}, "ahead": 7, "queue": "贵宾"})
    assert (found["hint"], found["ahead"], found["queue"]) == ("请带卡", 7, "贵宾")
    assert values(TICKET, {"address": {"street": "x"}})["address"] == {"street": "x"}


def test_without_a_ticket():
    found = values(None)
    assert (found["number"], found["queue"], found["counters"], found["ahead"]) == ("", "", [], None)


def test_a_service_by_its_name_and_a_link_only_if_it_leads_somewhere():
    found = values({**TICKET, "service": "loan"}, {"link": "/t/abc"})
    assert (found["service"], found["link"]) == ("贷款", "")
    found = values({**TICKET, "service": "other"}, {"link": "https://hall.example/t/abc"}, "en")
    assert (found["service"], found["link"]) == ("other", "https://hall.example/t/abc")


def test_the_wait_is_told_in_whole_minutes():
    told = {"wait": 600, "low": 20, "high": 1100, "at": 0.0, "ahead": 3}
    assert values({**TICKET, "estimate": told})["wait"] == [1, 18]
    assert values(TICKET)["wait"] is None
