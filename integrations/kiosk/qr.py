"""A QR code as SVG text."""

import io
from functools import lru_cache
from typing import Final

from ...core.errors import TemplateError

MAX_CODE: Final = 1000  # letters; a phone's camera gives up earlier


@lru_cache(maxsize=256)
def drawn(text: str) -> str:
    """Black on white with its quiet zone, without a size of its own: the page gives it one. About 3 kB."""
    import segno

    svg = io.BytesIO()
    # "m" still reads with 15 % of it dirty; a smaller code has larger dots, which cheap cameras need.
    code = segno.make_qr(text, error="m", boost_error=False)
    code.save(svg, kind="svg", xmldecl=False, nl=False, omitsize=True, border=4, dark="#000", light="#fff")
    return svg.getvalue().decode()


def qr(text: object) -> str:
    """The template filter `qr`: SVG text of a link or a number."""
    written = str(text)
    if not written or len(written) > MAX_CODE:
        raise TemplateError(f"qr: a text of {len(written)} letters makes no code; 1 to {MAX_CODE} do.")
    return drawn(written)
