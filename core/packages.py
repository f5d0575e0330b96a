"""`packages:` under `usher:`: each bundles everything of one topic, and is laid into the root before anything is read.

Under a key that stands in several files, named things are joined and lists follow each other; the same thing twice is
an error with both places. A package may not hold `usher:`. A key with a label (`automation lobby:`) is such a part too,
as in Home Assistant.
"""

from collections.abc import Collection
from typing import Any, Final

from .errors import Place, Problem
from .source import Map, Seq

ROOT: Final = "usher"


def lay_in(root: Map, lists: Collection[str], problems: list[Problem]) -> Map:
    """The root with its packages laid in; `packages` itself is taken out. The given tree is not changed.

    `lists` are the keys that hold a list, also where a single thing stands without a dash.
    """
    made = _unlabelled(root, lists, problems)
    usher = made.get(ROOT)
    if not isinstance(usher, Map) or "packages" not in usher:
        return made
    packages, where = usher["packages"], usher.value_places["packages"]
    made = _copy(made) if made is root else made
    made.put(ROOT, _without(usher, "packages"), root.key_places[ROOT], root.value_places[ROOT])
    if packages is None:
        return made
    if not isinstance(packages, Map):
        problems.append(
            Problem(where, "usher.packages: write one name a package: {lobby: !include packages/lobby.yaml}.")
        )
        return made
    for name, package in packages.items():
        if isinstance(package, Map):
            package = _unlabelled(package, lists, problems)
            _lay(made, package, f"the package {name}", lists, problems)
        elif package is not None:
            problems.append(Problem(packages.value_places[name], f"usher.packages.{name}: a package is a mapping, as "
                                    "configuration.yaml is. Write keys such as queue: in it."))  # fmt: skip
    return made


def lacks(root: Map) -> bool:
    """Whether a package of it cannot be read as one, so that what it holds is missing."""
    usher = root.get(ROOT)
    packages = usher.get("packages") if isinstance(usher, Map) else usher
    if not isinstance(packages, Map):
        return packages is not None
    return any(package is not None and not isinstance(package, Map) for package in packages.values())


def _unlabelled(tree: Map, lists: Collection[str], problems: list[Problem]) -> Map:
    """`automation lobby:` and `automation doors:` laid together under `automation:`."""
    if not any(isinstance(key, str) and " " in key for key in tree):
        return tree
    made = Map(tree.place)
    for key, value in tree.items():
        part = Map(tree.place)
        word = key.partition(" ")[0] if isinstance(key, str) else key
        part.put(word, value, tree.key_places[key], tree.value_places[key])
        if word == ROOT:
            made.put(key, value, tree.key_places[key], tree.value_places[key])
        else:
            _lay(made, part, "", lists, problems)
    return made


def _lay(root: Map, package: Map, name: str, lists: Collection[str], problems: list[Problem]) -> None:
    for key, value in package.items():
        key_place, value_place = package.key_places[key], package.value_places[key]
        if key == ROOT:
            problems.append(Problem(key_place, f"{name} may not hold {ROOT!r}. Move it to configuration.yaml."))
        elif key not in root or root[key] is None:
            root.put(key, value, key_place, value_place)
        elif key in lists:
            root[key] = _chain(root[key], root.value_places[key], value, value_place)
        elif value is not None:
            root[key] = _join(root, key, value, value_place, problems)


def _chain(old: Any, old_place: Place, new: Any, new_place: Place) -> Seq:
    """Two lists one after the other; a single thing is a list of one."""
    made = Seq(old_place)
    for value, place in ((old, old_place), (new, new_place)):
        for item, item_place in _items(value, place):
            made.put(item, item_place)
    return made


def _join(root: Map, key: Any, new: Any, place: Place, problems: list[Problem]) -> Any:
    """What stands under `key` already, with what a package adds."""
    old = root[key]
    if isinstance(old, Seq) and isinstance(new, Seq):
        return _chain(old, root.value_places[key], new, place)
    if isinstance(old, Map) and isinstance(new, Map):
        both = _copy(old)
        for name, value in new.items():
            if name in both and isinstance(both[name], Seq) and isinstance(value, Seq):
                both[name] = _chain(both[name], both.value_places[name], value, new.value_places[name])
            elif name in both:
                problems.append(Problem(new.key_places[name], f"{key}.{name} stands twice; the first is at "
                                        f"{both.key_places[name]}. Remove one."))  # fmt: skip
            else:
                both.put(name, value, new.key_places[name], new.value_places[name])
        return both
    problems.append(Problem(place, f"{key} stands twice; the first is at {root.key_places[key]}. Remove one."))
    return old


def _items(value: Any, place: Place) -> list[tuple[Any, Place]]:
    if isinstance(value, Seq):
        return list(zip(value, value.item_places, strict=True))
    if value is None:
        return []
    return [(value, place)]


def _copy(tree: Map) -> Map:
    made = Map(tree.place)
    for key, value in tree.items():
        made.put(key, value, tree.key_places[key], tree.value_places[key])
    return made


def _without(tree: Map, key: str) -> Map:
    made = _copy(tree)
    del made[key]
    return made
