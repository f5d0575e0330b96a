"""Finds font files that hold Chinese and Latin letters. Looks at names only, so that `usher check` needs no library."""

import os
from functools import lru_cache
from pathlib import Path
from typing import Final

NO_CHINESE: Final = (
    "no font with Chinese glyphs is installed, they would print as boxes. "
    "Run: apt install fonts-noto-cjk (or fonts-wqy-microhei), or name a file with  font: "
)
_CHINESE: Final = (  # best first: (regular, bold)
    ("NotoSansCJK-Regular.ttc", "NotoSansCJK-Bold.ttc"),
    ("NotoSansCJKsc-Regular.otf", "NotoSansCJKsc-Bold.otf"),
    ("NotoSansSC-Regular.otf", "NotoSansSC-Bold.otf"),
    ("SourceHanSansSC-Regular.otf", "SourceHanSansSC-Bold.otf"),
    ("SourceHanSansCN-Regular.otf", "SourceHanSansCN-Bold.otf"),
    ("wqy-microhei.ttc", None),
    ("wqy-zenhei.ttc", None),
    ("msyh.ttc", "msyhbd.ttc"),
    ("PingFang.ttc", None),
    ("DroidSansFallbackFull.ttf", None),
    ("DroidSansFallback.ttf", None),
)
_OTHERS: Final = (
    ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"),
    ("LiberationSans-Regular.ttf", "LiberationSans-Bold.ttf"),
    ("HanaMinB.ttf", None),  # rare characters
    ("unifont.ttf", None),
)


def folders() -> list[Path]:
    """Where this machine keeps its fonts."""
    home = Path.home()
    system = ("/usr/share/fonts", "/usr/local/share/fonts", "/System/Library/Fonts", "/Library/Fonts")
    windows = Path(os.environ.get("WINDIR", "C:/Windows")) / "Fonts"
    return [*map(Path, system), home / ".local/share/fonts", home / ".fonts", windows]


@lru_cache(maxsize=1)
def installed() -> dict[str, Path]:
    """Every font file here, by its name."""
    found: dict[str, Path] = {}
    for folder in folders():
        for root, _, names in os.walk(folder):
            for name in names:
                found.setdefault(name, Path(root) / name)
    return found


def chinese() -> Path | None:
    """The best font with Chinese glyphs, or None."""
    return next((installed()[regular] for regular, _ in _CHINESE if regular in installed()), None)


def chain(*, bold: bool) -> list[tuple[Path, bool]]:
    """Font files, best first, each with whether it is heavy by itself."""
    have = installed()
    files: list[tuple[Path, bool]] = []
    for regular, heavy in (*_CHINESE, *_OTHERS):
        if bold and heavy in have:
            files.append((have[heavy], True))
        elif regular in have:
            files.append((have[regular], False))
    return files
