"""What `usher check` says of templates: the word itself, its line and column, and the mend."""

import pytest

HEAD = """\
automation:
  - alias: A
    triggers: {trigger: event, event_type: x}
    actions:
      - action: test.say
        data:
          text: >-
            {{ 1 }}
"""
KNOWN = {"queue.main", "counter.1"}
FAULTS = [  # what stands in line 9, and what is said of it
    ("{{ state('queue.main') }}", "9:16 automation \"A\": template: no such function 'state'. Did you mean 'states'?"),
    ("{{ tickt.number }}", "9:16 automation \"A\": template: no such variable 'tickt'."),
    ("{{ 1 | spokn }}", "9:20 automation \"A\": template: no such filter 'spokn'. Did you mean 'spoken'?"),
    ("{{ 1 is is_numbr }}", "9:21 automation \"A\": template: no such test 'is_numbr'. Did you mean 'is_number'?"),
    ("{{ states('queue.mian') }}", "9:24 automation \"A\": template: 'queue.mian' is not an entity here. Did you mean 'queue.main'?"),
    ("{{ states.queue.mian.state }}", "9:23 automation \"A\": template: 'queue.mian' is not an entity here. Did you mean 'queue.main'?"),
    ("{{ trigger.ticket.numbr }}", "9:31 automation \"A\": template: trigger.ticket has no 'numbr'. Did you mean 'number'?"),
    ("{{ trigger.event.data.ticket.quue }}", "9:42 automation \"A\": template: trigger.event.data.ticket has no 'quue'. Did you mean 'queue'?"),
    ("{{ queue('main').waitng }}", "9:30 automation \"A\": template: queue() has no 'waitng'. Did you mean 'waiting'?"),
    ("{{ counter('1').ticket.numer }}", "9:36 automation \"A\": template: counter().ticket has no 'numer'. Did you mean 'number'?"),
    ("{{ ticket('A1').ahed }}", "9:29 automation \"A\": template: ticket() has no 'ahed'. Did you mean 'ahead'?"),
    ("{{ area_entities('x') }}", "9:16 automation \"A\": template: 'area_entities' belongs to a home: a hall has no areas"),
    ("{{ 'x' | device_id }}", "9:22 automation \"A\": template: 'device_id' belongs to a home"),
    ("{{ distance('x') }}", "9:16 automation \"A\": template: 'distance' belongs to a home"),
    ("{% from 'tols.jinja' import m %}", "9:22 automation \"A\": template: there is no template file 'tols.jinja'. Did you mean 'tools.jinja'?"),
    ("{% from 'tools.jinja' import n %}", "9:42 automation \"A\": template: there is no 'n' in 'tools.jinja'. There are: lines, m."),
]  # fmt: skip


@pytest.fixture
def said(problems, tmp_path):
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "tools.jinja").write_text("{% macro m() %}1{% endmacro %}{% set lines = 3 %}", "utf-8")

    def ask(line):
        return problems(f"{HEAD}            {line}\n", KNOWN,
                        template_words=frozenset({"spoken", "queue", "counter", "ticket"}))  # fmt: skip

    return ask


@pytest.mark.parametrize(("line", "text"), FAULTS, ids=[line for line, _ in FAULTS])
def test_a_fault_is_told_at_its_word(said, line, text):
    found = said(line)
    assert len(found) == 1, found
    assert found[0].startswith(text)


RIGHT = [
    "{{ trigger.ticket.number }} {{ trigger.ticket.nothing | default('x') }}",
    "{% if trigger.ticket.nothing is defined %}x{% endif %}",
    "{{ queue('main').items() | list }} {{ queue('main').waiting }}",
    "{% set queue = {'mine': 1} %}{{ queue.mine }}",
    "{% from 'tools.jinja' import m, lines as l %}{{ m() }}{{ l }}",
    "{% include 'nothing.jinja' ignore missing %}",
    "{{ states(trigger.entity_id) }} {{ expand('queue.main') | map(attribute='state') | list }}",
]


@pytest.mark.parametrize("line", RIGHT)
def test_what_is_right_is_not_told(said, line):
    assert said(line) == []


def test_a_macro_file_is_checked_where_it_stands(problems, tmp_path):
    (tmp_path / "templates").mkdir()
    path = tmp_path / "templates" / "tools.jinja"
    path.write_text("{% macro m(x) %}\n  {{ x | spokn }}\n  {{ states('queue.mian') }}\n  {{ nofunc(1) }}{{ other }}\n"
                    "{% endmacro %}\n", "utf-8")  # fmt: skip
    found = problems(f"{HEAD}            x\n", KNOWN)
    assert sorted(found) == [
        "2:10 template: no such filter 'spokn'.",
        "3:14 template: 'queue.mian' is not an entity here. Did you mean 'queue.main'?",
        "4:6 template: no such function 'nofunc'.",
    ]
