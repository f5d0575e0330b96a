"""The hall in templates: queues, counters, tickets and visitors, public, and followed when they change."""

import pytest
from usher.core.clock import HandClock
from usher.core.errors import TemplateError
from usher.core.offers import RENDER, TRACK
from usher.core.testing import branch

YAML = """
usher: {name: Here, languages: [zh-CN, en]}
queue:
  personal: {name: {en: Personal banking, zh-CN: 个人业务}, prefix: A, digits: 3}
  cash: {name: Cash, prefix: C}
counter:
  "1": {name: Window 1, serves: [{queue: personal}]}
"""


class Asking:
    def __init__(self, hall):
        self.hall = hall
        self.told = []

    def render(self, text, **names):
        return self.hall.engine.offers.get(RENDER, "render")(text, names)

    def follow(self, text):
        return self.hall.engine.offers.get(TRACK, "track")(text, {}, lambda result, event: self.told.append(result))


@pytest.fixture
async def asking(tmp_path):
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        yield Asking(hall)


async def test_a_queue_and_a_counter(asking):
    call = asking.hall.act
    assert asking.render("{{ queue('personal').waiting }} {{ counter('1').state }}") == "0 closed"
    await call("queue.issue", queue="personal")
    await call("counter.sign_in", counter="1", staff="Li")
    assert asking.render("{{ queue('personal').waiting }}") == 1
    assert asking.render("{{ queue('queue.personal').name | translate('zh-CN') }}") == "个人业务"
    assert asking.render("{{ queue('personal').next }} {{ queue('cash').id }}") == "A002 cash"
    assert asking.render("{{ counter('1').ticket is none }}") is True
    await call("counter.call_next", counter="1")
    assert (
        asking.render("{{ counter('1').ticket.number }} {{ counter('1').number | spoken }}")
        == "A001 A, zero, zero, one"
    )
    assert asking.render("{{ counter(1).serves }} {{ counter(1).name }}") == "['personal'] Window 1"
    with pytest.raises(TemplateError, match=r"there is no queue 'persnal'. Did you mean 'personal'\?"):
        asking.render("{{ queue('persnal').waiting }}")
    with pytest.raises(TemplateError, match=r"there is no counter '9'\. There are: 1"):
        asking.render("{{ counter(9).state }}")
    with pytest.raises(TemplateError, match="there is no 'waitng' in it"):
        asking.render("{{ queue('personal').waitng }}")


async def test_a_ticket_and_its_visitor(asking):
    call = asking.hall.act
    first = await call("queue.issue", queue="personal", name="张小三", phone="13800000000", language="zh-CN")
    await call("queue.issue", queue="personal")
    assert asking.render("{{ ticket('a002').ahead }} {{ ticket('A002').queue_name.en }}") == "1 Personal banking"
    assert asking.render("{{ ticket(t).number }} {{ ticket(t).state }}", t=first["ticket"]["id"]) == "A001 waiting"
    assert asking.render("{{ ticket('Z9') is none }}") is True
    assert asking.render("{{ visitor('A001').name }} {{ visitor('A001').language }}") == "张*三 zh-CN"
    assert asking.render("{{ visitor('A002').name is none and visitor('Z9') is none }}") is True
    everything = str(asking.render("{{ ticket('A001') }} {{ visitor('A001') }} {{ queue('personal') }}"))
    assert "张小三" not in everything
    assert "13800000000" not in everything


async def test_they_are_followed(asking):
    call = asking.hall.act
    asking.follow("{{ queue('personal').waiting }}{{ ' ' ~ ticket('A001').state if ticket('A001') }}")
    one = asking.follow("{{ counter('1').number }}")
    assert one.listeners == {"all": False, "domains": [], "entities": ["counter.1"], "time": False}
    await call("queue.issue", queue="personal")
    await call("counter.sign_in", counter="1", staff="Li")
    await call("counter.call_next", counter="1")
    assert asking.told[-1] == "0 called"
    assert "A001" in asking.told
    await call("counter.start", counter="1")
    assert asking.told[-1] == "0 serving"  # no entity tells that, the ticket's own event does


async def test_a_reload_takes_changed_macro_files(tmp_path):
    (tmp_path / "templates").mkdir()
    file = tmp_path / "templates" / "tools.jinja"
    file.write_text("{% macro one() %}1{% endmacro %}", "utf-8")
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        asking = Asking(hall)
        text = "{% from 'tools.jinja' import one %}{{ one() }}"
        followed = asking.follow(text)
        assert asking.render(text) == followed.result == 1
        file.write_text("{% macro one() %}2{% endmacro %}", "utf-8")
        await hall.reload()
        assert asking.render(text) == 2
        assert asking.told == [2]
