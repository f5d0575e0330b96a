"""What ratings keep: who may rate still, the ratings, the day's counts, and the stars of staff."""

from typing import Final

from ...core.tables import Table

POLLS: Final = Table(
    "feedback_poll",
    (
        "id TEXT NOT NULL",  # ticket/leg
        "site TEXT NOT NULL",
        "ends REAL NOT NULL",  # wall time: from then on nobody may rate it
        "data TEXT NOT NULL",  # JSON of a Poll
    ),
    ("id",),
    live=False,
)
RATINGS: Final = Table(
    "feedback",
    (
        "id TEXT NOT NULL",  # ticket/leg: one for each service
        "site TEXT NOT NULL",
        "at REAL NOT NULL",  # wall time of the tap
        "day TEXT NOT NULL",  # the business day of it
        "counter TEXT",
        "staff TEXT",
        "queue TEXT NOT NULL",
        "service TEXT",
        "class TEXT NOT NULL",
        "number TEXT NOT NULL",
        "level TEXT NOT NULL",
        "score REAL NOT NULL",
        "bad INTEGER NOT NULL",
        "reasons TEXT NOT NULL",  # JSON
        "origin TEXT NOT NULL",  # terminal or phone
    ),
    ("id",),
    live=False,
    indexes=(("day",), ("staff", "day")),
)
COUNTS: Final = Table(
    "feedback_count",
    (
        "day TEXT NOT NULL",
        "site TEXT NOT NULL",
        "of TEXT NOT NULL",  # hall, counter:1, staff:0231, queue:main
        "what TEXT NOT NULL",  # level:satisfied, asked, late, duplicate, idle
        "n INTEGER NOT NULL",
        "score REAL NOT NULL",  # of a level: the sum of their scores
    ),
    ("day", "of", "what"),
    live=False,
)
STARS: Final = Table("feedback_stars", ("staff TEXT NOT NULL", "site TEXT NOT NULL", "stars INTEGER NOT NULL"),
                     ("staff",), live=False)  # fmt: skip
TABLES: Final = (POLLS, RATINGS, COUNTS, STARS)
