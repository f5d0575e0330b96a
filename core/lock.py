"""The data folder: closed to others, and locked, so that a second engine is refused with a sentence."""

import fcntl
import os
from pathlib import Path

from .errors import StoreError


def own_folder(folder: Path) -> None:
    """Make a data folder that others cannot look into: names and phones are in there. Raises StoreError."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StoreError(
            f"The data folder {folder} cannot be made: {error.strerror}. Give it another with --data."
        ) from error


class Lock:
    """The lock on a data folder: a second engine is refused with a sentence."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "lock"
        self._file: int | None = None

    def take(self) -> None:
        """Raises StoreError when another engine holds it. The kernel gives it back however the process ends."""
        own_folder(self._path.parent)
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreError(f"{self._path} cannot be written: {error.strerror}. Whose folder is it?") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.read(file, 32).decode(errors="replace").strip() or "unknown"
            os.close(file)
            raise StoreError(
                f"Another usher (process {owner}) already runs on {self._path.parent}. "
                "Stop that one first, or give this one a folder of its own."
            ) from None
        os.ftruncate(file, 0)
        os.pwrite(file, str(os.getpid()).encode(), 0)
        self._file = file

    def give_back(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
