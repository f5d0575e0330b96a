"""What is wrong with printers in the YAML that no item's model can see alone: layouts, templates, pictures."""

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from ...errors import ConfigError, Place, Problem
from ...integration import Checked
from ...source import Map, Seq, place_of
from .item import Fault, PrinterItem
from .layout_files import blocks_of, broken_templates
from .layouts import ImageBlock, walk


def check_printers(items: Sequence[PrinterItem], checked: Checked) -> None:
    """Complain of layouts that cannot be read, pictures that are not there, and what each platform finds."""
    for item in items:
        tree = _item(checked.tree, item.id)
        where = partial(_place, tree)
        faults = list(item.faults(checked.folder))
        checked.problems.extend(broken_templates(tree.get("layout") if isinstance(tree, Map) else None))
        try:
            blocks = blocks_of(item.layout, checked.folder, partial(where, "layout", "use_blueprint"))
        except ConfigError as error:
            checked.problems.extend(error.problems)
        else:
            faults += [
                Fault(
                    ("layout", *(_picture(tree.get("layout"), block.image) or ())),
                    f"there is no picture {block.image!r} in the configuration folder. Put it there.",
                )
                for block in walk(blocks)
                if isinstance(block, ImageBlock) and block.image and not inside(block.image, checked.folder)
            ]
        for fault in faults:
            text = f"printer.{item.id}: {fault.text}"
            checked.problems.append(Problem(where(*fault.keys), text, fault.severity))


def _item(tree: Any, name: str) -> Any:
    """The YAML of the printer called `name`."""
    listed: Any = tree.get("printer") if isinstance(tree, Map) else None
    items: Iterable[Any] = listed if isinstance(listed, Seq) else [listed]
    return next((one for one in items if isinstance(one, Map) and str(one.get("id")) == name), listed)


def _place(item: Any, *keys: Any, key: bool = False) -> Place | None:
    """Where what stands under a key of a printer (`key`: the key itself) is; the printer if the key is not there."""
    return place_of(item, keys, key=key)


def _picture(tree: Any, image: str) -> tuple[Any, ...] | None:
    """The keys that lead to `image:` of this name."""
    for key, value in tree.items() if isinstance(tree, Map) else enumerate(tree) if isinstance(tree, Seq) else ():
        if key == "image" and str(value) == image:
            return (key,)
        inner = _picture(value, image)
        if inner is not None:
            return (key, *inner)
    return None


def inside(file: str, folder: Path) -> Path | None:
    """A file of the configuration folder by its relative name; None if it is elsewhere or not there."""
    path = (folder / file).resolve()
    return path if path.is_relative_to(folder.resolve()) and path.is_file() else None
