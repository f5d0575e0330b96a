"""The real espeak-ng in its real child: what it speaks is measured, and it is killed."""

import asyncio
import os
import signal
import struct
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest
from usher.core.actions import Actions
from usher.core.bus import Bus
from usher.core.clock import SystemClock
from usher.core.devices.voices import setup_voices
from usher.core.devices.waves import Sound, loudness, read_wav
from usher.core.errors import ConnectionLost, Failed
from usher.core.integration import PLATFORMS, Kit, Platform, Rooms, Site
from usher.core.offers import Offers
from usher.core.states import States
from usher.core.supervisor import Supervisor
from usher.core.views import Views
from usher.integrations.espeak import INTEGRATION
from usher.integrations.espeak.client import installed, open_child, read_frame
from usher.integrations.espeak.config import EspeakVoice
from usher.integrations.espeak.languages import VOICES, voice_for


@pytest.fixture
def rooms(tmp_path):
    clock = SystemClock()
    bus = Bus(clock)
    site = Site("hall", "Hall", ("zh-CN", "en"), tmp_path, tmp_path / ".usher", "boot", "0")
    made = Rooms(site, clock, bus, States(bus, clock), Actions(), Offers(), Views(), None, None, None)
    supervisor = Supervisor(clock, lambda name, place: Kit(name, made, place))
    made.keep = supervisor.keep
    made.supervisor = supervisor
    return made


@asynccontextmanager
async def child(rooms, **config):
    kit = Kit("espeak", rooms)
    async with open_child(EspeakVoice(platform="espeak", id="espeak", **config), kit) as voice:
        yield voice
    await kit.close()


@asynccontextmanager
async def hall_with_a_voice(rooms):
    rooms.offers.add(PLATFORMS, "voice.espeak", Platform(EspeakVoice, INTEGRATION.platforms["voice"].open))
    kit = Kit("devices", rooms)
    async with setup_voices([EspeakVoice(platform="espeak", id="espeak")], kit) as voices:
        await rooms.supervisor.settled(15)
        yield voices
    await rooms.supervisor.close()
    await kit.close()


def pids() -> set[int]:
    return {p.pid for p in psutil.Process().children() if any("child.py" in part for part in p.cmdline())}


def spectrum(sound: Sound) -> list[float]:
    """How strong some frequencies are over time: enough to tell two utterances apart."""
    values = struct.unpack(f"<{len(sound.samples) // 2}h", sound.samples)
    step = len(values) // 20
    return [sum(abs(v) for v in values[i * step : (i + 1) * step]) / step for i in range(20)]


async def test_speaks_mandarin_cantonese_and_english(rooms):
    texts = {
        "zh-CN": "请A零三二号到二号窗口",
        "yue": "請A零三二號到二號窗口",
        "en": "Ticket A, zero, three, two, please go to window two.",
    }
    async with child(rooms) as voice:
        assert voice.version.startswith("1.5")
        sounds = {language: read_wav(await voice.speak(text, language)) for language, text in texts.items()}
    for language, sound in sounds.items():
        assert 1.0 < sound.seconds < 8.0, language
        assert loudness(sound) > 500, language
        assert sound.rate == 22050
    assert len({tuple(spectrum(sound)) for sound in sounds.values()}) == 3


async def test_mandarin_is_not_english_pinyin(rooms):
    """Debian's 1.51 spelt 号 in English letters ("hao four"): that takes much longer than a syllable."""
    async with child(rooms) as voice:
        one = read_wav(await voice.speak("号", "zh-CN"))
        ten = read_wav(await voice.speak("号" * 10, "zh-CN"))
    assert (ten.seconds - one.seconds) / 9 < 0.4  # seconds a syllable


async def test_rate_pitch_and_volume_are_obeyed(rooms):
    async def said(**config) -> Sound:
        async with child(rooms, **config) as voice:
            return read_wav(await voice.speak("Please go to window two.", "en"))

    plain = await said()
    assert (await said(rate=300)).seconds < plain.seconds * 0.75
    assert loudness(await said(volume=20)) < loudness(plain) * 0.5
    assert (await said(pitch=90)).samples != plain.samples


async def test_many_at_once_each_get_their_own(rooms):
    """Told apart by their lengths: espeak-ng itself never makes the very same samples twice."""
    async with child(rooms) as voice:
        texts = ["window " * n for n in (9, 1, 5, 2, 7, 3, 8, 4, 6, 10) * 4]
        sounds = [read_wav(wav) for wav in await asyncio.gather(*(voice.speak(text, "en") for text in texts))]
    by_length = sorted(range(40), key=lambda i: sounds[i].seconds)
    assert [len(texts[i]) for i in by_length] == sorted(map(len, texts))


async def test_what_it_cannot_speak_is_told_and_it_lives_on(rooms):
    async with child(rooms, variants={"en": "no-such-voice"}) as voice:
        with pytest.raises(Failed, match="no-such-voice"):
            await voice.speak("hello", "en")
        with pytest.raises(Failed, match="tlh"):
            await voice.speak("nuqneH", "tlh")
        for hostile in ("\0\0", "<speak><break time='1h'/>", "[[_^_]]", "\ud83d\ude00 𠮷 \u202e", "a" * 1000):
            assert isinstance(await _either(voice.speak(hostile, "zh-CN")), (bytes, Failed))
        assert read_wav(await voice.speak("还在", "zh-CN")).seconds > 0.3


async def _either(speaking):
    try:
        return await speaking
    except Failed as error:
        return error


async def test_a_child_that_is_killed_is_started_again(rooms):
    async with hall_with_a_voice(rooms) as voices:
        before = pids()
        await voices.phrase("hello", "en")
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        sound = await asyncio.wait_for(voices.phrase("and hello again", "en"), 15)  # waits for the new one
        assert sound.seconds > 0.5
        assert rooms.states.get("voice.espeak").value == "ready"
        assert len(pids()) == 1
        assert pids().isdisjoint(before)
    assert pids() == set()


async def test_a_child_that_hangs_is_lost_and_killed(rooms, monkeypatch):
    monkeypatch.setattr("usher.integrations.espeak.client.SPEAK_LIMIT", 0.3)
    monkeypatch.setattr("usher.integrations.espeak.client.END_LIMIT", 0.3)
    async with child(rooms) as voice:
        os.kill(voice.pid, signal.SIGSTOP)
        with pytest.raises(ConnectionLost, match="did not answer"):
            await voice.speak("hello", "en")
    assert pids() == set()


async def test_who_waits_when_the_child_dies_is_told(rooms):
    kit = Kit("espeak", rooms)
    async with open_child(EspeakVoice(platform="espeak", id="espeak"), kit) as voice:
        os.kill(voice.pid, signal.SIGSTOP)
        asked = [asyncio.ensure_future(voice.speak("hello", "en")) for _ in range(3)]
        await asyncio.sleep(0.1)
        os.kill(voice.pid, signal.SIGKILL)
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
        assert all(isinstance(one, ConnectionLost) for one in outcomes)
        with pytest.raises(ConnectionLost):
            await asyncio.wait_for(kit.failed(), 5)  # so the supervisor hears of it
    await kit.close()


async def test_the_child_ends_with_its_parent(tmp_path):
    """Its input is a pipe of the engine's: a kill -9 of the engine closes it."""
    library, data = installed()
    script = Path(__file__).parents[3] / "integrations/espeak/child.py"
    parent = (
        "import subprocess, sys, time\n"
        f"p = subprocess.Popen([sys.executable, '-I', '-S', {str(script)!r}, {str(library)!r}, {str(data)!r}],"
        " stdin=subprocess.PIPE, stdout=subprocess.PIPE)\n"
        "p.stdout.read(8); print(p.pid, flush=True); time.sleep(60)"
    )
    started = subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE)  # noqa: ASYNC220
    pid = int(await asyncio.to_thread(started.stdout.readline))
    started.kill()
    started.wait()
    started.stdout.close()
    async with asyncio.timeout(10):
        while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


def test_the_languages_promised_are_those_it_has():
    """Each tag's voice is a file of the installed data."""
    _, data = installed()
    had = set()
    for file in (data / "lang").rglob("*"):
        if file.is_file():
            had |= {line.split()[1].lower() for line in file.read_text().splitlines() if line.startswith("language")}
    assert {voice for voice in VOICES.values() if voice not in had} == set()
    assert voice_for("zh-CN") == "cmn"
    assert voice_for("zh-HK") == "yue"
    assert voice_for("en-ZA") == "en-us"
    assert voice_for("tlh") is None


def test_nothing_of_espeak_is_imported_by_the_engine():
    code = (
        "import sys; from usher.integrations.espeak import client, INTEGRATION; client.installed();"
        "sys.exit(any(n.startswith(('espeakng', 'piper')) for n in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


async def test_garbage_from_a_child_is_no_answer(rooms):
    for garbage in (b"\xff" * 64, b"\0\0\0\2\0\0\0\0no", struct.pack(">II", 2, 1 << 30) + b"{}"):
        pipe = asyncio.StreamReader()
        pipe.feed_data(garbage)
        pipe.feed_eof()
        with pytest.raises((ValueError, asyncio.IncompleteReadError)):
            await read_frame(pipe)
