"""Wires to a printer: network, serial, USB, a file. Each opens, writes and reads within a limit, and raises ConnectionLost.

Ports that block are worked in a Lane. `read` answers what has come, at least a byte, or b"" when the time is over.
"""

import asyncio
import contextlib
import errno
import importlib
import os
import select
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, Final, Protocol

from ...core.errors import ConnectionLost
from .config import Connection, DeviceFile, Network, SerialLine, Usb
from .lane import Lane

OPEN_LIMIT: Final = 5.0
CHUNK: Final = 4096
USB_PRINTER: Final = 7  # interface class


class Wire(Protocol):
    """Bytes to and from a printer."""

    async def write(self, data: bytes, limit: float) -> None:
        """Hand over everything. Raises ConnectionLost; TimeoutError when the printer takes no more."""
        ...

    async def read(self, limit: float) -> bytes:
        """What has come. Raises ConnectionLost."""
        ...


@asynccontextmanager
async def open_wire(connection: Connection, folder: Path) -> AsyncGenerator[Wire, None]:
    """Open for one job. Raises ConnectionLost when the printer is not there."""
    async with _opened(connection, folder) as wire:
        yield wire


def _opened(connection: Connection, folder: Path) -> AbstractAsyncContextManager[Wire]:
    match connection:
        case Network():
            return _network(connection)
        case SerialLine():
            return _port(SerialPort(connection))
        case Usb():
            return _port(UsbPort(connection))
        case DeviceFile():
            return _port(FilePort(folder / connection.path))


class _NetworkWire:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def write(self, data: bytes, limit: float) -> None:
        try:
            async with asyncio.timeout(limit):
                self._writer.write(data)
                await self._writer.drain()
        except OSError as error:
            if isinstance(error, TimeoutError):
                raise
            raise ConnectionLost(f"the connection broke off: {error}") from error

    async def read(self, limit: float) -> bytes:
        try:
            async with asyncio.timeout(limit):
                data = await self._reader.read(CHUNK)
        except TimeoutError:
            return b""
        except OSError as error:
            raise ConnectionLost(f"the connection broke off: {error}") from error
        if not data:
            raise ConnectionLost("the printer closed the connection")
        return data


@asynccontextmanager
async def _network(to: Network) -> AsyncGenerator[Wire, None]:
    try:
        async with asyncio.timeout(OPEN_LIMIT):
            reader, writer = await asyncio.open_connection(to.host, to.port)
    except OSError as error:  # TimeoutError is one
        raise ConnectionLost(f"{to.host}:{to.port} cannot be reached: {error or 'no answer'}") from error
    writer.transport.set_write_buffer_limits(0)  # drain waits until the kernel has taken everything
    try:
        yield _NetworkWire(reader, writer)
    finally:
        if writer.transport.get_write_buffer_size():
            writer.transport.abort()
        writer.close()
        with contextlib.suppress(OSError):
            async with asyncio.timeout(1):
                await writer.wait_closed()


class Port(Protocol):
    """A port that blocks; everything it does runs in a Lane. Its OSErrors mean that the printer is gone."""

    def open(self) -> None: ...
    def write(self, data: bytes, limit: float) -> None: ...
    def read(self, limit: float) -> bytes: ...
    def close(self) -> None: ...


class _PortWire:
    def __init__(self, port: Port, lane: Lane) -> None:
        self._port, self._lane = port, lane

    async def write(self, data: bytes, limit: float) -> None:
        await self._do(lambda: self._port.write(data, limit), limit)

    async def read(self, limit: float) -> bytes:
        data: bytes = await self._do(lambda: self._port.read(limit), limit)
        return data

    async def _do(self, work: Callable[[], Any], limit: float) -> Any:
        try:
            return await self._lane.do(work, limit + 1)
        except OSError as error:
            if isinstance(error, TimeoutError):
                raise
            raise ConnectionLost(str(error)) from error


@asynccontextmanager
async def _port(port: Port) -> AsyncGenerator[Wire, None]:
    lane = Lane("escpos wire")
    try:
        await lane.do(port.open, OPEN_LIMIT)
        yield _PortWire(port, lane)
    except OSError as error:
        if isinstance(error, TimeoutError):
            raise
        raise ConnectionLost(str(error) or "the port does not open") from error
    finally:
        await lane.close(port.close)  # after whatever still hangs there


class SerialPort:
    """pyserial; two programs on one port are refused by its lock."""

    def __init__(self, line: SerialLine) -> None:
        self._line = line
        self._port: Any = None

    def open(self) -> None:
        serial: Any = importlib.import_module("serial")
        line = self._line
        self._port = serial.Serial(
            line.port, line.baud, parity=line.parity[0].upper(), timeout=0.05, write_timeout=1, exclusive=True,
            rtscts=line.flow == "rtscts", xonxoff=line.flow == "xonxoff",
        )  # fmt: skip

    def write(self, data: bytes, limit: float) -> None:
        serial: Any = importlib.import_module("serial")
        self._port.write_timeout = limit
        try:
            end = time.monotonic() + limit
            self._port.write(data)
            while self._port.out_waiting:  # taken by the kernel is not yet sent
                if time.monotonic() > end:
                    raise TimeoutError
                time.sleep(0.005)
        except serial.SerialTimeoutException as error:
            raise TimeoutError from error

    def read(self, limit: float) -> bytes:
        self._port.timeout = limit
        first: bytes = self._port.read(1)
        rest: bytes = self._port.read(self._port.in_waiting) if first else b""
        return first + rest

    def close(self) -> None:
        if self._port is None:
            return
        with contextlib.suppress(OSError):
            self._port.reset_output_buffer()  # closing would wait for what a stopped printer never takes
        self._port.close()


class UsbPort:
    """pyusb. Taken from the kernel's driver, never reset: a reset would lose what the printer still has in memory."""

    def __init__(self, usb: Usb) -> None:
        self._usb = usb
        self._device: Any = None
        self._in = self._out = 0

    def open(self) -> None:
        core: Any = importlib.import_module("usb.core")
        usb = self._usb
        try:
            device = core.find(idVendor=usb.vendor, idProduct=usb.product)
        except core.NoBackendError as error:
            raise OSError("libusb is missing. Run: apt install libusb-1.0-0") from error
        if device is None:
            raise OSError(f"no USB printer {usb.vendor:04x}:{usb.product:04x} is plugged in")
        self._device = device
        number, self._in, self._out = self._ways(device)
        with contextlib.suppress(NotImplementedError, core.USBError):  # not on every system
            if device.is_kernel_driver_active(number):
                device.detach_kernel_driver(number)
        try:
            device.get_active_configuration()
        except core.USBError:
            device.set_configuration()
        importlib.import_module("usb.util").claim_interface(device, number)

    def _ways(self, device: Any) -> tuple[int, int, int]:
        """The interface that prints, and its endpoints in and out; a printer that cannot talk has no way in."""
        interfaces = [interface for configuration in device for interface in configuration]
        printers = [one for one in interfaces if one.bInterfaceClass == USB_PRINTER] or interfaces
        for interface in printers:
            bulk = [end.bEndpointAddress for end in interface if end.bmAttributes & 0x03 == 2]
            out = next((end for end in bulk if not end & 0x80), None)
            if out is not None:
                way_in = next((end for end in bulk if end & 0x80), 0)
                return interface.bInterfaceNumber, self._usb.input or way_in, self._usb.output or out
        raise OSError(f"the USB device {self._usb.vendor:04x}:{self._usb.product:04x} is not a printer")

    def write(self, data: bytes, limit: float) -> None:
        core: Any = importlib.import_module("usb.core")
        end, rest = time.monotonic() + limit, data
        while rest:
            left = int((end - time.monotonic()) * 1000)
            try:
                if left <= 0:
                    raise TimeoutError
                rest = rest[self._device.write(self._out, rest[:CHUNK], left) :]
            except core.USBTimeoutError as error:
                raise TimeoutError from error

    def read(self, limit: float) -> bytes:
        if not self._in:
            time.sleep(limit)
            return b""
        core: Any = importlib.import_module("usb.core")
        try:
            return bytes(self._device.read(self._in, 64, max(1, int(limit * 1000))))
        except core.USBTimeoutError:
            return b""

    def close(self) -> None:
        if self._device is not None:
            importlib.import_module("usb.util").dispose_resources(self._device)


class FilePort:
    """A device file or a plain file, never waited for longer than the limit."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd = -1

    def open(self) -> None:
        flags = os.O_NONBLOCK | os.O_APPEND | os.O_CLOEXEC
        if self._path.is_char_device():
            try:
                self._fd = os.open(self._path, os.O_RDWR | flags)
            except OSError as error:
                if error.errno not in (errno.EACCES, errno.EINVAL, errno.EROFS):
                    raise
                self._fd = os.open(self._path, os.O_WRONLY | flags)
        else:
            # a device that is unplugged must not become a plain file of its name
            create = 0 if self._path.is_relative_to("/dev") else os.O_CREAT
            self._fd = os.open(self._path, os.O_WRONLY | create | flags, 0o640)

    def write(self, data: bytes, limit: float) -> None:
        end, rest = time.monotonic() + limit, memoryview(data)
        while rest:
            if not select.select([], [self._fd], [], max(0.0, end - time.monotonic()))[1]:
                raise TimeoutError
            with contextlib.suppress(BlockingIOError):
                rest = rest[os.write(self._fd, rest[:CHUNK]) :]

    def read(self, limit: float) -> bytes:
        if not select.select([self._fd], [], [], limit)[0]:
            return b""
        try:
            return os.read(self._fd, CHUNK)
        except BlockingIOError:
            return b""

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
