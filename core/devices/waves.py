"""Sound as 16-bit mono samples: read and write WAV, cut the silence at its ends, join pieces without clicks, the chime.

Stdlib only. An announcement is a few hundred thousand samples; what must touch each of them is run in a thread.
"""

import io
import math
import struct
import sys
import wave
from array import array
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from ..frozen import frozen

QUIET: Final = 200  # of 32767: softer than this at an end is silence
FADE: Final = 0.005  # seconds in which a piece swells and dies away, so that no edge clicks
HEADER: Final = 44


@frozen
class Sound:
    """Samples (signed 16-bit little endian, one channel) and how many of them make a second."""

    rate: int
    samples: bytes

    @property
    def seconds(self) -> float:
        return len(self.samples) / 2 / self.rate


def read_wav(body: bytes) -> Sound:
    """The sound of a WAV file; raises ValueError unless it is whole, 16-bit and mono."""
    try:
        with wave.open(io.BytesIO(body)) as file:
            if (file.getnchannels(), file.getsampwidth()) != (1, 2):
                raise ValueError("This sound is not 16-bit mono.")
            samples, rate = file.readframes(file.getnframes()), file.getframerate()
            if len(samples) != file.getnframes() * 2 or not rate:
                raise ValueError("This sound is cut off.")
    except (wave.Error, EOFError, struct.error) as error:
        raise ValueError(f"This is not a WAV file: {error}") from error
    return Sound(rate, samples)


def write_wav(sound: Sound) -> bytes:
    """A WAV file."""
    size = len(sound.samples)
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", size + HEADER - 8, b"WAVE", b"fmt ", 16, 1, 1, sound.rate,
                       sound.rate * 2, 2, 16, b"data", size)  # fmt: skip
    return head + sound.samples


def silence(seconds: float, rate: int) -> Sound:
    return Sound(rate, bytes(2 * round(seconds * rate)))


def trim(sound: Sound, keep: float = 0.02) -> Sound:
    """Cut the silence at both ends to `keep` seconds, and let what is heard swell and die away."""
    samples = _array(sound.samples)
    first = next((i for i, s in enumerate(samples) if abs(s) > QUIET), None)
    if first is None:
        return Sound(sound.rate, b"")
    last = next(i for i in range(len(samples) - 1, -1, -1) if abs(samples[i]) > QUIET)
    ramp = min(round(FADE * sound.rate), (last - first) // 2)
    for i in range(ramp):
        samples[first + i] = samples[first + i] * i // ramp
        samples[last - i] = samples[last - i] * i // ramp
    spare = array("h", bytes(2 * round(keep * sound.rate)))
    return Sound(sound.rate, _bytes(spare + samples[first : last + 1] + spare))


def resample(sound: Sound, rate: int) -> Sound:
    """The same sound at another rate, by straight lines between samples: good enough for speech."""
    if rate == sound.rate:
        return sound
    if not sound.samples:
        return Sound(rate, sound.samples)
    source = _array(sound.samples)
    count, last, step = round(len(source) * rate / sound.rate), len(source) - 1, sound.rate / rate
    made = array("h", bytes(2 * count))
    for i in range(count):
        place = min(i * step, last)
        left = int(place)
        right = min(left + 1, last)
        made[i] = round(source[left] + (source[right] - source[left]) * (place - left))
    return Sound(rate, _bytes(made))


def join(sounds: Sequence[Sound], gap: float) -> Sound:
    """One after the other with `gap` seconds of silence between, at the highest of their rates."""
    rate = max(s.rate for s in sounds)
    between = silence(gap, rate).samples
    return Sound(rate, between.join(resample(s, rate).samples for s in sounds))


@lru_cache(maxsize=8)
def chime(rate: int) -> Sound:
    """Ding-dong: two struck bars a third apart (E5, C5), 1.1 s, dying away to nothing."""
    made = [0.0] * round(1.1 * rate)
    for pitch, at in ((659.26, 0.0), (523.25, 0.42)):
        _strike(made, round(at * rate), rate, pitch, 9000, 5)
        _strike(made, round(at * rate), rate, 2.76 * pitch, 3000, 14)  # a bar's first overtone
    ramp = round(0.03 * rate)
    for i in range(ramp):
        made[-1 - i] *= i / ramp
    return Sound(rate, _bytes(array("h", [round(max(-32767.0, min(32767.0, sample))) for sample in made])))


def _strike(into: list[float], begin: int, rate: int, pitch: float, level: float, decay: float) -> None:
    """Add a tone that dies away by e in 1/`decay` s: a resonator, two multiplications a sample."""
    turn, fall = 2 * math.pi * pitch / rate, math.exp(-decay / rate)
    back, further = 2 * fall * math.cos(turn), fall * fall
    before, now = 0.0, level * math.sin(turn) * fall
    for i in range(begin + 1, len(into)):
        into[i] += now
        before, now = now, back * now - further * before


def loudness(sound: Sound) -> float:
    """Root mean square of the samples: 0 is silence, 32767 the loudest."""
    samples = _array(sound.samples)
    return math.sqrt(sum(s * s for s in samples) / len(samples)) if samples else 0.0


def _array(samples: bytes) -> "array[int]":
    made = array("h")
    made.frombytes(samples)
    if sys.byteorder == "big":
        made.byteswap()
    return made


def _bytes(samples: "array[int]") -> bytes:
    if sys.byteorder == "big":
        samples = array("h", samples)
        samples.byteswap()
    return samples.tobytes()
