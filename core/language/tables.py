"""What the language keeps over a restart: runs that wait, and which automations were turned on or off."""

from typing import Final

from ..tables import Table

RUNS: Final = Table(
    "run",
    (
        "id TEXT NOT NULL",
        "site TEXT NOT NULL",
        "automation TEXT NOT NULL",  # its key
        "hash TEXT NOT NULL",  # of all that it is
        "due REAL",  # wall time; null while it is not waiting
        "body TEXT NOT NULL",  # frames, variables, context and trace, as JSON
    ),
    ("id",),
)
WAITS: Final = Table(
    "trigger_wait",
    (
        "id TEXT NOT NULL",
        "owner TEXT NOT NULL",  # automation key | content of the trigger
        "subject TEXT NOT NULL",  # mostly an entity
        "site TEXT NOT NULL",
        "due REAL NOT NULL",  # wall time
        "body TEXT NOT NULL",  # what the trigger will say, and the context, as JSON
    ),
    ("id",),
)
SWITCHES: Final = Table("automation", ("key TEXT NOT NULL", "site TEXT NOT NULL", "is_on INTEGER NOT NULL"), ("key",))
TABLES: Final = (RUNS, SWITCHES, WAITS)
