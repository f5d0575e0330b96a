"""Which key of the panel does what: the hall's own, a counter's, and what `usher check` says of a wrong one."""

from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from usher.core.check import check
from usher.core.hall.config.panel import FUNCTIONS, Keys, keys_in_force
from usher.core.testing import branch

HALL = "queue: {a: {name: A}}\n"
KEYS = st.dictionaries(
    st.sampled_from(FUNCTIONS), st.lists(st.sampled_from(["KeyN", "KeyQ", "F2", "NumpadAdd", "Alt+KeyN"]), unique=True)
)


async def panel(yaml: str, folder: Path) -> dict[str, list[str]]:
    async with branch(HALL + yaml, folder) as hall:
        view = hall.engine.views.get("counter/1")
        assert view is not None
        return orjson.loads(view.read().body)["keys"]


async def test_the_keys_of_a_hardware_caller_unless_the_yaml_says_otherwise(tmp_path: Path) -> None:
    keys = await panel("counter: {'1': {name: W, serves: [a]}}", tmp_path)
    assert list(keys) == list(FUNCTIONS)
    assert keys["next"] == ["NumpadAdd", "KeyN"]
    assert keys["transfer"] == ["NumpadDivide", "KeyT"]


async def test_a_counter_differs_where_it_says_so(tmp_path: Path) -> None:
    keys = await panel(
        "panel: {keys: {next: F2, recall: [shift+F3, KeyR]}}\ncounter: {'1': {name: W, serves: [a], keys: {recall: KeyN}}}",
        tmp_path,
    )
    assert keys["next"] == ["F2"]
    assert keys["recall"] == ["KeyN"]


async def test_a_key_that_is_given_away_leaves_the_function_that_had_it(tmp_path: Path) -> None:
    keys = await panel("panel: {keys: {undo: KeyN, hide: []}}\ncounter: {'1': {name: W, serves: [a]}}", tmp_path)
    assert keys["undo"] == ["KeyN"]
    assert keys["next"] == ["NumpadAdd"]
    assert keys["hide"] == []


@given(KEYS, KEYS)
def test_no_key_ever_does_two_things(counter: dict[str, list[str]], hall: dict[str, list[str]]) -> None:
    def apart(said: dict[str, list[str]]) -> dict[str, list[str]]:  # as usher check asks for
        seen = set[str]()
        return {name: [k for k in keys if not (k in seen or seen.add(k))] for name, keys in said.items()}

    found = keys_in_force(Keys(**apart(counter)), Keys(**apart(hall)))
    every = [key for keys in found.values() for key in keys]
    assert len(every) == len(set(every))
    assert all(found[name] == keys for name, keys in apart(counter).items())


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("{nxt: F2}", "there is no key 'nxt' here. Did you mean 'next'?"),
        (
            "{next: N}",
            "'N' is no key. Write its place on the keyboard: KeyN, F2, NumpadAdd, Alt+KeyN. Did you mean 'KeyN'?",
        ),
        ("{next: +}", "Did you mean 'NumpadAdd'?"),
        ("{next: NumpadAd}", "Did you mean 'NumpadAdd'?"),
        ("{next: Win+KeyN}", "'Win+KeyN' is no key."),
        ("{next: Digit1}", "'Digit1' has its meaning already"),
        ("{next: Escape}", "'Escape' has its meaning already"),
        ("{next: ctrl+KeyW}", "'ctrl+KeyW' is the browser's own"),
        ("{next: F2, recall: [F3, F2]}", "the key F2 is next already. Give each its own."),
        ("{next: [F2, F2]}", "the key F2 is next already. Give each its own."),
    ],
)
@pytest.mark.parametrize("where", ["panel", "counter.1"])
def test_a_wrong_key_is_told_with_its_place(keys: str, said: str, where: str, tmp_path: Path) -> None:
    here, hall = (f", keys: {keys}", "") if where == "counter.1" else ("", f"panel: {{keys: {keys}}}\n")
    yaml = HALL + f"counter: {{'1': {{name: W, serves: [a]{here}}}}}\n" + hall
    (tmp_path / "configuration.yaml").write_text("usher: {name: Test}\n" + yaml, "utf-8")
    found = [f"{p.place.line if p.place else 0} {p.text}" for p in check(tmp_path, always=())]
    assert len(found) == 1
    assert found[0].startswith(f"{4 if hall else 3} {where}.keys")
    assert said in found[0]
