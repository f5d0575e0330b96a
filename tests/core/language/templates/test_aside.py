"""Long templates are compiled in a child: the hall's own loop never does it, and what comes is the same."""

import pytest
from usher.core.bus import Bus
from usher.core.clock import HandClock
from usher.core.errors import TemplateError
from usher.core.language.templates import Templates
from usher.core.language.templates.aside import compile_aside, long_ones
from usher.core.states import States
from usher.core.testing import branch

FILL = "{# " + "x" * 2000 + " #}\n"
TEXTS = [
    FILL + "{{ states('queue.a') | float(3) + 1 }}",
    FILL
    + "{% set n = namespace(x=0) %}{% for i in range(4) %}{% set n.x = n.x + i %}{% endfor %}{{ n.x }} of {{ word }}",
    FILL + "{% macro m(a) %}<{{ a }}>{% endmacro %}{{ m(word) }}{{ 3 is odd }}",
]


def made():
    clock = HandClock()
    return Templates(States(Bus(clock), clock), clock)


async def test_what_the_child_made_is_the_same():
    here, there = made(), made()
    await compile_aside(there, {"a": [TEXTS[0]], "b": TEXTS}, "{{ short }}", 5, None)
    for text in TEXTS:
        assert there.knows(text)
        assert there.read(text).render({"word": "w"}) == here.read(text).render({"word": "w"})
        assert there.read(text).uses == here.read(text).uses
    failing = FILL + "\n\n{{ word + 1 }}"
    await compile_aside(there, failing)
    for room in (here, there):
        with pytest.raises(TemplateError, match="line 4 of it"):
            room.read(failing).render({"word": "w"})


async def test_what_cannot_be_compiled_is_told_where_it_stands():
    room, broken = made(), FILL + "{{ 1 + }}"
    await compile_aside(room, [broken, TEXTS[0]])
    assert room.knows(TEXTS[0])
    assert not room.knows(broken)
    assert long_ones({"a": [broken, {"b": broken}], "c": "{{ 1 }}"}) == [broken]


async def test_a_reload_compiles_no_long_template_itself(tmp_path, monkeypatch):
    yaml = """
input_boolean: {go: {}}
automation:
  - alias: one
    triggers: {trigger: event, event_type: go}
    actions: {event: said, event_data: {v: "%s"}}
"""
    compiled = []
    real = Templates._compile
    monkeypatch.setattr(Templates, "_compile", lambda self, text, at: compiled.append(text) or real(self, text, at))
    clock = HandClock()
    async with branch(yaml % "{{ 1 }}", tmp_path, clock=clock) as hall:
        await hall.reload(yaml % ("{# " + "y" * 2000 + " #}{{ 41 + 1 }}"))
        hall.engine.bus.fire("go", {})
        await clock.turn(0)
        assert [event.data for event in hall.events("said")] == [{"v": 42}]
    assert max(map(len, compiled)) < 1000
