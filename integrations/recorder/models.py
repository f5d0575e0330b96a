"""The data of the recorder's actions and questions."""

from datetime import datetime
from typing import Annotated, Final

from pydantic import BaseModel, Field

from ...core.schema import Nothing, Strict, Target

Entities = Annotated[list[str], Target("*", many=True, later=True)]
MAX_ROWS: Final = 100_000


class Period(Strict):
    """The states of some entities over a period."""

    start_time: datetime | None = Field(None, description="The beginning; without it, a day ago.")
    end_time: datetime | None = Field(None, description="The end; without it, now.")
    entities: Entities | None = Field(None, description="The entities; without them, all that you may see.")
    initial: bool = Field(True, description="Begin with the state each one had at the start.")
    significant_changes_only: bool = Field(False, description="Leave out what changed attributes only.")
    no_attributes: bool = Field(False, description="Leave the attributes out.")
    limit: int = Field(20_000, ge=1, le=MAX_ROWS, description="States at most; truncated says that there are more.")


class Logbook(Strict):
    """What happened, in words, with its cause."""

    start_time: datetime | None = Field(None, description="The beginning; without it, a day ago.")
    end_time: datetime | None = Field(None, description="The end; without it, now.")
    entities: Entities | None = Field(None, description="Only what is about these.")
    context_id: str | None = Field(None, max_length=64, description="Only what this context did, and what came of it.")
    since: int | None = Field(None, ge=0, description="Only what came after this `last`, in the order it came.")
    limit: int = Field(20_000, ge=1, le=MAX_ROWS, description="Entries at most; truncated says that there are more.")


class Purge(Strict):
    """Forget what is too old, now."""

    keep_days: int | None = Field(None, ge=0, le=3650, description="Days to keep, in place of purge_keep_days.")
    repack: bool = Field(False, description="Give the room back to the disk at once.")
    apply_filter: bool = Field(False, description="Forget what include and exclude no longer record, too.")


class PurgeEntities(Strict):
    """Forget some entities."""

    entity_id: Entities = Field([], description="The entities.")
    domains: list[str] = Field([], max_length=100, description="All entities of these domains.")
    entity_globs: list[str] = Field([], max_length=100, description="All entities that fit these patterns.")
    keep_days: int = Field(0, ge=0, le=3650, description="Days to keep; 0 forgets everything.")


QUESTIONS: Final[dict[str, type[BaseModel] | None]] = {
    "history.period": Period, "logbook.get": Logbook, "recorder.purge": Purge, "recorder.purge_entities": PurgeEntities,
    "recorder.enable": Nothing, "recorder.disable": Nothing, "recorder.info": Nothing,
}  # fmt: skip
