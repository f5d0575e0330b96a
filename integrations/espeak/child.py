"""The child process that holds espeak-ng: text comes in, samples go out. It knows nothing of usher; stdlib only.

usage: child.py LIBRARY DATA. In: 4 bytes length (big endian), JSON {"id", "voice", "text", "rate", "pitch", "volume"}.
Out: 4 bytes length of the JSON, 4 bytes length of the samples, JSON {"id", "rate"} or {"id", "error"}, samples (16-bit
mono). The first frame out says {"id": 0, "rate", "version"}. It ends when its input does.
"""

import ctypes
import json
import os
import signal
import struct
import sys
from typing import Any, BinaryIO

SYNCHRONOUS = 2  # AUDIO_OUTPUT_SYNCHRONOUS: samples come by the callback, no sound card is touched
DONT_EXIT = 0x8000  # espeakINITIALIZE_DONT_EXIT
UTF8 = 1
RATE, VOLUME, PITCH = 1, 2, 3
LONGEST = 120  # seconds of one text
Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class Espeak:
    """espeak-ng, one text after the other."""

    def __init__(self, library: str, data: str) -> None:
        self._lib: Any = ctypes.CDLL(library)
        self._lib.espeak_Info.restype = ctypes.c_char_p
        self.rate: int = self._lib.espeak_Initialize(SYNCHRONOUS, 0, data.encode(), DONT_EXIT)
        if self.rate <= 0:
            raise RuntimeError(f"espeak-ng does not begin: {self.rate}")
        self._samples = bytearray()
        self._callback = Callback(self._hear)  # kept: ctypes would free it
        self._lib.espeak_SetSynthCallback(self._callback)

    @property
    def version(self) -> str:
        return str(self._lib.espeak_Info(None).decode())

    def _hear(self, wave: Any, count: int, events: Any) -> int:
        if wave and count > 0:
            self._samples += ctypes.string_at(wave, count * 2)
        return int(len(self._samples) > LONGEST * self.rate * 2)  # 1 stops it

    def speak(self, voice: str, text: str, rate: int, pitch: int, volume: int) -> bytes:
        if self._lib.espeak_SetVoiceByName(voice.encode()) != 0:
            raise ValueError(f"espeak-ng has no voice {voice!r}.")
        for parameter, value in ((RATE, rate), (PITCH, pitch), (VOLUME, volume)):
            self._lib.espeak_SetParameter(parameter, value, 0)
        self._samples.clear()
        body = text.replace("\0", " ").encode() + b"\0"
        code = self._lib.espeak_Synth(body, ctypes.c_size_t(len(body)), 0, 0, 0, UTF8, None, None)
        self._lib.espeak_Synchronize()
        if code != 0:
            raise ValueError(f"espeak-ng failed with {code}.")
        return bytes(self._samples)


def answer(out: BinaryIO, head: dict[str, Any], samples: bytes = b"") -> None:
    body = json.dumps(head).encode()
    out.write(struct.pack(">II", len(body), len(samples)) + body + samples)
    out.flush()


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's; it closes our input
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever the library prints must not stand between the frames
    espeak = Espeak(sys.argv[1], sys.argv[2])
    espeak.speak("en-us", "one", 150, 50, 100)  # its dictionaries are read at the first word
    answer(out, {"id": 0, "rate": espeak.rate, "version": espeak.version})
    read = sys.stdin.buffer.read
    while len(length := read(4)) == 4:
        asked = json.loads(read(struct.unpack(">I", length)[0]))
        try:
            samples = espeak.speak(asked["voice"], asked["text"], asked["rate"], asked["pitch"], asked["volume"])
        except ValueError as error:
            answer(out, {"id": asked["id"], "error": str(error)})
        else:
            answer(out, {"id": asked["id"], "rate": espeak.rate}, samples)


if __name__ == "__main__":
    main()
