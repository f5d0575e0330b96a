"""Finds letters on paper without reading them: the same letters, set in the same type, dot for dot."""

from PIL import Image, ImageChops


def shows(paper: Image.Image, picture: Image.Image) -> bool:
    """Whether the ink of a picture stands somewhere on the paper, with no other ink among it."""
    box = ImageChops.invert(picture.convert("L")).getbbox()
    if box is None:
        raise ValueError("there is no ink in the picture to look for")
    ink = picture.crop(box)
    wanted, have = _rows(ink), _rows(paper)
    mask = (1 << ink.width) - 1
    for y in range(paper.height - ink.height + 1):
        for shift in range(paper.width - ink.width + 1):
            if (have[y] >> shift) & mask == wanted[0] and all(
                (have[y + n] >> shift) & mask == row for n, row in enumerate(wanted)
            ):
                return True
    return False


def _rows(image: Image.Image) -> list[int]:
    """Each row of dots as a number, ink as ones."""
    data, step = image.convert("1").tobytes(), (image.width + 7) // 8
    spare, full = step * 8 - image.width, (1 << image.width) - 1
    return [~(int.from_bytes(data[y * step : (y + 1) * step]) >> spare) & full for y in range(image.height)]
