"""Long templates are compiled in a child process: a text of 60 KB takes a third of a second, and the hall goes on.

The child is told texts and answers the code it made of each; nothing for one that cannot be compiled, which is then
told where it stands.
"""

import asyncio
import pickle
import sys
from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

from ...errors import TemplateError
from . import Templates, is_template

LONG: Final = 1000  # characters; what is shorter is compiled in a few milliseconds
LIMIT: Final = 60.0  # seconds


def long_ones(*trees: Any) -> list[str]:
    """The long templates in these trees, each once. May be asked beside the loop."""
    found: dict[str, None] = {}
    open_ones: list[Any] = list(trees)
    while open_ones:
        one = open_ones.pop()
        if isinstance(one, str):
            if len(one) > LONG and is_template(one):
                found[str(one)] = None
        elif isinstance(one, Mapping):
            open_ones += cast("Mapping[Any, Any]", one).values()
        elif isinstance(one, Iterable):
            open_ones += cast("Iterable[Any]", one)
    return list(found)


async def compile_aside(templates: Templates, *trees: Any) -> None:
    """Have the long templates in these trees ready; what fails here is compiled later, where it is needed."""
    wanted = [text for text in await asyncio.to_thread(long_ones, *trees) if not templates.knows(text)]
    if not wanted:
        return
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __name__, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with asyncio.timeout(LIMIT):
            answer, _ = await child.communicate(pickle.dumps(wanted))
        made: list[bytes | None] = pickle.loads(answer) if child.returncode == 0 else []  # noqa: S301 - our own child
    except TimeoutError:
        made = []
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    for text, code in zip(wanted, made, strict=False):
        if code is not None:
            templates.take(text, code)
            await asyncio.sleep(0)


def main() -> None:
    """In the child: texts from standard input, code to standard output."""
    from ...bus import Bus
    from ...clock import SystemClock
    from ...states import States

    clock = SystemClock()
    templates = Templates(States(Bus(clock), clock), clock)
    made: list[bytes | None] = []
    for text in cast("list[str]", pickle.load(sys.stdin.buffer)):  # noqa: S301 - from the hall that began us
        try:
            made.append(templates.made(text))
        except TemplateError:
            made.append(None)
    sys.stdout.buffer.write(pickle.dumps(made))


if __name__ == "__main__":
    main()
