"""YAML with places: tags, merge keys, duplicate keys, and everything that may be wrong with a file."""

import pickle
from pathlib import Path
from typing import Any

import pytest
from usher.core.errors import ConfigError, Place, Problem
from usher.core.source import Input, Map, Seq, Source, Text, place_of, plain, shown_path


@pytest.fixture
def source(tmp_path: Path) -> Source:
    return Source(tmp_path)


def parse(source: Source, text: str) -> Any:
    return source.parse(text, source.root / "x.yaml")


def write(source: Source, name: str, text: str) -> None:
    file = source.root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")


def told(source: Source) -> list[str]:
    return [str(p).replace(f"{source.root}/", "") for p in source.problems]


def spot(place: Place | None) -> tuple[int, int] | None:
    return (place.line, place.column) if place else None


def test_every_value_knows_its_place(source: Source) -> None:
    tree = parse(source, "queue:\n  personal:\n    name: 个人\n    serves: [a, {b: 1}]\n")
    assert spot(place_of(tree, ("queue", "personal", "name"))) == (3, 11)
    assert spot(place_of(tree, ("queue", "personal", "name"), key=True)) == (3, 5)
    assert spot(place_of(tree, ("queue", "personal", "serves", 1, "b"))) == (4, 21)
    assert spot(tree["queue"]["personal"]["name"].place) == (3, 11)
    assert spot(place_of(tree, ("queue", "absent", "name"))) == (2, 3)  # the deepest that is there
    assert source.problems == []
    assert plain(tree) == {"queue": {"personal": {"name": "个人", "serves": ["a", {"b": 1}]}}}


def test_types_are_yamls_but_dates_stay_text(source: Source) -> None:
    tree = parse(source, "[1, 1.5, true, null, ~, '1', 2026-11-22, 12:30, 2026-99-99, .inf, \"\"]")
    assert tree == [1, 1.5, True, None, None, "1", "2026-11-22", 750, "2026-99-99", float("inf"), ""]
    assert isinstance(tree, Seq)
    assert isinstance(tree[6], Text)


def test_an_empty_file_is_nothing(source: Source) -> None:
    assert parse(source, "") is None
    assert parse(source, "# only words\n") is None
    assert source.problems == []


def test_a_place_survives_a_pickle(source: Source) -> None:
    tree = parse(source, "a: b\n")
    again = pickle.loads(pickle.dumps(tree["a"]))
    assert (again, again.place) == ("b", tree["a"].place)


def test_merge_keys_and_anchors(source: Source) -> None:
    tree = parse(source, "base: &b {digits: 3, prefix: A}\nother:\n  <<: *b\n  prefix: B\nsame: *b\n")
    assert tree["other"] == {"digits": 3, "prefix": "B"}
    assert spot(place_of(tree, ("other", "digits"))) == (1, 19)
    assert spot(place_of(tree, ("other", "prefix"))) == (4, 11)
    assert tree["same"] == {"digits": 3, "prefix": "A"}
    assert source.problems == []


def test_a_duplicate_key_names_both_places(source: Source) -> None:
    parse(source, "a: 1\nb: 2\na: 3\n")
    assert told(source) == ["x.yaml:3:1  the key 'a' stands twice; the first is at x.yaml:1:1. Remove one."]
    assert not source.incomplete


def test_all_includes(source: Source) -> None:
    write(source, "one.yaml", "x: 1\n")
    write(source, "parts/b.yaml", "b: 2\n")
    write(source, "parts/a.yaml", "a: 1\n")
    write(source, "parts/deep/c.yaml", "c: !include ../../one.yaml\n")
    write(source, "parts/.hidden.yaml", "no: 1\n")
    write(source, "parts/secrets.yaml", "no: 1\n")
    write(source, "lists/a.yaml", "[1, 2]\n")
    write(source, "lists/b.yaml", "[3]\n")
    tree = parse(source, "one: !include one.yaml\nlist: !include_dir_list parts\nnamed: !include_dir_named parts\n"
                 "merged: !include_dir_merge_named parts\nall: !include_dir_merge_list lists\n")  # fmt: skip
    assert source.problems == []
    assert tree["one"] == {"x": 1}
    assert tree["list"] == [{"a": 1}, {"b": 2}, {"c": {"x": 1}}]
    assert tree["named"] == {"a": {"a": 1}, "b": {"b": 2}, "c": {"c": {"x": 1}}}
    assert tree["merged"] == {"a": 1, "b": 2, "c": {"x": 1}}
    assert tree["all"] == [1, 2, 3]
    place = place_of(tree, ("merged", "c", "x"))
    assert place is not None
    assert place.file == shown_path(source.root / "one.yaml")
    assert {f.name for f in source.files} == {"one.yaml", "a.yaml", "b.yaml", "c.yaml"}


def test_secrets_are_found_upwards_and_told_where_missing(source: Source) -> None:
    write(source, "secrets.yaml", "door: open sesame\nnumber: 5\n")
    write(source, "deep/er/x.yaml", "[!secret door, !secret number, !secret lost]\n")
    tree = source.read(source.root / "deep/er/x.yaml")
    assert tree == ["open sesame", 5, None]
    assert told(source) == ["deep/er/x.yaml:1:32  !secret lost: not in secrets.yaml. Add the line  lost: ...  there."]
    assert source.secrets_used == {"door", "number"}


@pytest.mark.parametrize("content", ["- a\n", "just text\n", "a: [\n"])
def test_a_damaged_secrets_file_is_told_at_its_place(source: Source, content: str) -> None:
    write(source, "secrets.yaml", content)
    assert parse(source, "!secret a\n") is None
    [one] = told(source)  # what cannot be looked up in it is no second fault
    assert one.startswith("secrets.yaml:")


def test_secrets_above_the_root_are_not_looked_at(tmp_path: Path) -> None:
    (tmp_path / "secrets.yaml").write_text("a: 1\n")
    inner = tmp_path / "hall"
    inner.mkdir()
    source = Source(inner)
    assert source.parse("!secret a\n", inner / "x.yaml") is None
    assert len(source.problems) == 1


def test_environment(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HALL_PORT", "9000")
    monkeypatch.delenv("HALL_NONE", raising=False)
    tree = parse(source, "a: !env_var HALL_PORT\nb: !env_var HALL_NONE some default\nc: !env_var HALL_NONE\n")
    assert tree == {"a": "9000", "b": "some default", "c": None}
    assert told(source) == ["x.yaml:3:4  !env_var HALL_NONE: not set, and no default after the name. "
                            "Write  !env_var HALL_NONE default."]  # fmt: skip


def test_a_blueprints_input_waits(source: Source) -> None:
    tree = parse(source, "a: !input speaker\n")
    assert tree["a"] == Input("speaker", Place(shown_path(source.root / "x.yaml"), 1, 4))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: !include none.yaml\n", "x.yaml:1:4  !include none.yaml: there is no such file in {root}."),
        ("a: !include_dir_list none\n", "x.yaml:1:4  !include_dir_list none: there is no such folder."),
        ("a: !unheard_of b\n", "x.yaml:1:4  !unheard_of is not a tag usher knows."),
        ("a: !include [b]\n", "x.yaml:1:4  !include is followed by one name, not by a list or mapping."),
        ("a: [1\nb: 2\n", "x.yaml:1:4  this is not YAML: the bracket that opens here is never closed. Close it."),
        ("a: [1\n b: 2]\n", "x.yaml:2:3  this is not YAML: did not find expected ',' or ']' while parsing a flow "
         "sequence. Look at the indentation, colons and quotes here."),
        ("a: {b: 1\n", "x.yaml:1:4  this is not YAML: the bracket that opens here is never closed. Close it."),
        ("a: 'b\nc: 'd\n", "x.yaml:1:4  this is not YAML: the quote that opens here is closed only in line 2."),
        ("a: 1\n  b: 2\n", "x.yaml:2:4  this is not YAML: mapping values are not allowed in this context."),
        ("a:\n  b: 1\n   c: 2\n", "x.yaml:3:5  this is not YAML: mapping values are not allowed in this context."),
        ("a:\n    b: 1\n  c: 2\n", "x.yaml:3:3  this is not YAML: did not find expected key while parsing a block "
         "mapping. This line begins in column 3, those before it in column 1: begin it there."),
        ("a: 1\n- b\n", "x.yaml:2:1  this is not YAML: did not find expected key while parsing a block mapping. A dash "
         "stands among keys here: write a key, or indent it."),
        ("a: 1\n b: 2\n", "x.yaml:2:3  this is not YAML: mapping values are not allowed in this context. Look at the "
         "indentation, colons and quotes here."),
        ("a: *b\n", "x.yaml:1:4  this is not YAML: found undefined alias. Write &name  where it stands first, before "
         "this line."),
        ("? [a]\n: b\n", "x.yaml:1:3  this is not YAML: a key must be plain text. Write one word, as in  name: ..."),
        ("a: !!python/object:os.system b\n", "x.yaml:1:4  !!python/object:os.system is not a tag usher knows."),
        ("a: 1\n\tb: 2\n", "x.yaml:2:1  this is not YAML: a tab stands here. Indent with spaces."),
        ("a:\n  \tb: 2\n  \tc: 3\n", "x.yaml:2:3  this is not YAML: a tab stands here. Indent with spaces."),
        ("a: 1\nb: \"two\nc: 3\nd: 4\n", "x.yaml:2:4  this is not YAML: the quote that opens here is never closed."),
        ("a:\n  b：1\n  c: 2\n", "x.yaml:2:3  this is not YAML: no key and value. ： is text here: write :."),
        ("a:\n  b:1\n  c: 2\n", "x.yaml:2:3  this is not YAML: no key and value. Write a space after the colon: b: 1"),
        ("a: @b\n", "x.yaml:1:4  this is not YAML: found character that cannot start any token while scanning for the "
         "next token. Put what begins with @ in quotes."),
        ("a: {{ b.c }}\n", "x.yaml:1:4  this is not YAML: a template must stand in quotes. Write"),
        ("a:\n  z: 0\n  b：1\n  c: 2\n", "x.yaml:3:3  this is not YAML: could not find expected ':' while scanning a simple "
         "key. ： is text here: write :."),
        ("a: !include ../..\n", "x.yaml:1:4  !include ..: that is a folder."),
        ("a: \x00\n", "x.yaml:1:4  this is not YAML: control characters are not allowed"),
        ("a: &x [*x]\n", "x.yaml:1:4  the anchor stands within itself. Take the * that leads back to it out."),
        ("- 1\n---\n- 2\n", "x.yaml:2:1  this is not YAML: but found another document expected a single document in the "
         "stream. Remove the line ---, or put what follows into a file of its own."),
    ],
)  # fmt: skip
def test_what_cannot_be_read(source: Source, text: str, expected: str) -> None:
    parse(source, text)
    [one] = told(source)
    assert one.startswith(expected.replace("{root}", str(source.root)))


@pytest.mark.parametrize("encoding", ["gbk", "utf-16"])
def test_another_encoding_is_told(source: Source, encoding: str) -> None:
    (source.root / "x.yaml").write_bytes("a: 个人业务\n".encode(encoding))
    assert source.read(source.root / "x.yaml") is None
    [one] = told(source)
    assert one.startswith("x.yaml:1:1  the file is not written in UTF-8. Save it anew as UTF-8")


def test_too_deep_is_told(source: Source) -> None:
    parse(source, "[" * 20_000 + "]" * 20_000)
    [one] = told(source)
    assert one.startswith("x.yaml:1:")


def test_anchors_of_anchors_do_not_grow_beyond_all_bounds(source: Source) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    parse(source, "\n".join(lines))
    [one] = told(source)
    assert "more than 200000 values in one file" in one


def test_a_circle_of_includes_is_cut(source: Source) -> None:
    write(source, "x.yaml", "a: !include x.yaml\n")
    source.read(source.root / "x.yaml")
    [one] = told(source)
    assert one.endswith("files include each other in a circle. Remove one.")


def test_files_that_cannot_be_read(source: Source) -> None:
    (source.root / "latin.yaml").write_bytes(b"a: \xff\n")
    assert source.read(source.root / "latin.yaml") is None
    assert source.read(source.root / "absent.yaml") is None
    assert source.read(source.root) is None
    assert len(source.problems) == 3
    assert source.incomplete
    with pytest.raises(ConfigError, match="there is no such file"):
        source.check()


def test_paths_are_told_from_where_one_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert shown_path(tmp_path / "hall/x.yaml") == "hall/x.yaml"
    assert shown_path(Path("hall/x.yaml")) == "hall/x.yaml"
    assert shown_path(Path("/elsewhere/x.yaml")) == "/elsewhere/x.yaml"


def test_maps_and_lists_are_plain_ones_too(source: Source) -> None:
    tree = parse(source, "a: [b]\n")
    assert isinstance(tree, Map)
    assert tree == {"a": ["b"]}


# -- as Home Assistant goes through folders, and what a folder may hold


def test_a_folders_files_come_before_its_folders(source: Source) -> None:
    for name in ("z.yaml", "a/x.yaml", "a/b/y.yaml", ".git/no.yaml", "c/w.yaml"):
        write(source, f"parts/{name}", f"[{name.rpartition('/')[2][0]}]\n")
    assert parse(source, "!include_dir_merge_list parts\n") == ["z", "x", "y", "w"]


def test_an_empty_file_of_a_folder_is_an_empty_mapping(source: Source) -> None:
    write(source, "parts/a.yaml", "")
    write(source, "parts/b.yaml", "x: [\n")
    assert parse(source, "!include_dir_named parts\n") == {"a": {}}
    assert len(source.problems) == 1


@pytest.mark.parametrize("tag", ["!include_dir_named", "!include_dir_merge_named"])
def test_a_name_that_two_files_give_is_an_error_with_both_places(source: Source, tag: str) -> None:
    write(source, "parts/a.yaml", "x: 1\n")
    write(source, "parts/deep/a.yaml", "\nx: 2\n")
    assert next(iter(parse(source, f"{tag} parts\n").values())) in ({"x": 1}, 1)
    key = "x" if "merge" in tag else "a"
    assert told(source) == [
        f"parts/deep/a.yaml:2:1  the key {key!r} stands twice; the first is at {source.root}/parts/a.yaml:1:1. "
        "Remove one.".replace(f"{source.root}/", "")
    ]


def test_a_list_cannot_be_merged_by_name(source: Source) -> None:
    write(source, "parts/a.yaml", "[1]\n")
    assert parse(source, "!include_dir_merge_named parts\n") == {}
    assert told(source) == ["parts/a.yaml:1:1  !include_dir_merge_named joins mappings, and this file holds none. "
                            "Write  name: ...  in it."]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("!include quues.yaml", "Did you mean 'queues.yaml'?"),
        ("!include deep/queues.yaml", "Did you mean '../queues.yaml'?"),
        ("!include_dir_list prts", "Did you mean 'parts'?"),
        ("!secret dor", "Did you mean 'door'?"),
        ("!inclde x.yaml", "Did you mean '!include'?"),
        ("!inclde [x.yaml]", "Did you mean '!include'?"),
    ],
)
def test_what_is_misspelt_is_told_with_its_mend(source: Source, text: str, mend: str) -> None:
    write(source, "queues.yaml", "a: 1\n")
    write(source, "parts/a.yaml", "a: 1\n")
    write(source, "secrets.yaml", "door: x\n")
    parse(source, f"a: {text}\n")
    [one] = told(source)
    assert one.startswith("x.yaml:1:4  ")
    assert one.endswith(mend.replace("{root}", str(source.root)))


def test_a_mark_at_the_start_and_other_line_ends_change_no_place(source: Source) -> None:
    (source.root / "x.yaml").write_bytes(b"\xef\xbb\xbfa: 1\r\nb: [x]\r\n")
    tree = source.read(source.root / "x.yaml")
    assert tree == {"a": 1, "b": ["x"]}
    assert spot(place_of(tree, ("a",), key=True)) == (1, 1)
    assert spot(place_of(tree, ("b", 0))) == (2, 5)


def test_merges_of_merges_do_not_grow(source: Source) -> None:
    lines = ["a0: &a0 {x: 1, y: 2}"]
    lines += [f"a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 10)}], z{i}: {i}}}" for i in range(1, 15)]
    tree = parse(source, "\n".join(lines))
    assert source.problems == []
    assert tree["a14"] == {"x": 1, "y": 2} | {f"z{i}": i for i in range(1, 15)}


def test_of_several_merged_the_first_wins_and_places_stay(source: Source) -> None:
    tree = parse(source, "a: &a {x: 1}\nb: &b {x: 2, y: 2}\nc: {<<: [*a, *b], z: 3}\nd: {<<: {x: 5}}\n")
    assert tree["c"] == {"x": 1, "y": 2, "z": 3}
    assert spot(place_of(tree, ("c", "y"))) == (2, 17)
    assert tree["d"] == {"x": 5}
    assert parse(source, "a: &a {<<: *a, b: 1}\n") == {"a": {"b": 1}}
    assert source.problems == []


@pytest.mark.parametrize(
    "text",
    ["- " * 100_000 + "a", "{a: " * 390 + "1" + "}" * 390, "\n".join(" " * i + "a:" for i in range(2000)),
     "-\n" + "".join(" " * i + "-\n" for i in range(1, 500)), "[" * 100_000],
)  # fmt: skip
def test_depth_is_bounded(source: Source, text: str) -> None:
    assert parse(source, text) is None
    [one] = told(source)
    assert one.startswith("x.yaml:1:1  this goes too deep")


def test_includes_that_multiply_are_bounded(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("usher.core.source._MAX_FILES", 50)
    for i in range(20):
        write(source, f"{i}.yaml", f"[{', '.join([f'!include {i + 1}.yaml'] * 3)}]\n")
    source.read(source.root / "0.yaml")
    assert "more than 50 files are included" in told(source)[-1] + told(source)[0]
    assert len(source.files) == 50


def test_values_of_all_files_are_bounded(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("usher.core.source._MAX_ALL", 1000)
    write(source, "a.yaml", f"[{', '.join('x' * 100)}]\n")
    parse(source, f"[{', '.join(['!include a.yaml'] * 20)}]\n")
    assert any("more than 1000 values in all files" in one for one in told(source))


def test_an_enormous_file_is_told(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("usher.core.source._MAX_BYTES", 1 << 20)
    write(source, "x.yaml", "a: 1\n" * 300_000)
    assert source.read(source.root / "x.yaml") is None
    assert told(source) == ["x.yaml:1:1  the file is longer than 1 MiB. Divide it with !include."]


@pytest.mark.parametrize("text", ["a: !!timestamp x", "a: !!int x", "{=: 1, b: =}", "? !x a\n: 1", "a: !!binary '='"])
def test_odd_scalars_stay_text(source: Source, text: str) -> None:
    assert all(isinstance(v, (str, int)) for v in parse(source, text).values())
    assert source.problems == []


def test_a_secrets_words_are_never_told(source: Source) -> None:
    write(source, "secrets.yaml", "key: hunter2\npin: 77\n")
    tree = parse(source, "a: !secret key\nb: !secret pin\n")
    at = place_of(tree, ("a",))
    assert source.hide(Problem(at, "a: 'hunter2' is wrong.")).text == "a: '***' is wrong."
    assert source.hide(Problem(None, "hunter2")).text == "***"
    assert source.hide(Problem(tree.value_places["b"], "77 does not fit.")).text == "*** does not fit."
    assert source.hide(Problem(at, "line 77.")).text == "line 77."
