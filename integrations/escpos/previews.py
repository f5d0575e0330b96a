"""Writes the PNG of each ticket beside its bytes, and keeps the last ones only."""

from pathlib import Path
from typing import Final

from PIL import Image

KEPT: Final = 200


class Previews:
    """One printer's folder of PNGs, named by the job: `<job>.png`, so that they sort by time."""

    def __init__(self, folder: Path, kept: int = KEPT) -> None:
        self._folder, self._kept = folder, kept

    def write(self, job: str, image: Image.Image) -> Path:
        """Write one; whoever looks never sees half of it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        file = self._folder / f"{job}.png"
        unfinished = file.with_suffix(".part")
        image.save(unfinished, "PNG")
        unfinished.replace(file)
        for old in sorted(self._folder.glob("*.png"))[: -self._kept]:
            old.unlink(missing_ok=True)
        return file
