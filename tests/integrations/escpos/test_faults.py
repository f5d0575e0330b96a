"""Printers that run out of paper, jam, fall silent or are torn out: the hall goes on, and no ticket is lost unsaid."""

import asyncio

import pytest
from usher.core.devices.printing.sheets import REPRINT, Text
from usher.integrations.escpos.simulator import Machine, Slip, network_printer, serial_printer

NUMBER = {"size": 6, "bold": True}
SMALL = [{"text": "{{ number }}", "size": 3}]


async def ticket(hall):
    return (await hall.act("queue.issue", queue="personal"))["ticket"]


async def print_one(hall, printer="lobby", **more):
    """Take a ticket and print it; the answer must come at once, whatever the printer does."""
    issued = await ticket(hall)
    async with asyncio.timeout(5):
        return await hall.act("printer.print", printer=printer, ticket=issued, **more)


async def failed(halls, hall, count=1):
    await halls.until(lambda: len(hall.events("print_failed")) >= count)
    return [event.data for event in hall.events("print_failed")]


FAULTS = {
    "paper_out": ({"paper": 0}, "paper_out"),
    "cover_open": ({"cover_open": True}, "fault"),
    "cutter": ({"jammed": True}, "fault"),
    "mute": ({"mute": True}, "offline"),
}


@pytest.mark.parametrize("code", FAULTS)
async def test_a_fault_before_the_job_is_told_and_the_job_is_kept(halls, printer, on_paper, code):
    knobs, state = FAULTS[code]
    for knob, value in knobs.items():
        setattr(printer.machine, knob, value)
    async with halls.open(halls.network(printer)) as hall:
        await halls.state(hall, state)
        await print_one(hall)
        (event,) = await failed(halls, hall)
        assert (event["code"], event["kept"], event["ticket"], event["reprint"]) == (code, True, "A001", False)
        assert set(event["reason"]) == {"en", "zh-CN"}
        assert hall.state("printer.lobby").attributes["queued"] == 1
        assert hall.state("printer.lobby").attributes["last_error"] == event["reason"]
        assert printer.machine.slips == []
        for knob, value in Machine().__dict__.items():
            if knob in knobs:
                setattr(printer.machine, knob, value)
        await halls.done(hall)
        (slip,) = printer.machine.slips
        assert not on_paper(slip, REPRINT[0])  # nothing of it was out before
        assert on_paper(slip, Text("A001", **NUMBER))
        await halls.state(hall, "ready")
        assert len(hall.events("print_failed")) == 1


async def test_paper_low_still_prints(halls, printer):
    printer.machine.paper_low = True
    async with halls.open(halls.network(printer)) as hall:
        await halls.state(hall, "paper_low")
        await print_one(hall)
        await halls.done(hall)
        await halls.state(hall, "paper_low")
        assert len(printer.machine.slips) == 1


async def test_paper_that_ends_within_a_ticket(halls, printer, on_paper):
    printer.machine.paper = 200  # dots: the ticket is torn in its number
    async with halls.open(halls.network(printer)) as hall:
        await print_one(hall)
        (event,) = await failed(halls, hall)
        assert (event["code"], event["kept"]) == ("paper_out", True)
        await halls.state(hall, "paper_out")
        printer.load_paper()
        (done,) = await halls.done(hall)
        assert done.data["reprint"] is True
        whole = printer.machine.slips[-1]
        assert on_paper(whole, REPRINT[0])
        assert on_paper(whole, Text("A001", **NUMBER))
        # what the printer had in memory came out too, when the paper was back; only one ticket is not marked
        assert sum(not on_paper(slip, REPRINT[0]) for slip in printer.machine.slips) <= 1


async def test_torn_out_within_a_job(halls, printer, on_paper):
    printer.unplug_after = 20_000
    async with halls.open(halls.network(printer)) as hall:
        await print_one(hall)
        (event,) = await failed(halls, hall)
        assert (event["code"], event["kept"], event["reprint"]) == ("cut_off", True, True)
        printer.unplug_after = None
        (done,) = await halls.done(hall)
        assert done.data["reprint"] is True
        assert on_paper(printer.machine.slips[-1], REPRINT[0])


async def test_torn_out_for_ever_ends_in_a_refusal_that_is_told(halls, printer):
    printer.unplug_after = 20_000
    async with halls.open(halls.network(printer)) as hall:
        await print_one(hall)
        first, last = await failed(halls, hall, 2)
        assert (first["kept"], last["kept"]) == (True, False)
        assert hall.events("print_done") == []
        printer.unplug_after = None
        await print_one(hall)
        (done,) = await halls.done(hall)
        assert done.data["ticket"] == "A002"


async def test_a_printer_that_reads_no_more(halls, printer, on_paper):
    async with halls.open(halls.network(printer, more="keep: 60")) as hall:
        await halls.state(hall, "ready")
        printer.read(False)
        await print_one(hall)
        (event,) = await failed(halls, hall)
        assert event["code"] in ("mute", "unreachable")
        printer.read(True)
        await halls.done(hall)
        assert on_paper(printer.machine.slips[-1], Text("A001", **NUMBER))


async def test_a_printer_that_falls_silent_after_the_job(halls, printer, on_paper):
    async with halls.open(halls.network(printer)) as hall:
        await print_one(hall)
        await halls.done(hall)
        feed = printer.machine.feed

        def deaf(data):  # it takes the second ticket and then says nothing
            answer = feed(data)
            printer.machine.mute = printer.machine.mute or len(data) > 1000
            return answer if not printer.machine.mute else b""

        printer.machine.feed = deaf
        await print_one(hall)
        (event,) = await failed(halls, hall)
        assert (event["ticket"], event["code"]) == ("A002", "mute")
        printer.machine.feed, printer.machine.mute = feed, False
        await halls.done(hall, 2)
        assert on_paper(printer.machine.slips[-1], REPRINT[0])  # it may be on paper already, and it was


async def test_nobody_there(halls):
    async with network_printer() as gone:
        item = halls.network(gone)
    async with halls.open(item) as hall:
        await halls.state(hall, "offline")
        await print_one(hall)
        (event,) = await failed(halls, hall)
        assert event["code"] == "unreachable"
        async with network_printer(port=gone.port) as back:
            await halls.done(hall)
            assert len(back.machine.slips) == 1


async def test_what_waited_too_long_is_given_up(halls, printer):
    printer.machine.cover_open = True
    async with halls.open(halls.network(printer, more="keep: 0.2")) as hall:
        await print_one(hall)
        first, last = await failed(halls, hall, 2)
        assert (first["kept"], last["kept"], last["code"]) == (True, False, "cover_open")
        printer.close_cover()
        await halls.state(hall, "ready")
        await print_one(hall)
        (done,) = await halls.done(hall)
        assert done.data["ticket"] == "A002"
        assert len(printer.machine.slips) == 1


async def test_a_fallback_printer_takes_over(halls, printer, on_paper):
    async with network_printer() as second, network_printer() as third:
        second.machine.cover_open = True
        items = [
            halls.network(printer, more="fallback: [second, printer.third]"),
            halls.network(second, "second"),
            halls.network(third, "third"),
        ]
        printer.machine.paper = 0
        async with halls.open(*items) as hall:
            await halls.state(hall, "paper_out")
            await halls.state(hall, "fault", "second")
            await halls.state(hall, "ready", "third")
            for _ in range(3):
                await print_one(hall)
            events = await halls.done(hall, 3)
            assert [e.data["printer"] for e in events] == ["third"] * 3
            assert [e.data["ticket"] for e in events] == ["A001", "A002", "A003"]
            for event in await failed(halls, hall, 3):
                assert (event["printer"], event["moved_to"], event["kept"]) == ("lobby", "third", True)
            assert not on_paper(third.machine.slips[0], REPRINT[0])
            printer.load_paper()
            await halls.state(hall, "ready")
            await print_one(hall)
            events = await halls.done(hall, 4)
            assert events[-1].data["printer"] == "lobby"


async def test_a_torn_ticket_comes_out_marked_at_the_fallback(halls, printer, on_paper):
    async with network_printer() as second:
        printer.machine.paper = 200
        items = [halls.network(printer, more="fallback: second"), halls.network(second, "second")]
        async with halls.open(*items) as hall:
            await halls.state(hall, "ready", "second")
            await print_one(hall)
            (done,) = await halls.done(hall)
            assert (done.data["printer"], done.data["reprint"]) == ("second", True)
            assert on_paper(second.machine.slips[0], REPRINT[0])


async def test_a_hundred_tickets_and_a_roll_for_37(halls, on_paper):
    async with network_printer() as printer:
        async with halls.open(halls.network(printer, more="max_queued: 100")) as hall:
            await print_one(hall, layout=SMALL)
            await halls.done(hall)
            tall = printer.machine.slips[0].image.height
            printer.load_paper(36 * tall + tall // 2)
            for _ in range(99):
                await print_one(hall, layout=SMALL)
            await halls.state(hall, "paper_out")
            assert len(printer.machine.slips) == 37
            printer.load_paper()
            events = await halls.done(hall, 100)
        assert [e.data["ticket"] for e in events] == [f"A{n:03d}" for n in range(1, 101)]
        marked = [e.data["ticket"] for e in events if e.data["reprint"]]
        assert marked == ["A038"]
        tops = [Slip(576, image=slip.image.crop((0, 0, 576, 100))) for slip in printer.machine.slips]
        assert [on_paper(top, REPRINT[0]) for top in tops].count(True) == 1
        assert len(tops) == 101  # the torn one came out to its end as well, when the paper was back


async def test_a_printer_that_does_not_answer_in_its_turn(halls, printer, caplog):
    printer.machine.answers_in_turn = False
    async with halls.open(halls.network(printer)) as hall:
        await print_one(hall)
        await halls.done(hall)
        assert "does not answer in its turn" in caplog.text
        printer.machine.paper = 100
        await print_one(hall)
        (event,) = await failed(halls, hall)
        assert event["code"] == "paper_out"


async def test_a_printer_that_never_answers_prints_blindly_if_told_so(halls, printer):
    printer.machine.mute = True
    async with halls.open(halls.network(printer, more="answers: false")) as hall:
        await print_one(hall)
        await halls.done(hall)
        await halls.until(lambda: printer.machine.slips)


async def test_a_serial_printer_is_torn_out_within_a_job(halls):
    async with serial_printer() as printer:
        feed = printer.machine.feed

        def pull(data):
            if len(printer.machine.received) > 8000:
                printer.unplug()
            return feed(data)

        printer.machine.feed = pull
        async with halls.open(halls.item(f"type: serial, port: {printer.path}")) as hall:
            await print_one(hall)
            (event,) = await failed(halls, hall)
            assert (event["code"], event["kept"]) == ("cut_off", True)
            await halls.state(hall, "offline")
            assert (await hall.act("queue.issue", queue="personal"))["ticket"]["number"] == "A002"


async def test_a_serial_printer_that_takes_nothing(halls):
    async with serial_printer() as printer:
        asyncio.get_running_loop().remove_reader(printer._main)
        async with halls.open(halls.item(f"type: serial, port: {printer.path}", more="answers: false")) as hall:
            await print_one(hall)
            async with asyncio.timeout(1):  # the hall is not held up meanwhile
                await ticket(hall)
        # and leaving does not wait for the port


async def test_the_loop_is_never_held_up(halls, printer):
    """While a printer is mute and another torn out, the hall's own turns come round."""
    printer.machine.mute = True
    async with network_printer() as torn:
        torn.unplug_after = 5000
        items = [halls.network(printer), halls.network(torn, "torn")]
        async with halls.open(*items) as hall:
            loop, longest, last = asyncio.get_running_loop(), 0.0, 0.0
            for _ in range(5):
                await print_one(hall)
                await print_one(hall, "torn")
            last = loop.time()
            for _ in range(200):
                await asyncio.sleep(0.005)
                longest, last = max(longest, loop.time() - last), loop.time()
            assert longest < 2  # a hang, not a figure
            assert hall.events("print_failed")
