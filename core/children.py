"""Child processes: how one is ended."""

from asyncio import timeout
from asyncio.subprocess import Process
from contextlib import suppress


async def end(process: Process, limit: float) -> None:
    """Close its input, so that it finishes and ends; a child that has not within `limit` seconds is killed."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        async with timeout(limit):
            await process.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    with suppress(ConnectionError):
        await process.stdin.wait_closed()
