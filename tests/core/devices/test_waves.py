"""Sound joined without clicks: measured on the samples."""

import itertools
import math
import struct

import pytest
from usher.core.devices.waves import Sound, chime, join, loudness, read_wav, resample, trim, write_wav


def tone(seconds: float, rate: int = 22050, pitch: float = 440.0, level: int = 12000) -> Sound:
    count = round(seconds * rate)
    samples = [round(level * math.sin(2 * math.pi * pitch * i / rate)) for i in range(count)]
    return Sound(rate, struct.pack(f"<{count}h", *samples))


def steps(sound: Sound) -> int:
    """The largest jump from one sample to the next, the edges to silence included."""
    values = (0, *struct.unpack(f"<{len(sound.samples) // 2}h", sound.samples), 0)
    return max(abs(b - a) for a, b in itertools.pairwise(values))


def crossings(sound: Sound) -> int:
    values = struct.unpack(f"<{len(sound.samples) // 2}h", sound.samples)
    return sum(a < 0 <= b for a, b in itertools.pairwise(values))


def test_a_wav_is_read_as_it_was_written():
    sound = tone(0.3)
    assert read_wav(write_wav(sound)) == sound
    assert sound.seconds == pytest.approx(0.3, abs=0.001)


@pytest.mark.parametrize("body", [b"", b"RIFF", b"nonsense" * 20, write_wav(tone(0.1))[:-50]])
def test_what_is_no_whole_wav_is_refused(body):
    with pytest.raises(ValueError):
        read_wav(body)


def test_silence_is_cut_from_the_ends_and_the_edges_do_not_click():
    swing = tone(0.4).samples[:-8]  # ends at 7000, not at 0
    cut = trim(Sound(22050, bytes(22050) + swing + bytes(44100)))
    assert cut.seconds == pytest.approx(0.44, abs=0.02)
    assert steps(cut) <= steps(tone(0.4)) + 100
    assert trim(Sound(22050, bytes(1000))).samples == b""


def test_joined_pieces_have_their_gaps_and_no_clicks():
    pieces = [trim(tone(0.3, pitch=p)) for p in (300, 500, 700)]
    whole = join(pieces, 0.25)
    assert whole.seconds == pytest.approx(sum(p.seconds for p in pieces) + 0.5, abs=0.01)
    assert steps(whole) <= max(steps(p) for p in pieces)


def test_other_rates_are_brought_to_the_highest_at_the_same_pitch():
    low = tone(1.0, rate=16000, pitch=440)
    whole = join([low, tone(0.5)], 0.0)
    assert whole.rate == 22050
    assert whole.seconds == pytest.approx(1.5, abs=0.01)
    assert crossings(resample(low, 22050)) == pytest.approx(440, abs=2)


def test_the_chime_is_heard_and_dies_away():
    sound = chime(22050)
    assert 0.8 < sound.seconds < 1.5
    assert loudness(sound) > 1000
    assert steps(sound) < 6000
    tail = Sound(22050, sound.samples[-400:])
    assert loudness(tail) < 200
