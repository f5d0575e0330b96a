"""The pages' own words: the same keys in both languages, the same gaps to fill, none missing, none to spare."""

import re
from pathlib import Path

WWW = Path(__file__).parents[3] / "www" / "u"
LINE = re.compile(r'^\s*"([^"]+)": "((?:[^"\\]|\\.)*)",$', re.MULTILINE)
ACTIONS = {
    "kiosk.issue",
    "kiosk.check_in",
    "counter.call_next",
    "counter.lease",
    "counter.targets",
}  # look like keys and are none
GAP = re.compile(r"\{(\w+)\}")


def catalogue(name: str) -> dict[str, str]:
    return dict(LINE.findall((WWW / name).read_text("utf-8")))


def test_both_languages_say_the_same() -> None:
    zh, en = catalogue("words-zh.js"), catalogue("words-en.js")
    assert len(zh) > 100
    assert sorted(zh) == sorted(en)
    assert {k for k in zh if sorted(GAP.findall(zh[k])) != sorted(GAP.findall(en[k]))} == set()
    assert {k for k, text in zh.items() if not re.search("[\u4e00-\u9fff]", text)} == set()


def test_every_word_asked_for_is_there_and_none_is_idle() -> None:
    """A key is written whole, or begins with what stands before `${` in a template."""
    en = catalogue("words-en.js")
    code = "\n".join(path.read_text("utf-8") for path in WWW.glob("*.js") if not path.name.startswith("words-"))
    prefixes = "|".join(sorted({key.partition(".")[0] for key in en}))
    whole = set(re.findall(rf'["`]((?:{prefixes})\.[a-z0-9_.]+)["`]', code))
    starts = tuple(re.findall(rf"`((?:{prefixes})\.[a-z0-9_.]*)\$\{{", code))
    assert whole - set(en) - ACTIONS == set()
    assert {key for key in en if key not in whole and not key.startswith(starts)} == set()
