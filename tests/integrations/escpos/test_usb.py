"""USB through the real pyusb, with a bus made of software behind it: no printer hangs on the test machine."""

import asyncio
from types import SimpleNamespace

import pytest
import usb.backend.libusb1
import usb.core
from usb.backend import IBackend
from usher.core.devices.printing.sheets import Text
from usher.integrations.escpos.simulator import Machine

PRINTER = 7


class Bus(IBackend):
    """One printer on the bus: what libusb would say of it. Called from the printer's thread only."""

    def __init__(self, machine, interface_class=PRINTER, talks=True):
        self.machine, self.interface_class, self.talks = machine, interface_class, talks
        self.plugged, self.blocked, self.resets, self.claims, self.detached = True, False, 0, 0, 0
        self.answers = bytearray()

    def enumerate_devices(self):
        return iter([self] if self.plugged else [])

    def get_device_descriptor(self, dev):
        return SimpleNamespace(
            bLength=18, bDescriptorType=1, bcdUSB=0x200, bDeviceClass=0, bDeviceSubClass=0, bDeviceProtocol=0,
            bMaxPacketSize0=64, idVendor=0x04B8, idProduct=0x0E15, bcdDevice=0x100, iManufacturer=0, iProduct=0,
            iSerialNumber=0, bNumConfigurations=1, address=1, bus=1, port_number=1, port_numbers=(1,), speed=3,
        )  # fmt: skip

    def get_configuration_descriptor(self, dev, config):
        if config:
            raise IndexError
        return SimpleNamespace(
            bLength=9, bDescriptorType=2, wTotalLength=32, bNumInterfaces=1, bConfigurationValue=1, iConfiguration=0,
            bmAttributes=0xC0, bMaxPower=1, extra_descriptors=[],
        )  # fmt: skip

    def get_interface_descriptor(self, dev, intf, alt, config):
        if intf or alt:
            raise IndexError
        return SimpleNamespace(
            bLength=9, bDescriptorType=4, bInterfaceNumber=0, bAlternateSetting=0, bNumEndpoints=1 + self.talks,
            bInterfaceClass=self.interface_class, bInterfaceSubClass=1, bInterfaceProtocol=2, iInterface=0,
            extra_descriptors=[],
        )  # fmt: skip

    def get_endpoint_descriptor(self, dev, ep, intf, alt, config):
        if ep > self.talks:
            raise IndexError
        return SimpleNamespace(
            bLength=7, bDescriptorType=5, bEndpointAddress=(0x03, 0x81)[ep], bmAttributes=2, wMaxPacketSize=64,
            bInterval=0, bRefresh=0, bSynchAddress=0, extra_descriptors=[],
        )  # fmt: skip

    def open_device(self, dev):
        return dev

    def close_device(self, handle):
        pass

    def get_configuration(self, handle):
        return 1

    def set_configuration(self, handle, value):
        pass

    def claim_interface(self, handle, intf):
        self.claims += 1

    def release_interface(self, handle, intf):
        self.claims -= 1

    def is_kernel_driver_active(self, handle, intf):
        return self.detached == 0

    def detach_kernel_driver(self, handle, intf):
        self.detached += 1

    def reset_device(self, handle):
        self.resets += 1

    def _there(self):
        if not self.plugged:
            raise usb.core.USBError("No such device (it may have been disconnected)", errno=19)

    def bulk_write(self, handle, ep, intf, data, timeout):
        self._there()
        if self.blocked:
            raise usb.core.USBTimeoutError("Operation timed out", errno=110)
        taken = bytes(data[:64])
        self.answers += self.machine.feed(taken)
        return len(taken)

    def bulk_read(self, handle, ep, intf, buff, timeout):
        self._there()
        if not self.answers:
            raise usb.core.USBTimeoutError("Operation timed out", errno=110)
        count = min(len(buff), len(self.answers))
        buff[:count] = type(buff)("B", self.answers[:count])
        del self.answers[:count]
        return count


@pytest.fixture
def bus(monkeypatch):
    made = Bus(Machine())
    monkeypatch.setattr(usb.backend.libusb1, "get_backend", lambda *_: made)
    return made


USB = "type: usb, vendor: 0x04b8, product: 0x0e15"


async def ticket(hall):
    return (await hall.act("queue.issue", queue="personal"))["ticket"]


async def test_prints_and_gives_the_device_back(halls, bus, on_paper):
    async with halls.open(halls.item(USB)) as hall:
        await halls.state(hall, "ready")
        await hall.act("printer.print", printer="lobby", ticket=await ticket(hall))
        await halls.done(hall)
        assert on_paper(bus.machine.slips[0], Text("A001", size=6, bold=True))
    assert (bus.claims, bus.resets, bus.detached) == (0, 0, 1)


async def test_unplugged_and_plugged_in_again(halls, bus):
    bus.plugged = False
    async with halls.open(halls.item(USB)) as hall:
        await halls.state(hall, "offline")
        await hall.act("printer.print", printer="lobby", ticket=await ticket(hall))
        await halls.until(lambda: hall.events("print_failed"))
        assert hall.events("print_failed")[0].data["code"] == "unreachable"
        bus.plugged = True
        await halls.done(hall)
        assert len(bus.machine.slips) == 1


async def test_torn_out_within_a_job(halls, bus):
    feed = bus.machine.feed

    def pull(data):
        bus.plugged = bus.plugged and len(bus.machine.received) < 5000
        return feed(data)

    bus.machine.feed = pull
    async with halls.open(halls.item(USB)) as hall:
        await hall.act("printer.print", printer="lobby", ticket=await ticket(hall))
        await halls.until(lambda: hall.events("print_failed"))
        event = hall.events("print_failed")[0].data
        assert (event["code"], event["reprint"]) == ("cut_off", True)


async def test_one_that_takes_nothing_does_not_stall_the_hall(halls, bus):
    bus.blocked = True
    async with halls.open(halls.item(USB)) as hall:
        await hall.act("printer.print", printer="lobby", ticket=await ticket(hall))
        await halls.until(lambda: hall.events("print_failed"))
        assert hall.events("print_failed")[0].data["code"] == "mute"
        async with asyncio.timeout(5):
            await ticket(hall)


async def test_a_printer_that_cannot_talk(halls, bus):
    bus.talks = False
    async with halls.open(halls.item(USB, more="answers: false")) as hall:
        await hall.act("printer.print", printer="lobby", ticket=await ticket(hall))
        await halls.done(hall)
        await halls.until(lambda: bus.machine.slips)


async def test_libusb_is_missing(halls, monkeypatch, caplog):
    monkeypatch.setattr(usb.backend.libusb1, "get_backend", lambda *_: None)
    for name in ("libusb0", "openusb"):
        module = __import__(f"usb.backend.{name}", fromlist=["get_backend"])
        monkeypatch.setattr(module, "get_backend", lambda *_: None)
    caplog.set_level("DEBUG", "usher")
    async with halls.open(halls.item(USB)) as hall:
        await halls.state(hall, "offline")
        await halls.until(lambda: "apt install libusb-1.0-0" in caplog.text)
