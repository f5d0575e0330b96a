"""What a configuration folder looks like from outside: whether anything in it may have changed since it was read."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final, TypeAlias

Fingerprint: TypeAlias = frozenset[tuple[str, int, int]]
_NOT_READ: Final = frozenset({".usher", ".git", "__pycache__"})
MAX_FILES: Final = 20_000  # a folder with more is read anew each time


def within(folder: Path, files: Iterable[Path]) -> bool:
    """Whether all these files lie in the folder."""
    start = os.path.abspath(folder) + os.sep
    return all(os.path.abspath(file).startswith(start) for file in files)


def fingerprint(folder: Path) -> Fingerprint | None:
    """Name, size and time of change of every file in it but the engine's own; None if that cannot be told. Blocks."""
    found: set[tuple[str, int, int]] = set()
    for root, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in _NOT_READ]
        if any(os.path.islink(os.path.join(root, name)) for name in folders):
            return None  # what changes behind a link is not looked for
        for name in files:
            path = os.path.join(root, name)
            try:
                seen = os.stat(path)
            except OSError:
                continue
            found.add((path, seen.st_size, seen.st_mtime_ns))
        if len(found) > MAX_FILES:
            return None
    return frozenset(found)
