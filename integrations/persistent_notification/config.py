"""The YAML under `persistent_notification:`, which every hall has, and the table of notices."""

from typing import Final

from pydantic import Field

from ...core.schema import Strict
from ...core.tables import Table

NOTICES: Final = Table(
    "notice",
    (
        "id TEXT NOT NULL",
        "site TEXT NOT NULL",
        "created_at REAL NOT NULL",  # wall time
        "title TEXT",
        "message TEXT NOT NULL",
    ),
    ("id",),
    live=False,
)


class Config(Strict):
    """Notices for the staff. They are there also where the YAML says nothing of them."""

    keep: int = Field(100, ge=1, le=1000, description="So many at the most; one more, and the oldest goes.")
