"""The last warnings and errors, kept in memory for `/api/error_log`."""

import logging
from collections import deque
from typing import Final

KEPT: Final = 200
MAX_LINE: Final = 2000


class RecentLog(logging.Handler):
    """A handler that remembers."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        self._lines: deque[str] = deque(maxlen=KEPT)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._lines.append(self.format(record)[:MAX_LINE])
        except Exception:  # as every logging handler: a bad log call may not stop what logs
            self.handleError(record)

    def text(self) -> str:
        return "".join(f"{line}\n" for line in self._lines)

    def begin(self) -> None:
        logging.getLogger("usher").addHandler(self)

    def end(self) -> None:
        logging.getLogger("usher").removeHandler(self)
