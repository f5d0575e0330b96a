"""`regex_*` answers as Python's `re` does, which is what Home Assistant asks."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from usher.core.bus import Bus
from usher.core.clock import HandClock
from usher.core.errors import TemplateError
from usher.core.language.templates import Templates
from usher.core.states import States

CLOCK = HandClock()
TEMPLATES = Templates(States(Bus(CLOCK), CLOCK), CLOCK)
PART = st.sampled_from(["a", "b", ".", "\\d", "\\w", "\\s", "[ab]", "[^a]", "(a)", "(?:ab)", "(b|c)", "a?", "b*", "c+",
                        "a{2}", "b{1,2}", "^", "$", "\\b", "(?=a)", "(?!b)", "x*?", "(?P<n>a)", "é", "号"])  # fmt: skip
PATTERN = st.lists(PART, min_size=1, max_size=5).map("".join).filter(lambda text: text.count("?P<n>") < 2)
TEXT = st.text(alphabet="abcx1 é号\n", max_size=12)


@given(PATTERN, TEXT, st.booleans())
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_same_as_re(pattern, text, ignore):
    names = {"p": pattern, "s": text, "i": ignore}
    flags = re.IGNORECASE if ignore else 0

    def result(word, more=""):
        return TEMPLATES.render(f"{{{{ [s | {word}(p{more}, ignorecase=i)] }}}}", names)[0]

    assert result("regex_match") is bool(re.match(pattern, text, flags))
    assert result("regex_search") is bool(re.search(pattern, text, flags))
    assert result("regex_replace", ", '<\\\\g<0>>'") == re.sub(pattern, r"<\g<0>>", text, flags=flags)
    found = TEMPLATES.read("{% set x = s | regex_findall(p, ignorecase=i) %}{{ x | length }}")
    assert found.render(names) == len(re.findall(pattern, text, flags))


def test_a_pattern_that_has_no_end_is_told_with_the_mend():
    with pytest.raises(TemplateError) as told:
        TEMPLATES.render("{{ ('a' * 60 ~ 'b') | regex_search('(a|a)*$') }}")
    assert "'(a|a)*$' comes to no end on this text" in str(told.value)
