"""A new configuration for a hall that runs: read and checked in a child process, taken over in small pieces.

libyaml and pydantic hold the interpreter lock while they work through a large file; in a child they hold nobody up. What
comes back is pickled part by part, a long list some items at a time, so that the hall's loop is free between them.
"""

import asyncio
import pickle
import struct
import sys
from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

from .errors import Place, Problem, UsherError
from .site import UsherConfig
from .source import Map, Seq

LIMIT: Final = 120.0  # seconds a check may take
PIECE: Final = 25  # items of a list in one frame
MAX_FRAME: Final = 256 << 20
_LENGTH: Final = struct.Struct(">I")


@dataclass
class Candidate:
    """What the child read. With an error among `problems` there is nothing else."""

    problems: list[Problem] = field(default_factory=list[Problem])
    usher: UsherConfig | None = None
    wings: dict[str, Any] = field(default_factory=dict[str, Any])  # name -> model
    integrations: dict[str, tuple[Any, Place | None]] = field(default_factory=dict[str, "tuple[Any, Place | None]"])

    outside: bool = False  # whether it includes files from outside the folder

    @property
    def errors(self) -> list[Problem]:
        return [p for p in self.problems if p.severity == "error"]


async def read(folder: Path, always: Sequence[str]) -> Candidate:
    """Read and check a folder in a child. Raises UsherError when the child fails or takes longer than LIMIT."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __name__, str(folder), *always,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, limit=1 << 20,
    )  # fmt: skip
    assert child.stdout is not None
    assert child.stderr is not None
    complaint = asyncio.ensure_future(child.stderr.read(10_000))
    try:
        async with asyncio.timeout(LIMIT):
            candidate = await _collect(child.stdout)
            await child.wait()
    except TimeoutError as error:
        raise UsherError(f"the new configuration could not be read within {LIMIT:.0f} s.") from error
    except (asyncio.IncompleteReadError, EOFError) as error:
        lines = (await complaint).decode(errors="replace").strip().splitlines()
        raise UsherError(
            f"the new configuration could not be read: {lines[-1] if lines else 'the check ended'}"
        ) from error
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
        complaint.cancel()
    return candidate


async def _collect(stream: asyncio.StreamReader) -> Candidate:
    made = Candidate()
    async for kind, *rest in _frames(stream):
        match kind:
            case "problems":
                (made.problems,) = rest
            case "usher":
                (made.usher,) = rest
            case "outside":
                (made.outside,) = rest
            case "wing":
                made.wings[rest[0]] = rest[1]
            case "items":
                wing, key, items = rest
                _put(made.wings[wing], key, items)
            case _:
                made.integrations[rest[0]] = (rest[1], rest[2])
    return made


async def _frames(stream: asyncio.StreamReader) -> AsyncGenerator[tuple[Any, ...]]:
    while True:
        (length,) = _LENGTH.unpack(await stream.readexactly(_LENGTH.size))
        if not length:
            return
        if length > MAX_FRAME:
            raise EOFError
        yield pickle.loads(await stream.readexactly(length))  # noqa: S301 - from our own child, over its pipe
        await asyncio.sleep(0)


def _put(config: Any, key: str, items: list[tuple[Any, ...]]) -> None:
    tree = getattr(config, key)
    for item in items:
        tree.put(*item)


# -- in the child


def main(arguments: list[str]) -> None:
    """Read the folder, and write what was read to standard output."""
    import gc
    import os

    from .config import Configuration
    from .fingerprint import within
    from .wings import WINGS

    gc.disable()
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints, prints elsewhere
    configuration = Configuration.read(Path(arguments[0]), WINGS, always=arguments[1:])
    _write(out, "problems", [*configuration.problems, *configuration.missing])
    if not configuration.errors:
        _write(out, "usher", configuration.usher)
        _write(out, "outside", not within(configuration.folder, configuration.files))
        for wing in configuration.wings:
            for frame in _wing(wing.name, wing.config):
                _write(out, *frame)
        for one in configuration.integrations:
            _write(out, "integration", one.name, one.config, one.place)
    out.write(_LENGTH.pack(0))
    out.flush()


def _wing(name: str, config: Any) -> Iterator[tuple[Any, ...]]:
    """A wing's model; what is kept in it as read (automations) comes after it, piece by piece."""
    trees: dict[str, Any] = {key: value for key, value in dict(config or {}).items() if isinstance(value, (Map, Seq))}
    empty = {key: type(tree)(tree.place) for key, tree in trees.items()}
    yield "wing", name, config.model_copy(update=empty) if config is not None else None
    for key, tree in trees.items():
        items = list(_items(tree))
        for start in range(0, len(items), PIECE):
            yield "items", name, key, items[start : start + PIECE]


def _items(tree: Map | Seq) -> Iterator[tuple[Any, ...]]:
    """What `put` takes."""
    if isinstance(tree, Seq):
        yield from zip(tree, tree.item_places, strict=True)
    else:
        for key, value in tree.items():
            yield key, value, tree.key_places[key], tree.value_places[key]


def _write(out: BinaryIO, *frame: Any) -> None:
    body = pickle.dumps(frame, protocol=pickle.HIGHEST_PROTOCOL)
    out.write(_LENGTH.pack(len(body)) + body)


if __name__ == "__main__":
    main(sys.argv[1:])
