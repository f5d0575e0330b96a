"""Macro files: imported, told with their places when they are faulty, and taken anew while templates are in use."""

import pytest
from usher.core.bus import Bus
from usher.core.clock import HandClock
from usher.core.errors import Place, TemplateError
from usher.core.language.templates import Templates
from usher.core.language.templates.tracking import TemplateWatch
from usher.core.states import States

TOOLS = """\
{% macro double(x) %}
  {{ x * 2 }}
{% endmacro %}
{% macro waiting(queue) %}{{ states('queue.' ~ queue) }}{% endmacro %}
{% set limit = 5 %}
{% macro deep(x) %}

  {{ x.missing.y }}
{% endmacro %}
"""


@pytest.fixture
def write(tmp_path):
    def put(name, text, folder="templates"):
        path = tmp_path / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    put("tools.jinja", TOOLS)
    return put


@pytest.fixture
def hall(tmp_path, write):
    clock = HandClock()
    bus = Bus(clock)
    states = States(bus, clock)
    states.set("queue.main", 5)
    return Templates(states, clock, None, tmp_path), TemplateWatch(states, bus, clock), states


@pytest.fixture
def templates(hall):
    return hall[0]


RESULTS = [
    ("{% from 'tools.jinja' import double %}{{ double(4) }}", 8),  # its spaces do not count, as in Home Assistant
    ("{% from 'tools.jinja' import double as twice %}{{ twice(4) | int + 1 }}", 9),
    ("{% import 'tools.jinja' as tools %}{{ tools.double(3) }} {{ tools.limit }}", "6\n 5"),
    ("{% from 'tools.jinja' import waiting %}{{ waiting('main') }}", 5),
    ("{% from 'tools.jinja' import waiting %}{{ ['main', 'none'] | map('apply', waiting) | list }}", ["5", "unknown"]),
    ("{% include 'sub/one.jinja' %}", "one 5"),
    ("{% set n = 3 %}{% include 'sub/names.jinja' %}", 3),
    ("{% import 'sub/names.jinja' as n with context %}{{ x }}", 4),
    ("{% include 'nothing.jinja' ignore missing %}x", "x"),
    ("{% extends 'page.jinja' %}{% block body %}mine{% endblock %}", "head mine"),
    ("{% from 'old.jinja' import hello %}{{ hello() }}", "hello"),
]


@pytest.mark.parametrize(("text", "expected"), RESULTS, ids=[text for text, _ in RESULTS])
def test_it_is_imported(templates, write, text, expected):
    write("sub/one.jinja", "one {{ states('queue.main') }}")
    write("sub/names.jinja", "{{ n if n is defined else '' }}")
    write("page.jinja", "head {% block body %}{% endblock %}")
    write("old.jinja", "{% macro hello() %}hello{% endmacro %}", folder="custom_templates")
    assert templates.reload()
    result = templates.render(text, {"x": 4})
    assert (" ".join(result.split()) if isinstance(result, str) else result) == (
        " ".join(expected.split()) if isinstance(expected, str) else expected
    )


def test_a_state_read_in_a_macro_is_followed(hall):
    templates, watch, states = hall
    told = []
    template = templates.read("{% from 'tools.jinja' import waiting %}{{ waiting('main') }}")
    followed = watch.track(template, {}, lambda result, event: told.append(result))
    assert followed.reads.entities == {"queue.main"}
    states.set("queue.main", 6)
    assert told == [6]


def test_a_state_read_at_the_top_of_a_file_is_read_each_time(hall, write):
    templates, _, states = hall
    write("top.jinja", "{% set waiting = states('queue.main') %}{% macro say() %}{{ waiting }}{% endmacro %}")
    templates.reload()
    template = templates.read("{% from 'top.jinja' import say %}{{ say() }}")
    assert template.render({}) == 5
    states.set("queue.main", 7)
    result, reads = template.render_tracked({})
    assert (result, reads.entities) == (7, {"queue.main"})


def test_a_changed_file_is_taken_by_templates_in_use(hall, write):
    templates, watch, _ = hall
    told = []
    watch.track(
        templates.read("{% from 'tools.jinja' import double %}{{ double(4) }}"), {}, lambda r, e: told.append(r)
    )
    assert not templates.reload()
    write("tools.jinja", TOOLS.replace("* 2", "* 3"))
    assert templates.reload()
    watch.refresh()
    assert told == [12]


def test_a_file_that_imports_a_changed_one_is_taken_too(templates, write):
    write(
        "outer.jinja",
        "{% from 'tools.jinja' import double %}{% macro four(x) %}{{ double(double(x)|int) }}{% endmacro %}",
    )
    templates.reload()
    text = "{% from 'outer.jinja' import four %}{{ four(1) }}"
    assert templates.render(text) == 4
    write("tools.jinja", TOOLS.replace("* 2", "* 3"))
    templates.reload()
    assert templates.render(text) == 9


COMPLAINTS = [
    ("{% from 'tols.jinja' import double %}", "there is no template file 'tols.jinja'. Did you mean 'tools.jinja'?"),
    ("{% from 'tools.jinja' import duoble %}{{ duoble(1) }}", "duoble"),
    ("{% include '../secrets.yaml' %}", "there is no template file '../secrets.yaml'"),
    ("{% include '/etc/passwd' %}", "there is no template file"),
    ("{% from 'tools.jinja' import deep %}{{ deep({}) }}", "tools.jinja:8): there is no 'missing' in it"),
]


@pytest.mark.parametrize(("text", "part"), COMPLAINTS, ids=[text for text, _ in COMPLAINTS])
def test_a_complaint_says_where_and_what(templates, text, part):
    with pytest.raises(TemplateError) as told:
        templates.read(text, Place("a.yaml", 3, 7)).render({})
    assert str(told.value).startswith("a.yaml:3:7  template")
    assert part in str(told.value)


def test_faulty_files_are_told_with_line_and_column_and_harm_no_other(templates, write):
    path = write("bad.jinja", "{% macro x() %}\n  {{ 1 +* 2 }}\n{% endmacro %}")
    write("tools.jinja", TOOLS, folder="custom_templates")
    huge = write("huge.jinja", "x" * 300_000)
    binary = write("binary.jinja", "")
    binary.write_bytes(b"\xff\xfe")
    templates.reload()
    said = sorted(map(str, templates.macros.problems))
    assert len(said) == 4
    assert any(text.startswith(f"{path}:2:9  template: unexpected '*'") for text in said), said
    assert any("'tools.jinja' stands twice" in text for text in said)
    assert any(text.startswith(f"{huge}:1:1  ") and "larger" in text for text in said)
    assert any(text.startswith(f"{binary}:1:1  ") for text in said)
    with pytest.raises(TemplateError, match=r"'bad\.jinja' is faulty"):
        templates.render("{% import 'bad.jinja' as bad %}")
    assert templates.render("{% from 'tools.jinja' import double %}{{ double(1) }}") == 2
