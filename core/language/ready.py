"""What the check has made of blueprints' automations, handed to the set-up that follows it: it is not made again.

Only of an automation without a complaint, and only what hangs on no hall: the tree with its blueprint filled in, and
triggers without templates. It never leaves the process: pickled, it is nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ..frozen import frozen
from ..source import Map
from .trigger_models import MODELS
from .triggers import Trigger, templated

if TYPE_CHECKING:
    from .blueprints import Expanded, Library
    from .config import Identity

_LATER: Final = "actions"  # filled in anew for those that run


@frozen
class Made:
    """One automation: its tree in the YAML, what its blueprint made of it, its triggers if they may be handed on."""

    tree: Map
    expanded: "Expanded"
    triggers: Sequence[Trigger] | None


@dataclass
class Ready:
    """The automations of one configuration; each is taken once."""

    library: "Library"
    identities: "list[Identity]"
    _made: dict[int, Made] = field(default_factory=dict[int, Made])

    def keep(self, made: Made) -> None:
        """Its steps are let go of: nobody looks at them again before it runs."""
        made.expanded[_LATER] = None
        self._made[id(made.tree)] = made

    def take(self, tree: Map) -> Made | None:
        """What was made of this very tree."""
        made = self._made.pop(id(tree), None)
        return made if made is not None and made.tree is tree else None

    def __reduce__(self) -> tuple[Any, ...]:
        return (_nothing, ())


def _nothing() -> None:
    return None


def same_anywhere(triggers: Sequence[Trigger]) -> bool:
    """Whether these are the same in any hall: of kinds that are everybody's, and with nothing to render."""
    return all(
        one.switch is None and one.variables is None and one.model is not None
        and MODELS.get(one.word) is type(one.model) and not templated(one.tree)
        for one in triggers
    )  # fmt: skip
