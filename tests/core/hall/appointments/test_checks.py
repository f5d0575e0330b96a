"""What nobody could book as it is meant is told with its place and mend."""

from pathlib import Path

import pytest
from usher.core.config import Configuration
from usher.core.wings import WINGS

HALL = """\
calendar:
  office: {open: {daily: "09:00-12:00"}, windows: {morning: "09:00-12:00"}}
staff: {wang: {name: Wang}}
queue:
  main: {name: Main, prefix: A, services: {passport: {name: Passports}}}
counter:
  "1": {name: Window 1, serves: [main]}
appointment:
  visa:
    name: Visa
    queue: main
"""


def problems(tmp_path: Path, lines: str) -> list[str]:
    text = "\n".join("    " + line for line in lines.splitlines())
    (tmp_path / "configuration.yaml").write_text(HALL + text + "\n", "utf-8")
    read = Configuration.read(tmp_path, WINGS, always=())
    return [str(problem).removeprefix(f"{tmp_path}/") for problem in read.problems]


def test_a_good_one_is_silent(tmp_path: Path) -> None:
    assert problems(tmp_path, "calendar: office\nstaff: wang\nservice: passport\ncapacity: {morning: 3}") == []


@pytest.mark.parametrize(
    ("lines", "place", "text"),
    [
        ('slot: "00:15"', "9:3", "appointment.visa: it has no calendar"),
        ("calendar: ofice", "12:15", "Did you mean 'office'?"),
        ("calendar: office\nservice: pasport", "13:14", "Did you mean 'passport'?"),
        ("calendar: office\nstaff: [wang, wong]", "13:19", "there is no 'wong' in staff. Did you mean 'wang'?"),
        ("calendar: office\nstaff: [wang, wang]", "13:19", "twice"),
        ("calendar: office\ncapacity: {mornin: 3}", "13:16", "Did you mean 'morning'?"),
        ('calendar: office\nslot: "00:00:30"', "13:11", "60"),
        ("calendar: office\nahead: 3600\nnotice: 3600", "14:13", "Write a shorter one."),
        ('calendar: office\nmissed_after: "00:05"', "13:19", "Write a longer one."),
        ('calendar: office\nready_before: "02:00"', "13:19", "Write a shorter one."),
        ("calendar: office\nearly: soon", "13:12", "is not a duration"),
        ("calendar: office\nreminder: 1", "13:5", "Did you mean 'reminders'?"),
    ],
)
def test_what_is_wrong_and_where(tmp_path: Path, lines: str, place: str, text: str) -> None:
    found = problems(tmp_path, lines)
    assert len(found) == 1, found
    assert found[0].startswith(f"configuration.yaml:{place}  "), found
    assert text in found[0]
