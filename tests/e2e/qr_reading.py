"""Reads a QR code out of a picture (ISO/IEC 18004, versions 1 to 8): the hall draws them with other people's code.

The picture stands upright and is clean, as a preview or a screenshot is; errors are not corrected, so one wrong dot fails.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from PIL import Image

Grid = list[list[bool]]  # rows of modules, dark is True
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
LEVELS = {0b01: "L", 0b00: "M"}
# codewords of data in each block, by version
BLOCKS = {
    "L": [[19], [34], [55], [80], [108], [68] * 2, [78] * 2, [97] * 2],
    "M": [[16], [28], [44], [32] * 2, [43] * 2, [27] * 4, [31] * 4, [38] * 2 + [39] * 2],
}
MASKS = (
    lambda r, c: (r + c) % 2 == 0,
    lambda r, c: r % 2 == 0,
    lambda r, c: c % 3 == 0,
    lambda r, c: (r + c) % 3 == 0,
    lambda r, c: (r // 2 + c // 3) % 2 == 0,
    lambda r, c: r * c % 2 + r * c % 3 == 0,
    lambda r, c: (r * c % 2 + r * c % 3) % 2 == 0,
    lambda r, c: ((r + c) % 2 + r * c % 3) % 2 == 0,
)


def read_qr(picture: Image.Image) -> str:
    """The text of the one code in the picture. Raises ValueError if there is none."""
    return text_of(grid_of(picture))


def grid_of(picture: Image.Image) -> Grid:
    """The modules, found by the two finder patterns that stand side by side."""
    grey = picture.convert("L")
    dark = grey.point(lambda v: 255 if v < 128 else 0)
    pixels = dark.load()
    for y in range(dark.height):
        eyes = list(_eyes([bool(pixels[x, y]) for x in range(dark.width)]))
        if len(eyes) < 2:
            continue
        (left, a), (right, b) = eyes[0], eyes[-1]  # between them chance may have made another
        version = round(((right + b - left) / ((a + b) / 14) - 17) / 4)
        if abs(a - b) > 2 or not 1 <= version <= 8:
            continue
        size = 17 + 4 * version
        step = (right + b - left) / size
        top = y
        while top and pixels[round(left + step / 2), top - 1]:  # up along the eye's left edge
            top -= 1
        return [
            [bool(pixels[int(left + (c + 0.5) * step), int(top + (r + 0.5) * step)]) for c in range(size)]
            for r in range(size)
        ]
    raise ValueError("there is no QR code in the picture")


def _eyes(row: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Where dark, light, dark, light, dark stand as 1:1:3:1:1, and how wide that is."""
    edges = [0, *(x for x in range(1, len(row)) if row[x] != row[x - 1]), len(row)]
    runs = [(a, b - a) for a, b in pairwise(edges)]
    for at in range(len(runs) - 4):
        start, lengths = runs[at][0], [n for _, n in runs[at : at + 5]]
        unit = sum(lengths) / 7
        if (
            row[start]
            and unit >= 2
            and all(abs(n - w * unit) <= unit / 2 for n, w in zip(lengths, (1, 1, 3, 1, 1), strict=True))
        ):
            yield start, sum(lengths)


def text_of(grid: Grid) -> str:
    """What the modules say."""
    size = len(grid)
    version = (size - 17) // 4
    form = [grid[8][c] for c in (0, 1, 2, 3, 4, 5, 7, 8)] + [grid[r][8] for r in (7, 5, 4, 3, 2, 1, 0)]
    word = int("".join("01"[bit] for bit in form), 2) ^ 0b101010000010010
    level, mask = LEVELS[word >> 13], MASKS[word >> 10 & 7]
    bits = [grid[r][c] ^ mask(r, c) for r, c in _path(size, version)]
    words = [int("".join("01"[b] for b in bits[n : n + 8]), 2) for n in range(0, len(bits) - 7, 8)]
    sizes = BLOCKS[level][version - 1]
    blocks: list[list[int]] = [[] for _ in sizes]
    stream = iter(words)
    for turn in range(max(sizes)):
        for block, room in zip(blocks, sizes, strict=True):
            if turn < room:
                block.append(next(stream))
    return _segments("".join(f"{word:08b}" for block in blocks for word in block))


def _path(size: int, version: int) -> Iterator[tuple[int, int]]:
    """The data modules in their order: two columns wide, up and down, from the right."""
    taken = _taken(size, version)
    for n, right in enumerate(c if c > 6 else c - 1 for c in range(size - 1, 0, -2)):
        for r in range(size - 1, -1, -1) if n % 2 == 0 else range(size):
            for c in (right, right - 1):
                if (r, c) not in taken:
                    yield r, c


def _taken(size: int, version: int) -> set[tuple[int, int]]:
    """Modules that carry no data: finders and format, timing, alignment, version."""
    taken = {(r, c) for r in range(9) for c in [*range(9), *range(size - 8, size)]}
    taken |= {(r, c) for r in range(size - 8, size) for c in range(9)}
    taken |= {(6, n) for n in range(size)} | {(n, 6) for n in range(size)}
    if version > 1:
        far = size - 7
        centres = (
            [(far, far)] if version < 7 else [(r, c) for r in (6, far // 2 + 3, far) for c in (6, far // 2 + 3, far)]
        )
        corners = {(6, 6), (6, far), (far, 6)}
        taken |= {
            (r + y, c + x) for r, c in centres if (r, c) not in corners for y in range(-2, 3) for x in range(-2, 3)
        }
    if version >= 7:
        taken |= {(r, c) for r in range(6) for c in range(size - 11, size - 8)}
        taken |= {(c, r) for r in range(6) for c in range(size - 11, size - 8)}
    return taken


def _segments(bits: str) -> str:
    """Numbers, capitals and bytes, one after the other."""
    said, at = "", 0

    def take(count: int) -> int:
        nonlocal at
        at += count
        return int(bits[at - count : at], 2)

    while at + 4 <= len(bits) and (mode := take(4)):
        if mode == 4:
            said += bytes(take(8) for _ in range(take(8))).decode()
        elif mode == 2:
            count = take(9)
            said += "".join(ALPHABET[v // 45] + ALPHABET[v % 45] for v in (take(11) for _ in range(count // 2)))
            said += ALPHABET[take(6)] if count % 2 else ""
        elif mode == 1:
            count = take(10)
            said += "".join(f"{take(10):03}" for _ in range(count // 3))
            said += f"{take((0, 4, 7)[count % 3]):0{count % 3}}" if count % 3 else ""
        else:
            raise ValueError(f"a segment of mode {mode} is not known here")
    return said
