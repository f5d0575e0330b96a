"""The kind `printer`: order, urgency, fallback, reprints and bounds, with a platform that does as it is told."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from usher.core.devices.printers import PrinterItem, setup_printers
from usher.core.devices.printing.protocol import NotPrinted, PrinterStatus
from usher.core.devices.printing.sheets import REPRINT, Text
from usher.core.errors import ConnectionLost, Refused, TemplateError, Unknown
from usher.core.offers import RENDER

READY = PrinterStatus()
OUT = PrinterStatus("paper_out", "paper_out")
LAYOUT = {"blocks": [{"text": "{{ number }}"}]}


class Presses:
    """A platform whose printers print on a list. `says` is how each is; `next` what the next jobs meet."""

    def __init__(self):
        self.printed = []  # (printer, first text, marked as a reprint)
        self.jobs = []
        self.says = {}
        self.next = []
        self.holding = None
        self.opened = []
        self.breaks = {}

    @asynccontextmanager
    async def open(self, item, kit):
        presses = self
        presses.opened.append(item.id)

        class Press:
            async def status(self):
                if item.id in presses.breaks:
                    raise presses.breaks[item.id]
                return presses.says.get(item.id, READY)

            async def print(self, job):
                if presses.holding is not None:
                    await presses.holding.wait()
                if presses.next:
                    fault = presses.next.pop(0)
                    if fault is not None:
                        raise fault
                if not presses.says.get(item.id, READY).usable:
                    raise NotPrinted(presses.says[item.id], written=False)
                marked = job.sheet[: len(REPRINT)] == REPRINT
                text = job.sheet[len(REPRINT) if marked else 0]
                presses.jobs.append(job)
                presses.printed.append((item.id, text.text if isinstance(text, Text) else "", marked))
                return presses.says.get(item.id, READY)

        yield Press()


@asynccontextmanager
async def printing(h, *made):
    presses = Presses()
    h.platform("printer.test", PrinterItem, presses.open)
    h.offers.add(RENDER, "render", lambda text, values: text.replace("{{ number }}", str(values["number"])))
    kit = h.kit()
    items = [PrinterItem.model_validate({"platform": "test", "layout": LAYOUT, **one}) for one in made]
    async with setup_printers(items, kit) as presses.room:
        await h.clock.turn(0)
        yield presses
    await h.supervisor.close()
    await kit.close()


def ticket(number, **more):
    return {"id": f"id-{number}", "number": number, "queue": "main", "times": {}, **more}


async def put(h, *numbers, printer="lobby", **more):
    for number in numbers:
        await h.act("printer.print", printer=printer, ticket=ticket(number), **more)


def prints_on(h, printer="lobby"):
    return h.states.get(f"printer.{printer}").attributes["prints_on"]


async def test_prints_in_order_and_urgent_ones_first(house):
    async with house() as h, printing(h, {"id": "lobby"}) as presses:
        presses.holding = asyncio.Event()
        await put(h, "A001")
        await h.clock.turn(0)
        await put(h, "A002", "A003")
        await put(h, "T001", urgency=10)
        await put(h, "A004")
        assert h.value("printer.lobby") == "busy"
        presses.holding.set()
        await h.clock.turn(0)
        assert [text for _, text, _ in presses.printed] == ["A001", "T001", "A002", "A003", "A004"]
        assert [e.data["ticket"] for e in h.of("print_done")] == ["A001", "T001", "A002", "A003", "A004"]
        assert h.value("printer.lobby") == "ready"
        assert h.states.get("printer.lobby").attributes["last_job"] == "A004"


async def test_the_answer_does_not_wait_for_paper(house):
    async with house() as h, printing(h, {"id": "lobby"}) as presses:
        presses.holding = asyncio.Event()
        first = await h.act("printer.print", printer="lobby", ticket=ticket("A001"))
        second = await h.act("printer.print", printer="lobby", ticket=ticket("A002"))
        assert (first["queued"], second["queued"]) == (1, 2)
        assert presses.printed == []


async def test_what_was_not_begun_is_tried_again_unmarked(house):
    async with house() as h, printing(h, {"id": "lobby", "retry": 2}) as presses:
        presses.says["lobby"] = OUT
        await put(h, "A001", "A002")
        await h.clock.turn(10)
        assert h.value("printer.lobby") == "paper_out"
        assert [(e.data["ticket"], e.data["kept"]) for e in h.of("print_failed")] == [("A001", True), ("A002", True)]
        presses.says["lobby"] = READY
        await h.clock.turn(2)
        assert presses.printed == [("lobby", "A001", False), ("lobby", "A002", False)]
        assert len(h.of("print_failed")) == 2  # told once each


async def test_what_may_be_on_paper_is_marked_and_tried_three_times_at_most(house):
    async with house() as h, printing(h, {"id": "lobby"}) as presses:
        doubt = NotPrinted(PrinterStatus("fault", "slow"), written=True)
        presses.next = [doubt, None]
        await put(h, "A001")
        await h.clock.turn(30)
        assert presses.printed == [("lobby", "A001", True)]
        presses.next = [doubt] * 3
        await put(h, "A002", "A003")
        await h.clock.turn(60)
        assert presses.printed[1:] == [("lobby", "A003", False)]
        assert [e.data["kept"] for e in h.of("print_failed") if e.data["ticket"] == "A002"] == [True, False]


async def test_a_job_that_cannot_be_drawn_does_not_hold_up_the_others(house):
    async with house() as h, printing(h, {"id": "lobby"}) as presses:
        bad = NotPrinted(PrinterStatus("ready", "bad_drawing"), written=False)
        presses.next = [bad, bad, bad]
        await put(h, "A001", "A002")
        await h.clock.turn(10)
        assert presses.printed == [("lobby", "A002", False)]
        assert h.of("print_failed")[-1].data["reason"]["zh-CN"] == "票面无法绘制。"


async def test_fallback_printers_in_their_order(house):
    lobby = {"id": "lobby", "fallback": ["desk", "office"]}
    async with house() as h, printing(h, lobby, {"id": "desk"}, {"id": "office"}) as presses:
        assert prints_on(h) == "lobby"
        presses.says |= {"lobby": OUT, "desk": OUT}
        await h.clock.turn(5)
        assert prints_on(h) == "office"
        await put(h, "A001")
        await h.clock.turn(0)
        assert presses.printed == [("office", "A001", False)]
        assert h.of("print_failed")[0].data["moved_to"] == "office"
        presses.says["desk"] = READY
        await h.clock.turn(5)
        await put(h, "A002")
        await h.clock.turn(0)
        assert presses.printed[1] == ("desk", "A002", False)
        presses.says |= {"desk": OUT, "office": OUT}
        await h.clock.turn(5)
        await put(h, "A003")
        await h.clock.turn(5)
        assert len(presses.printed) == 2
        assert prints_on(h) is None
        assert h.states.get("printer.lobby").attributes["queued"] == 1  # nobody can: it waits at home
        presses.says["lobby"] = READY
        await h.clock.turn(5)
        assert presses.printed[2] == ("lobby", "A003", False)


async def test_a_fallback_that_fails_in_turn_sends_it_home(house):
    async with house() as h, printing(h, {"id": "lobby", "fallback": ["desk"]}, {"id": "desk"}) as presses:
        presses.says["lobby"] = OUT
        await h.clock.turn(5)
        presses.next = [NotPrinted(OUT, written=True)]
        presses.says["desk"] = READY
        await put(h, "A001")
        presses.says["desk"] = OUT
        await h.clock.turn(5)
        assert h.states.get("printer.lobby").attributes["queued"] == 1
        presses.says["lobby"] = READY
        await h.clock.turn(5)
        assert presses.printed == [("lobby", "A001", True)]


async def test_a_line_is_bounded_by_what_it_accepted_wherever_it_waits(house):
    lobby = {"id": "lobby", "fallback": ["desk"], "max_queued": 2}
    async with house() as h, printing(h, lobby, {"id": "desk"}) as presses:
        presses.says["lobby"] = OUT
        presses.holding = asyncio.Event()
        await h.clock.turn(5)
        await put(h, "A001", "A002")
        await h.clock.turn(0)
        with pytest.raises(Refused) as refused:
            await put(h, "A003")
        assert refused.value.code == "printer_busy"
        assert refused.value.say("zh-CN") == "该打印机排队任务过多。"
        presses.holding.set()
        await h.clock.turn(0)
        await put(h, "A004")


async def test_too_old_to_be_worth_printing(house):
    async with house() as h, printing(h, {"id": "lobby", "keep": 60}) as presses:
        presses.says["lobby"] = OUT
        await put(h, "A001")
        await h.clock.turn(65)
        presses.says["lobby"] = READY
        await h.clock.turn(10)
        assert presses.printed == []
        assert [e.data["kept"] for e in h.of("print_failed")] == [True, False]
        assert h.states.get("printer.lobby").attributes["queued"] == 0


async def test_a_platform_that_loses_its_connection_is_opened_again(house):
    async with house() as h, printing(h, {"id": "lobby"}) as presses:
        presses.next = [ConnectionLost("the cable is out.")]
        await put(h, "A001")
        await h.clock.turn(0)
        assert h.value("printer.lobby") == "offline"
        await h.clock.turn(5)
        assert presses.opened == ["lobby", "lobby"]
        assert presses.printed == [("lobby", "A001", True)]


async def test_a_platform_that_breaks_stays_down_and_its_jobs_go_elsewhere(house, caplog):
    async with house() as h, printing(h, {"id": "lobby", "fallback": ["desk"]}, {"id": "desk"}) as presses:
        presses.next = [ZeroDivisionError("a bug in a platform")]
        await put(h, "A001")
        await h.clock.turn(5)
        assert h.value("printer.lobby") == "offline"
        assert h.supervisor.status()["printer.lobby"] == "down"
        assert presses.printed == [("desk", "A001", True)]
        await put(h, "A002")
        await h.clock.turn(2)
        assert presses.printed[1] == ("desk", "A002", False)
        assert "a bug in a platform" in caplog.text


async def test_an_unknown_platform_is_told(house, caplog):
    async with house() as h, printing(h, {"id": "lobby", "platform": "papyrus"}):
        await put(h, "A001")
        await h.clock.turn(4)
        assert h.of("print_failed") == []  # it might still be opened
        await h.clock.turn(4)
        assert "serves a printer as 'papyrus'" in caplog.text
        assert h.value("printer.lobby") == "offline"
        assert h.of("print_failed")[0].data["kept"] is True


async def test_a_repeated_request_is_the_same_job(house):
    from usher.core.access import Caller
    from usher.core.actions import Call

    async with house() as h, printing(h, {"id": "lobby"}) as presses:
        data = {"printer": "lobby", "ticket": ticket("A001")}
        one = Call(Caller("kiosk", "kiosk", "manager"), request_id="r1")
        other = Call(Caller("desk", "desk", "manager"), request_id="r1")
        first = await h.actions.call("printer.print", data, one)
        assert await h.actions.call("printer.print", data, one) == first
        assert await h.actions.call("printer.print", data, other) != first
        await h.clock.turn(0)
        assert len(presses.printed) == 2


async def test_events_say_because_of_what(house):
    from usher.core.actions import Call
    from usher.core.events import Context

    async with house() as h, printing(h, {"id": "lobby"}):
        why = Context(user_id="visitor")
        await h.actions.call("printer.print", {"printer": "lobby", "ticket": ticket("A001")}, Call(context=why))
        await h.clock.turn(0)
        (event,) = h.of("print_done")
        assert event.context.user_id == "visitor"
        assert event.context.parent_id is not None
        assert event.data["ticket_id"] == "id-A001"


async def test_status_is_a_question_and_unknown_printers_are_refused(house):
    async with house() as h, printing(h, {"id": "lobby"}):
        assert h.actions.get("printer.status").question
        answer = await h.act("printer.status", printer="lobby")
        assert (answer["printer"], answer["state"], answer["queued"]) == ("lobby", "ready", 0)
        with pytest.raises(Unknown) as unknown:
            await h.act("printer.test", printer="desk")
        assert unknown.value.code == "unknown_printer"


async def test_a_layout_that_fails_is_told_to_who_asked(house):
    async with house() as h, printing(h, {"id": "lobby"}):

        def broken(text, values):
            raise TemplateError("'nmber' is undefined")

        h.offers._shelf[RENDER.name]["render"] = broken
        with pytest.raises(Exception, match="nmber") as failed:
            await put(h, "A001")
        assert failed.value.code == "bad_layout"


async def take(h, presses, *made):
    items = [PrinterItem.model_validate({"platform": "test", "layout": LAYOUT, **one}) for one in made]
    await presses.room.take(items, presses.room.read_layouts(items))
    await h.clock.turn(0)


async def test_a_reload_leaves_the_others_alone_and_loses_no_job(house):
    async with house() as h, printing(h, {"id": "lobby"}, {"id": "desk"}) as presses:
        presses.says["lobby"] = OUT
        await put(h, "A001", "A002")
        await h.clock.turn(1)
        assert presses.printed == []
        del presses.says["lobby"]
        await take(h, presses, {"id": "lobby", "retry": 7}, {"id": "desk"})
        assert presses.opened == ["lobby", "desk", "lobby"]
        await h.clock.turn(1)
        assert [number for _, number, _ in presses.printed] == ["A001", "A002"]


async def test_another_layout_needs_no_new_connection(house):
    async with house() as h, printing(h, {"id": "lobby"}) as presses:
        await take(h, presses, {"id": "lobby", "layout": {"blocks": [{"text": "No. {{ number }}"}]}})
        await put(h, "A001")
        await h.clock.turn(1)
        assert presses.printed == [("lobby", "No. A001", False)]
        assert presses.opened == ["lobby"]


async def test_jobs_of_a_printer_taken_out_go_to_its_fallback_or_are_told(house):
    async with (
        house() as h,
        printing(h, {"id": "lobby", "fallback": ["desk"]}, {"id": "desk"}, {"id": "back"}) as presses,
    ):
        presses.holding = asyncio.Event()
        await put(h, "A001", "A002")
        await put(h, "B001", "B002", printer="back")
        await h.clock.turn(0)
        await take(h, presses, {"id": "desk"})
        presses.holding.set()
        await h.clock.turn(1)
        assert {number for _, number, _ in presses.printed} == {"A001", "A002"}
        assert {e.data["ticket"] for e in h.of("print_failed") if not e.data["kept"]} == {"B001", "B002"}
        assert h.value("printer.lobby") is None
        with pytest.raises(Unknown):
            await put(h, "A003")
