"""A menu no visitor could use is told with its place and mend."""

from pathlib import Path

import pytest
from usher.core.config import Configuration
from usher.core.wings import WINGS

HALL = """\
queue:
  main: {name: Main, prefix: A, services: {cheque: {name: Cheques}}}
counter:
  "1": {name: Window 1, serves: [main]}
kiosk:
  lobby:
"""


def problems(tmp_path: Path, kiosk: str) -> list[str]:
    lines = "\n".join("    " + line for line in kiosk.strip("\n").splitlines())
    (tmp_path / "configuration.yaml").write_text(HALL + lines + "\n", "utf-8")
    read = Configuration.read(tmp_path, WINGS, always=())
    return [str(problem).removeprefix(f"{tmp_path}/") for problem in read.problems]


def test_a_good_menu_is_silent(tmp_path: Path) -> None:
    assert problems(tmp_path, """
menu:
  - {queue: main, icon: mdi:account}
  - {name: More, menu: [{queue: main, service: cheque}]}
""") == []  # fmt: skip


@pytest.mark.parametrize(
    ("kiosk", "place", "text"),
    [
        ("menu: []", "7:11", "a menu needs at least one button"),
        ("menu: [{icon: mdi:account}]", "7:12", "leads nowhere. Write queue: or menu:."),
        ("menu: [{queue: main, menu: [{queue: main}], name: x}]", "7:12", "not to both"),
        ("menu: [{menu: [{queue: main}]}]", "7:12", "a menu needs a name"),
        ("menu: [{queue: main, service: chek}]", "7:35", "Did you mean 'cheque'?"),
        ("menu: [{queue: main}, {queue: main}]", "7:27", "stands on the page twice"),
        ("menu: [{queue: mian}]", "7:20", "Did you mean"),
        ("menu: [{queue: main}]\npaper: required", "8:12", "needs a printer"),
        ("menu: [{queue: main}]\nprinter: printer.x", "8:14", "x"),
        ("menu: [{queue: main}]\nlanguages: [en, en]", "8:21", "twice"),
        ("menu: [{queue: main}]\nmenue: 1", "8:5", "Did you mean 'menu'?"),
        ("menu: [{queue: main}]\nbase_url: hall", "8:15", "is not an address"),
        ("menu: [{name: a, menu: [{name: b, menu: [{name: c, menu: [{queue: main}]}]}]}]", "7:62", "3 levels deep"),
    ],
)
def test_what_is_wrong_and_where(tmp_path: Path, kiosk: str, place: str, text: str) -> None:
    found = problems(tmp_path, kiosk)
    assert len(found) == 1, found
    assert found[0].startswith(f"configuration.yaml:{place}  kiosk.lobby"), found
    assert text in found[0]


def test_too_many_buttons(tmp_path: Path) -> None:
    services = ", ".join(f"{{queue: main, service: s{n}}}" for n in range(9))
    listed = "".join(f", s{n}: {{name: S{n}}}" for n in range(9))
    hall = HALL.replace("cheque: {name: Cheques}", "cheque: {name: Cheques}" + listed)
    (tmp_path / "configuration.yaml").write_text(hall + f"    menu: [{services}]\n", "utf-8")
    found = Configuration.read(tmp_path, WINGS, always=()).problems
    assert [p.text for p in found] == [
        "kiosk.lobby.menu: 9 buttons do not fit on one page. Put at most 8 here and the others into a further menu."
    ]


def test_several_faults_at_once(tmp_path: Path) -> None:
    found = problems(tmp_path, "menu: [{queue: mian}, {icon: x}]\npaper: required")
    assert len(found) == 3, found
