"""The talk with a printer: unasked answers are told from asked ones, old ones are thrown away."""

import asyncio

import pytest
from usher.core.devices.printing.protocol import NotPrinted, PrinterStatus
from usher.integrations.escpos.client import Conversation, Mute


class Script:
    """A wire whose other end answers from a table, and may speak unasked."""

    def __init__(self, answers, unasked=b""):
        self.answers, self.waiting, self.sent = answers, bytearray(unasked), bytearray()

    async def write(self, data, limit):
        self.sent += data
        self.waiting += self.answers.get(data, b"")

    async def read(self, limit):
        if not self.waiting:
            await asyncio.sleep(min(limit, 0.01))
        data, self.waiting = bytes(self.waiting), bytearray()
        return data


def ask(n):
    return bytes((0x10, 0x04, n))


OK = {ask(1): b"\x12", ask(4): b"\x12"}


@pytest.mark.parametrize(
    ("answers", "status"),
    [
        (OK, PrinterStatus()),
        (OK | {ask(4): b"\x1e"}, PrinterStatus("paper_low", "paper_low")),
        (OK | {ask(4): b"\x7e"}, PrinterStatus("paper_out", "paper_out")),
        ({ask(1): b"\x1a", ask(4): b"\x12", ask(2): b"\x16"}, PrinterStatus("fault", "cover_open")),
        ({ask(1): b"\x1a", ask(4): b"\x12", ask(2): b"\x32"}, PrinterStatus("paper_out", "paper_out")),
        ({ask(1): b"\x1a", ask(4): b"\x12", ask(2): b"\x52", ask(3): b"\x1a"}, PrinterStatus("fault", "cutter")),
        ({ask(1): b"\x1a", ask(4): b"\x12", ask(2): b"\x52", ask(3): b"\x32"}, PrinterStatus("fault", "fault")),
        ({ask(1): b"\x1a", ask(4): b"\x12", ask(2): b"\x1a"}, PrinterStatus("fault", "feeding")),
        ({ask(1): b"\x1a", ask(4): b"\x12", ask(2): b"\x12"}, PrinterStatus("fault", "offline")),
    ],
)
async def test_what_the_bits_mean(answers, status):
    assert await Conversation(Script(answers), 0.2).status() == status


async def test_what_it_says_unasked_is_not_an_answer():
    asb = b"\x10\x00\x00\x00"
    answers = {ask(1): asb + b"\x12", ask(4): asb[:1] + b"\x00\x0f\x00" + b"\x12"}
    assert await Conversation(Script(answers, unasked=b"\x7e\x7e"), 0.2).status() == PrinterStatus()
    turn = Conversation(Script({b"\x1dr\x01": asb}), 0.2)
    assert not await turn.in_turn()  # the zeros of an unasked status are no answer either


async def test_silence():
    with pytest.raises(Mute):
        await Conversation(Script({}), 0.05).status()
    with pytest.raises(NotPrinted) as error:
        await Conversation(Script({}), 0.05).confirm(5)
    assert error.value.status.code == "mute"
    assert error.value.written


async def test_noise_alone_is_not_an_answer():
    with pytest.raises(Mute):
        await Conversation(Script({ask(1): b"\xff\x81\x93"}), 0.05).status()


async def test_a_printer_that_is_never_done():
    with pytest.raises(NotPrinted) as error:
        await Conversation(Script(OK), 0.05).confirm(0.2)
    assert error.value.status.code == "slow"


async def test_a_turn_that_comes_while_something_else_is_asked_is_not_missed():
    late = {ask(1): b"\x12", ask(4): b"\x00\x12"}  # its turn comes between two questions
    await Conversation(Script(late), 0.05).confirm(5)
    stopped = {ask(1): b"\x1a\x00", ask(4): b"\x7e"}  # out, and then the roll was at its end
    await Conversation(Script(stopped), 0.05).confirm(5)
