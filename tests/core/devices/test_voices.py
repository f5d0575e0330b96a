"""Voices: fallback, the phrases spoken before, and one synthesis for all who ask at once."""

import asyncio
import math
import struct
from contextlib import asynccontextmanager

import pytest
from usher.core.devices.phrases import Phrases
from usher.core.devices.voices import VoiceItem, has, setup_voices
from usher.core.devices.waves import Sound, write_wav
from usher.core.errors import ConnectionLost, Failed


def wav(seconds: float) -> bytes:
    count = round(seconds * 16000)
    return write_wav(Sound(16000, struct.pack(f"<{count}h", *(round(9000 * math.sin(i / 8)) for i in range(count)))))


class Throats:
    """A platform of voices: each text is a tone as long as its letters; `broken` and `silent` by id."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str, str]] = []
        self.broken: set[str] = set()
        self.mute: set[str] = set()
        self.gate: asyncio.Event | None = None

    @asynccontextmanager
    async def open(self, item, kit):
        throats = self

        class Throat:
            languages = frozenset({"zh-cn", "yue"} if item.id == "chinese" else {"en"})

            async def speak(self, text: str, language: str) -> bytes:
                throats.said.append((item.id, language, text))
                if throats.gate is not None:
                    await throats.gate.wait()
                if item.id in throats.broken:
                    raise ConnectionLost("the process ended.")
                return write_wav(Sound(16000, bytes(3200))) if item.id in throats.mute else wav(len(text) / 10)

        yield Throat()


@asynccontextmanager
async def speaking(h, *ids: str):
    throats = Throats()
    h.platform("voice.test", VoiceItem, throats.open)
    kit = h.kit()
    async with setup_voices([VoiceItem(platform="test", id=one) for one in ids], kit) as voices:
        await asyncio.sleep(0)
        await h.supervisor.settled(5)
        yield voices, throats
    await kit.close()


async def test_a_phrase_is_spoken_once_and_then_known(house):
    async with house(hand=False) as h, speaking(h, "english") as (voices, throats):
        first = await voices.phrase("window one", "en")
        assert first.seconds == pytest.approx(1.0, abs=0.1)
        assert await voices.phrase("window one", "en") == first
        assert len(throats.said) == 1
        async with asyncio.timeout(30):  # it is spoken at once and kept by and by
            while not (files := list((h.site.data / "speech").glob("*.wav"))):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert len(files) == 1
    async with house(hand=False) as again, speaking(again, "english") as (voices, throats):
        assert await voices.phrase("window one", "en") == first  # over a restart
        assert throats.said == []


async def test_who_asks_at_the_same_time_shares_one_synthesis(house):
    async with house(hand=False) as h, speaking(h, "english") as (voices, throats):
        throats.gate = asyncio.Event()
        asked = [asyncio.ensure_future(voices.phrase("the same", "en")) for _ in range(20)]
        await asyncio.sleep(0.05)
        asked.pop().cancel()  # one goes away; the others still get it
        throats.gate.set()
        sounds = await asyncio.gather(*asked)
        assert len(throats.said) == 1
        assert len(set(map(id, sounds))) == 1


async def test_languages_go_to_a_voice_that_has_them_the_wanted_first(house):
    async with house(hand=False) as h, speaking(h, "chinese", "english", "second") as (voices, throats):
        await voices.phrase("hello", "en")
        await voices.phrase("hello again", "en", ["second"])
        await voices.phrase("你好", "zh-CN", ["english"])  # which does not have it
        assert [voice for voice, *_ in throats.said] == ["english", "second", "chinese"]
        with pytest.raises(Failed) as failed:
            await voices.phrase("hallo", "de")
        assert failed.value.code == "no_voice"
        assert "de" in failed.value.say("zh-CN")


async def test_a_broken_voice_is_passed_over(house):
    async with house(hand=False) as h, speaking(h, "english", "second") as (voices, throats):
        throats.broken.add("english")
        await voices.phrase("hello", "en")
        assert [voice for voice, *_ in throats.said] == ["english", "second"]
        throats.broken.clear()
        throats.mute.add("english")  # silence is no speech
        await voices.phrase("hello you", "en")
        assert throats.said[-1][0] == "second"


async def test_a_voice_that_ends_while_it_speaks_is_waited_for(house):
    async with house(hand=False) as h, speaking(h, "english") as (voices, throats):
        throats.broken.add("english")
        asked = asyncio.ensure_future(voices.phrase("hello", "en"))
        await asyncio.sleep(0.1)
        assert h.value("voice.english") == "offline"
        throats.broken.clear()
        assert (await asyncio.wait_for(asked, 10)).seconds > 0.3
        assert h.value("voice.english") == "ready"


async def test_phrases_are_bounded_and_the_least_used_give_way(tmp_path):
    phrases = Phrases(tmp_path, memory=40_000, disk=40_000)
    await phrases.open()
    for n in range(8):
        await phrases.put(f"k{n}", Sound(16000, bytes([1, n]) * 4000))
        await phrases.get("k0")
    kept = {file.stem for file in tmp_path.glob("*.wav")}
    assert "k7" in kept
    assert 3 <= len(kept) <= 5
    assert sum(file.stat().st_size for file in tmp_path.glob("*.wav")) < 41_000
    assert await phrases.get("k0") is not None  # used all along
    await phrases.put("huge", Sound(16000, bytes(100_000)))
    assert await phrases.get("huge") is None


async def test_a_damaged_file_is_spoken_anew(tmp_path):
    phrases = Phrases(tmp_path)
    await phrases.open()
    await phrases.put("k", Sound(16000, bytes([1, 2]) * 4000))
    file = tmp_path / "k.wav"
    file.write_bytes(file.read_bytes()[:1000])
    fresh = Phrases(tmp_path)
    await fresh.open()
    assert await fresh.get("k") is None
    assert not file.exists()


async def test_a_folder_that_cannot_be_written_costs_nothing_but_the_memory(tmp_path, caplog):
    (tmp_path / "speech").write_text("a file where a folder should be")
    phrases = Phrases(tmp_path / "speech")
    await phrases.open()
    await phrases.put("k", Sound(16000, bytes([1, 2]) * 400))
    assert await phrases.get("k") is not None
    assert "speech" in caplog.text


def test_a_language_without_its_region_serves():
    assert has({"en"}, "en-AU")
    assert has({"zh-cn"}, "zh-CN")
    assert has({"zh-cn"}, "zh")
    assert not has({"en-us"}, "en-GB")
    assert not has({"yue"}, "zh-CN")
