"""The YAML under `recorder:`, with Home Assistant's names and meanings where it has them."""

import re
from typing import Annotated, Final, cast

from pydantic import AfterValidator, Field, SecretStr
from pydantic_core import PydanticCustomError

from ...core.integration import Checked
from ...core.schema import Reference, Strict
from ...core.source import place_of

ENTITY: Final = "recorder.history"
_DOMAIN: Final = re.compile(r"[a-z0-9_]+\Z")
_GLOB: Final = re.compile(r"[a-z0-9_.*?\[\]!-]+\Z")


def _domain(text: str) -> str:
    if not _DOMAIN.match(text):
        raise PydanticCustomError("bad_domain", "{text} is not a domain. Write the part before the dot, as queue.",
                                  {"text": repr(str(text))})  # fmt: skip
    return text


def _glob(text: str) -> str:
    if not _GLOB.match(text):
        raise PydanticCustomError("bad_glob", "{text} is not a pattern of entity ids. Write queue.* or *.vip_?.",
                                  {"text": repr(str(text))})  # fmt: skip
    return text


def _entity(text: str) -> str:
    domain, dot, name = text.partition(".")
    if not dot or not _DOMAIN.match(domain) or not _DOMAIN.match(name):
        raise PydanticCustomError("bad_entity", "{text} is not an entity id. Write domain.name, as in queue.main.",
                                  {"text": repr(str(text))})  # fmt: skip
    return text


def _url(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()  # never in a message: it may hold a password
    if not re.match(r"(sqlite|postgresql)(\+[a-z0-9_]+)?://", text):
        raise PydanticCustomError(
            "bad_db_url", "this is no database address. Write postgresql://user:password@host/name, best behind !secret, "
            "or sqlite:////srv/history.db.")  # fmt: skip
    return value


class Chosen(Strict):
    """What is recorded, or what is not."""

    domains: list[Annotated[str, AfterValidator(_domain)]] = Field([], description="Domains, as [queue, counter].")
    entities: list[Annotated[str, AfterValidator(_entity)]] = Field([], description="Entities, as [queue.main].")
    entity_globs: list[Annotated[str, AfterValidator(_glob)]] = Field(
        [], description="Patterns of entity ids, as [sensor.*_battery]."
    )
    event_types: list[str] = Field([], description="Types of events, as [ticket_called].")


class Config(Strict):
    """What is kept of the past, where, and for how long."""

    db_url: Annotated[SecretStr, AfterValidator(_url)] | None = Field(
        None, description="A database of its own: postgresql://user:password@host/name, best behind !secret. Without it, "
        "history.db beside the hall's data.")  # fmt: skip
    purge_keep_days: int = Field(10, ge=1, le=3650, description="Days that states and events are kept.")
    keep: dict[Annotated[str, AfterValidator(_glob)], Annotated[int, Field(ge=1, le=3650)]] = Field(
        {},
        description="Days for some entities: an id or a pattern and its days, as {queue.*: 90}. The first that fits.",
    )
    auto_purge: bool = Field(True, description="Forget what is too old each night at 04:12, and once after a start.")
    commit_interval: float = Field(5, ge=0, le=300, description="Seconds between two writes; 0 writes at once.")
    include: Chosen = Field(
        Chosen.model_validate({}), description="Only these are recorded; without it, all that is not excluded."
    )
    exclude: Chosen = Field(Chosen.model_validate({}), description="These are not recorded.")


def check(checked: Checked) -> None:
    """An entity that is named must exist, where its domain is one of the hall's: a misspelt one would record nothing."""
    config = cast("Config", checked.config)
    domains = {one.partition(".")[0] for one in checked.entities}
    for key, chosen in (("include", config.include), ("exclude", config.exclude)):
        for index, entity_id in enumerate(chosen.entities):
            domain, _, name = entity_id.partition(".")
            if domain in domains:
                place = place_of(checked.tree, (key, "entities", index))
                checked.references.append(Reference(domain, name, place))
