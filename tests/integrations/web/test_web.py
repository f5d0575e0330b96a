"""The browser's display and speaker: the view is the contract with the page."""

from contextlib import asynccontextmanager

import orjson
import pytest
from usher.core.actions import Actions, Call
from usher.core.bus import Bus
from usher.core.clock import HandClock
from usher.core.config import Configuration
from usher.core.devices import DEVICES
from usher.core.devices.clips import Clip
from usher.core.devices.displays import setup_displays
from usher.core.devices.waves import Sound
from usher.core.hall import HALL
from usher.core.integration import PLATFORMS, Kit, Rooms, Site
from usher.core.offers import Offers
from usher.core.states import States
from usher.core.supervisor import Supervisor
from usher.core.views import Views
from usher.integrations.web import INTEGRATION
from usher.integrations.web.config import WebDisplay, WebSpeaker
from usher.integrations.web.sound import open_sound

SITE = {"en": "Riverside", "zh-CN": "江畔"}


@asynccontextmanager
async def screens(tmp_path, *items: WebDisplay):
    clock = HandClock()
    bus = Bus(clock)
    site = Site("hall", SITE, ("zh-CN", "en"), tmp_path, tmp_path / ".usher", "boot", "0")
    rooms = Rooms(site, clock, bus, States(bus, clock), Actions(), Offers(), Views(), None, None, None)
    supervisor = Supervisor(clock, lambda name, place: Kit(name, rooms, place))
    rooms.keep = supervisor.keep
    rooms.offers.add(PLATFORMS, "display.web", INTEGRATION.platforms["display"])
    kit = Kit("devices", rooms)
    async with setup_displays(items, kit):
        await clock.turn(0)
        yield rooms, kit
    await supervisor.close()
    await kit.close()
    assert rooms.views.all() == []


def doc(rooms, name: str) -> dict:
    return orjson.loads(rooms.views.get(f"display/{name}").read().body)


def clip(rooms, name: str, seconds: float = 4.0) -> Clip:
    now = rooms.clock.now()
    return Clip(name, "f" * 40, Sound(8000, bytes(2 * round(8000 * seconds))), 0.7, now, now + min(5, seconds))


async def test_the_document_is_what_the_page_expects(tmp_path):
    item = WebDisplay(
        platform="web", id="hall", name={"en": "Hall", "zh-CN": "大厅"}, size={"diagonal_in": 55, "view_distance_m": 8}
    )
    async with screens(tmp_path, item) as (rooms, _):
        view = rooms.views.get("display/hall")
        assert (view.path, view.page, view.scopes) == ("/display/hall", "hall", ("view:display/hall",))
        ticket = {"id": "t1", "number": "A012", "queue": "main", "state": "called", "calls": 1, "counter": "1",
                  "times": {"called": 100.0}}  # fmt: skip
        rooms.states.set("queue.main", 1, {"name": {"en": "Main", "zh-CN": "主队列"}})
        rooms.states.set("counter.1", "calling", {"name": {"en": "Window 1", "zh-CN": "1号窗口"}, "ticket": ticket})
        rooms.states.set("counter.2", "paused", {"name": "Window 2", "ticket": None, "pause_reason": "lunch"})
        await rooms.actions.call("display.show", {"display": "hall", "text": SITE, "seconds": 60}, Call())
        await rooms.clock.turn(0)
        shown = doc(rooms, "hall")
        assert shown["site"] == {"name": SITE, "languages": ["zh-CN", "en"], "time_zone": "UTC"}
        assert shown["title"] == {"en": "Hall", "zh-CN": "大厅"}
        assert shown["size"] == {"diagonal_in": 55, "view_distance_m": 8, "mount": "overhead", "rows": 3}
        assert shown["now"] == {"time": rooms.clock.now()}
        assert shown["calls"] == [{
            "number": "A012", "counter": "1", "counter_name": {"en": "Window 1", "zh-CN": "1号窗口"}, "queue": "main",
            "queue_name": {"en": "Main", "zh-CN": "主队列"}, "calls": 1, "at": 100.0, "state": "called",
            "ticket_id": "t1"}]  # fmt: skip
        assert shown["paused"] == [{"counter": "2", "counter_name": "Window 2", "reason": "lunch"}]
        assert shown["message"] == {"text": SITE, "until": rooms.clock.now() + 60}
        assert (shown["say"], shown["volume"], shown["recent"]) == ([], 1.0, [])


async def test_who_looks_is_pushed_one_frame_a_change(tmp_path):
    async with screens(tmp_path, WebDisplay(platform="web", id="hall")) as (rooms, _):
        view, frames = rooms.views.get("display/hall"), []
        view.read()
        stop = view.subscribe(frames.append)
        for n in range(5):  # in one turn
            rooms.states.set(f"counter.{n}", "paused", {"name": str(n), "ticket": None})
        await rooms.clock.turn(1)
        assert len(frames) == 1
        assert len(orjson.loads(frames[0].body)["paused"]) == 5
        stop()


async def test_sound_is_put_into_its_displays_and_goes_when_it_is_over(tmp_path):
    async with screens(tmp_path, WebDisplay(platform="web", id="hall"), WebDisplay(platform="web", id="upstairs")) as (
        rooms,
        _,
    ):
        kit = Kit("speaker.hall", rooms)
        async with open_sound(WebSpeaker(platform="web", id="hall", display="display.hall", volume=0.5), kit) as sound:
            before = rooms.views.get("display/hall").read().seq
            await sound.play(clip(rooms, "a"))
            shown = doc(rooms, "hall")
            assert shown["say"] == [{
                "id": "a", "at": rooms.clock.now(), "url": "/api/usher/blob/speech/" + "f" * 40, "chime": False,
                "expires": rooms.clock.now() + 4, "seconds": 4.0, "volume": 0.7}]  # fmt: skip
            assert shown["volume"] == 0.5
            assert doc(rooms, "upstairs")["say"] == []
            assert rooms.views.get("display/hall").read().seq > before
            await rooms.clock.turn(7.9)
            assert len(doc(rooms, "hall")["say"]) == 1  # a page that began late is not cut off
            await rooms.clock.turn(0.2)
            assert doc(rooms, "hall")["say"] == []
            await sound.play(clip(rooms, "b", 30))
            await rooms.clock.turn(6)
            late = doc(rooms, "hall")  # a page opened now learns that it may not begin any more
            assert late["say"][0]["expires"] < late["now"]["time"]
            await sound.stop()
            assert doc(rooms, "hall")["say"] == []
            await sound.play(clip(rooms, "c"))
        await kit.close()
        assert doc(rooms, "hall")["say"] == []
        await rooms.clock.turn(60)  # no timer is left behind


async def test_a_screen_without_a_speaker_and_a_speaker_without_its_screen_harm_nobody(tmp_path):
    async with screens(tmp_path, WebDisplay(platform="web", id="hall")) as (rooms, _):
        kit = Kit("speaker.x", rooms)
        async with open_sound(WebSpeaker(platform="web", id="x", display="display.gone"), kit) as sound:
            await sound.play(clip(rooms, "a"))
            assert doc(rooms, "hall")["say"] == []
        await kit.close()


def checked(tmp_path, text: str) -> list[str]:
    (tmp_path / "configuration.yaml").write_text(text)
    found = Configuration.read(tmp_path, (HALL, DEVICES), always=())
    return [f"{p.place.line if p.place else '-'} {p.severity} {p.text}" for p in found.problems]


GOOD = """\
usher: {languages: [zh-CN, en]}
counter:
  "1": {name: Window 1, serves: [{queue: main}]}
queue:
  main: {name: Main, prefix: A}
display:
  - {platform: web, id: hall, counters: all, size: {diagonal_in: 55, view_distance_m: 8}}
speaker:
  - {platform: web, id: hall, display: display.hall, voices: {zh-CN: [espeak], en: espeak}}
voice:
  - {platform: espeak, id: espeak}
"""


def test_a_good_configuration_says_nothing(tmp_path):
    assert checked(tmp_path, GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("id: hall, counters: all", "id: hall, counters: [9]", 7, "there is no counter called '9'"),
        ("id: hall, counters: all", "id: hall, counter: 1, queues: [mian]", 7, "Did you mean 'main'?"),
        ("view_distance_m: 8", "view_distance_m: far", 7, "far"),
        ("view_distance_m: 8}", "view_distance_m: 8}, rows: 9", 7, "only 3 rows can be read"),
        ("display: display.hall", "display: display.hull", 9, "Did you mean 'hall'?"),
        ("display: display.hall", "display: speaker.hall", 9, "is not a display"),
        ("en: espeak}", "en: [espaek]}", 9, "Did you mean 'espeak'?"),
        ("en: espeak}", "tlh: espeak}", 9, "voice.espeak does not speak tlh"),
        ("[zh-CN, en]", "[zh-CN, tlh]", 9, "no voice here speaks tlh"),
        ("voices:", "languages: [en, tlh], voices:", 9, "no voice here speaks tlh"),
        ("platform: espeak", "platform: epseak", 11, "Did you mean 'espeak'?"),
        ("id: espeak}", "id: espeak, rate: 5000}", 11, "5000"),
        ("id: espeak}", "id: espeak, sped: 50}", 11, "there is no key 'sped'"),
    ],
)
def test_a_fault_is_told_with_its_line_and_mend(tmp_path, old, new, line, said):
    assert old in GOOD
    problems = checked(tmp_path, GOOD.replace(old, new))
    assert any(p.startswith(f"{line} ") and said in p for p in problems), problems


def test_a_speaker_without_any_voice_is_told(tmp_path):
    text = GOOD[: GOOD.index("voice:\n")].replace(", voices: {zh-CN: [espeak], en: espeak}", "")
    assert any("has no voice" in p and "platform: espeak" in p for p in checked(tmp_path, text))
