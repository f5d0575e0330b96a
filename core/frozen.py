"""`@frozen`: a small record that is never changed once made, for what is made by the thousand.

Frozen for mypy and pyright, which read every line; when it runs, an ordinary class with slots: Python makes one that is
frozen then as well seven times as slowly, and each ticket makes a hundred.
"""

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[T]) -> type[T]:
    """As `@dataclass(frozen=True, slots=True)`."""
    return dataclass(slots=True, unsafe_hash=True)(cls)
