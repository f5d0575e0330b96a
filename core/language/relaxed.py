"""A model as far as it can be asked before anything runs: what only a template will give may be anything."""

from functools import lru_cache
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, Field, create_model


@lru_cache(maxsize=512)
def relaxed(model: type[BaseModel], later: frozenset[str]) -> type[BaseModel]:
    """The model, with these keys free and not demanded."""
    if model.__pydantic_decorators__.model_validators:  # they look at the whole, which is not there yet
        later = frozenset(info.alias or name for name, info in model.model_fields.items())
    fields: dict[str, Any] = {
        name: (Any, Field(None, alias=info.alias))
        for name, info in model.model_fields.items()
        if (info.alias or name) in later
    }
    config = ConfigDict(extra=model.model_config.get("extra"))
    rest = {name: (info.annotation, info) for name, info in model.model_fields.items() if name not in fields}
    make: Any = create_model
    return cast("type[BaseModel]", make(model.__name__, __config__=config, **rest, **fields))
