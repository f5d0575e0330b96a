"""A ticket comes out of a printer as the layout says, in the visitor's language; the bytes are decoded and compared."""

import asyncio

import pytest
from PIL import Image
from usher.core.devices.printing.sheets import REPRINT, Text
from usher.core.errors import BadData, Refused, Unknown
from usher.integrations.escpos.finding import shows
from usher.integrations.escpos.simulator import network_printer, serial_printer

LINK = "https://hall.example/t/abcdef0123456789"
NUMBER = {"size": 6, "bold": True}


async def ticket(hall, **more):
    return (await hall.act("queue.issue", queue="personal", **more))["ticket"]


async def test_a_ticket_is_printed_as_the_layout_says(halls, printer, on_paper):
    async with halls.open(halls.network(printer)) as hall:
        issued = await ticket(hall, language="zh-CN")
        answer = await hall.act("printer.print", printer="lobby", ticket=issued, data={"link": LINK, "ahead": 7})
        (event,) = await halls.done(hall)
        assert answer["queued"] == 1
        assert event.data["job"] == answer["job"]
        assert event.data["ticket"] == "A001"
        assert event.data["reprint"] is False
        (slip,) = printer.machine.slips
        assert slip.cut
        assert slip.qr == [LINK]
        assert slip.text == ""  # letters are drawn, so that any printer prints Chinese
        assert on_paper(slip, Text("A001", **NUMBER))
        assert not on_paper(slip, Text("A002", **NUMBER))
        assert on_paper(slip, Text("江畔支行", size=1.5, bold=True))
        assert on_paper(slip, Text("个人业务", size=1.5))
        assert on_paper(slip, Text("前面等候", size=1.25))
        assert on_paper(slip, Text("7 人", size=1.25, bold=True))
        assert not on_paper(slip, Text("补打", size=2, bold=True))
        assert printer.machine.unknown == printer.machine.drawer_kicks == 0
        await halls.state(hall, "ready")
        state = hall.state("printer.lobby")
        assert state.attributes["last_job"] == "A001"
        assert state.attributes["queued"] == 0


async def test_the_visitors_language_is_printed(halls, printer, on_paper):
    async with halls.open(halls.network(printer)) as hall:
        await hall.act("printer.print", printer="lobby", ticket=await ticket(hall, language="en"))
        await hall.act(
            "printer.print", printer="printer.lobby", ticket=await ticket(hall, language="en"), language="zh-CN"
        )
        await halls.done(hall, 2)
        english, chinese = printer.machine.slips
        assert on_paper(english, Text("Your number"))
        assert not on_paper(english, Text("您的排队号码"))
        assert on_paper(chinese, Text("您的排队号码"))
        assert english.qr == []  # no link, no code


async def test_a_ticket_is_named_by_its_number(halls, printer, on_paper):
    async with halls.open(halls.network(printer)) as hall:
        await ticket(hall)
        await hall.act("printer.print", printer="lobby", ticket="A001")
        (event,) = await halls.done(hall)
        assert event.data["ticket"] == "A001"
        assert on_paper(printer.machine.slips[0], Text("A001", **NUMBER))
        with pytest.raises(Unknown):
            await hall.act("printer.print", printer="lobby", ticket="Z999")


async def test_rare_characters_are_legible(halls, printer, on_paper):
    name = "彭㐀𠮷"
    async with halls.open(halls.network(printer)) as hall:
        await hall.act("printer.print", printer="lobby", layout=[{"text": name, "size": 2}])
        await halls.done(hall)
        (slip,) = printer.machine.slips
        assert on_paper(slip, Text(name, size=2))
        for char in name:  # each is a glyph of its own, not the box of a missing one
            assert not shows(slip.image, _drawn("\U0010ffff", slip))
            assert on_paper(slip, Text(char, size=2))


def _drawn(text, slip):
    from usher.integrations.escpos.typesetting import Typesetter

    return Typesetter().lines(text, 48, slip.width)


async def test_a_reprint_and_copies_are_marked_and_counted(halls, printer, on_paper):
    async with halls.open(halls.network(printer)) as hall:
        issued = await ticket(hall)
        await hall.act("printer.print", printer="lobby", ticket=issued, reprint=True, copies=2)
        (event,) = await halls.done(hall)
        assert event.data["reprint"] is True
        assert len(printer.machine.slips) == 2
        for slip in printer.machine.slips:
            assert on_paper(slip, REPRINT[0])


async def test_a_repeated_request_prints_once(halls, printer):
    async with halls.open(halls.network(printer)) as hall:
        issued = await ticket(hall)
        first = await hall.act("printer.print", printer="lobby", ticket=issued, request_id="tap-1")
        again = await hall.act("printer.print", printer="lobby", ticket=issued, request_id="tap-1")
        assert again == first
        await hall.act("printer.test", printer="lobby")
        await halls.done(hall, 2)
        assert len(printer.machine.slips) == 2


async def test_the_test_print(halls, printer, on_paper):
    async with halls.open(halls.network(printer)) as hall:
        await hall.act("printer.test", printer="lobby")
        await halls.done(hall)
        (slip,) = printer.machine.slips
        assert on_paper(slip, Text("打印测试", size=2, bold=True))
        assert slip.qr[0].startswith("江畔支行 20")
        status = await hall.act("printer.status", printer="lobby")
        assert (status["state"], status["queued"], status["last_error"]) == ("ready", 0, None)


async def test_58_mm_and_a_drawn_qr_code(halls, on_paper):
    async with network_printer() as printer:
        printer.machine.width = 384
        printer.machine._slip.width = 384
        item = halls.network(printer, more="paper: 58, qr: drawn, cut: partial")
        async with halls.open(item) as hall:
            await hall.act("printer.print", printer="lobby", ticket=await ticket(hall), data={"link": LINK})
            await halls.done(hall)
            (slip,) = printer.machine.slips
            assert slip.image.width == 384
            assert slip.qr == []
            from usher.core.devices.printing.sheets import Qr

            assert on_paper(slip, Qr(LINK), width=384)
            assert on_paper(slip, Text("A001", **NUMBER), width=384)


async def test_serial(halls, on_paper):
    async with serial_printer() as printer, halls.open(halls.item(f"type: serial, port: {printer.path}")) as hall:
        await hall.act("printer.print", printer="lobby", ticket=await ticket(hall), data={"link": LINK})
        await halls.done(hall)
        assert printer.machine.slips[0].qr == [LINK]
        assert on_paper(printer.machine.slips[0], Text("A001", **NUMBER))
        printer.unplug()
        await halls.state(hall, "offline")
        await hall.act("printer.print", printer="lobby", ticket=await ticket(hall))
        await halls.until(lambda: hall.events("print_failed"))
        assert hall.events("print_failed")[0].data["code"] == "unreachable"


async def test_a_file_holds_the_bytes(halls, tmp_path):
    from usher.integrations.escpos.simulator import Machine

    async with halls.open(halls.item("type: file, path: tickets.bin")) as hall:
        for _ in range(2):
            await hall.act("printer.print", printer="lobby", ticket=await ticket(hall), data={"link": LINK})
        await halls.done(hall, 2)
        machine = Machine()
        machine.feed((tmp_path / "tickets.bin").read_bytes())
        assert [slip.qr for slip in machine.slips] == [[LINK], [LINK]]


async def test_preview_without_any_printer(halls, tmp_path, on_paper):
    async with halls.open("  - {platform: escpos, id: lobby, preview: true}\n") as hall:
        answer = await hall.act("printer.print", printer="lobby", ticket=await ticket(hall), data={"link": LINK})
        await halls.done(hall)
        await halls.state(hall, "ready")
    with Image.open(tmp_path / ".usher/previews/lobby" / f"{answer['job']}.png") as preview:
        from usher.integrations.escpos.typesetting import Typesetter

        paper = preview.convert("1")
        assert shows(paper, Typesetter().lines("A001", 144, 576, bold=True))
        assert not shows(paper, Typesetter().lines("A002", 144, 576, bold=True))


async def test_preview_and_paper_are_the_same(halls, printer, tmp_path):
    async with halls.open(halls.network(printer, more="preview: true, qr: drawn")) as hall:
        answer = await hall.act("printer.print", printer="lobby", ticket=await ticket(hall), data={"link": LINK})
        await halls.done(hall)
    paper = printer.machine.slips[0].image
    with Image.open(tmp_path / ".usher/previews/lobby" / f"{answer['job']}.png") as preview:
        inner = preview.convert("1").crop((16, 16, 16 + 576, preview.height - 16))
    fed = paper.crop((0, 0, 576, inner.height))
    assert fed.tobytes() == inner.tobytes()


async def test_nothing_in_a_ticket_is_a_command(halls, printer):
    evil = "\x1bp\x00\x19\xfa\x10\x14\x01\x1dV\x00" + "号" * 10
    async with halls.open(halls.network(printer)) as hall:
        layout = [{"text": evil}, {"qr": "\x1dV\x00\x1bp\x00"}]
        await hall.act("printer.print", printer="lobby", layout=layout)
        await halls.done(hall)
        assert printer.machine.drawer_kicks == 0
        assert len(printer.machine.slips) == 1
        assert printer.machine.slips[0].text == ""


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ({"printer": "no_such"}, Unknown),
        ({"printer": "lobby", "copies": 99}, BadData),
        ({"printer": "lobby", "layout": [{"blink": "x"}]}, BadData),
        ({"printer": "lobby", "layout": [{"text": "x"}] * 500}, BadData),
        ({"printer": "lobby", "layout": [{"qr": "x" * 5000}]}, BadData),
        ({"printer": "lobby", "layout": [{"barcode": "彭"}]}, BadData),
        ({"printer": "lobby", "data": "x" * 1_000_000}, BadData),
        ({"printer": 7.5}, BadData),
    ],
)
async def test_bad_data_is_told_and_nothing_is_printed(halls, printer, data, error):
    async with halls.open(halls.network(printer)) as hall:
        with pytest.raises(error):
            await hall.act("printer.print", **data)
        await halls.state(hall, "ready")
        assert printer.machine.slips == []


async def test_long_text_and_a_missing_picture_still_print(halls, printer, caplog):
    async with halls.open(halls.network(printer)) as hall:
        layout = [{"text": "号" * 5000}, {"image": "www/nothing.png"}, {"image": "../../etc/passwd"}, {"text": "end"}]
        await hall.act("printer.print", printer="lobby", layout=layout)
        await halls.done(hall)
        assert printer.machine.slips[0].image.height < 8 * 1000
        assert caplog.text.count("is left out of the ticket") == 2


async def test_a_ticket_too_long_to_be_meant_is_given_up(halls, printer):
    async with halls.open(halls.network(printer)) as hall:
        await hall.act("printer.print", printer="lobby", layout=[{"space": 100}] * 20)
        await halls.until(lambda: any(not e.data["kept"] for e in hall.events("print_failed")))
        assert hall.events("print_failed")[-1].data["code"] == "bad_drawing"
        await hall.act("printer.test", printer="lobby")
        await halls.done(hall)
        assert len(printer.machine.slips) == 1


async def test_the_line_is_bounded(halls, printer):
    printer.machine.mute = True
    async with halls.open(halls.network(printer, more="max_queued: 3")) as hall:
        for _ in range(3):
            await hall.act("printer.test", printer="lobby")
        with pytest.raises(Refused) as refused:
            await hall.act("printer.test", printer="lobby")
        assert refused.value.code == "printer_busy"
        printer.machine.mute = False
        await halls.done(hall, 3)
        await hall.act("printer.test", printer="lobby")
        await halls.done(hall, 4)
        assert len(printer.machine.slips) == 4


async def test_closing_leaves_nothing_behind(halls, printer):
    import threading

    before = set(threading.enumerate())
    async with halls.open(halls.network(printer)) as hall:
        await hall.act("printer.test", printer="lobby")
        await halls.done(hall)
    left = [t.name for t in set(threading.enumerate()) - before if t.name.startswith("escpos")]
    assert left == []
    assert [t for t in asyncio.all_tasks() if "printer" in t.get_name() or "desk" in t.get_name()] == []
