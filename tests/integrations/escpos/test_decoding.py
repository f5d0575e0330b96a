"""The decoder reads back what python-escpos and others write, in pieces of any size, and never chokes on noise."""

import random

import pytest
from escpos.printer import Dummy
from usher.integrations.escpos.decoding import Decoder, decode
from usher.integrations.escpos.simulator import Machine


def stream():
    paper = Dummy()
    paper.hw("INIT")
    paper.set(align="center", bold=True)
    paper.text("Hello\n")
    paper.qr("https://hall.example/t/1", native=True, size=6)
    paper.barcode("{BA012", "CODE128", function_type="B")
    paper.cashdraw(2)
    paper.cut()
    return paper.output + b"\x1d\x72\x01\x10\x04\x04" + "彭㐀,号".encode("gb18030") + b"\n"


def test_reads_what_python_escpos_writes():
    ops = decode(stream())
    names = [op.name for op in ops]
    assert names[0] == "init"
    assert [op.text for op in ops if op.name == "text"] == ["Hello", "彭㐀,号"]
    assert [op.text for op in ops if op.name == "qr"] == ["https://hall.example/t/1"]
    assert [op.text for op in ops if op.name == "barcode"] == ["{BA012"]
    assert [(op.name, op.n) for op in ops if op.name in ("drawer", "turn", "status")] == [
        ("drawer", 0), ("turn", 1), ("status", 4)]  # fmt: skip
    assert "cut" in names
    assert "unknown" not in names


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
def test_the_same_in_pieces(size):
    whole, data, decoder = decode(stream()), stream(), Decoder()
    pieces = [op for at in range(0, len(data), size) for op in decoder.feed(data[at : at + size])]
    joined = [op for op in pieces if op.name != "text"]
    assert joined == [op for op in whole if op.name != "text"]
    assert "".join(op.text for op in pieces if op.name == "text") == "".join(
        op.text for op in whole if op.name == "text"
    )


def test_half_a_command_is_an_error():
    with pytest.raises(ValueError, match="unfinished"):
        decode(b"\x1dv0\x00\x48\x00\xff\xff123")


def test_noise_is_read_to_its_end():
    noise = random.Random(7)
    for _ in range(100):
        machine = Machine()
        for _ in range(5):
            machine.feed(noise.randbytes(noise.randrange(1, 2000)))


def test_questions_are_answered_while_it_is_stopped_and_in_turn_when_it_goes_on():
    machine = Machine(paper=10)
    raster = b"\x1dv0\x00\x48\x00\x14\x00" + b"\xff" * 72 * 20
    assert machine.feed(raster + b"\x1dr\x01\x10\x04\x01\x10\x04\x04") == bytes((0x12 | 0x08, 0x12 | 0x6C))
    assert machine.unfinished.image.height == 10
    machine.paper = None
    assert machine.go_on() == b"\x00"
    assert machine.unfinished.image.height == 20
