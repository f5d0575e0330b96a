"""The reader of QR codes reads what others draw, and refuses a picture without one."""

import io

import pytest
from PIL import Image

from .qr_reading import read_qr

segno = pytest.importorskip("segno")
LINK = "http://127.0.0.1:43210/t/t.01M82AYF5202SQSECH0000002R.UkkMaY7XoAxY9bRj"


@pytest.mark.parametrize("error", ["l", "m"])
@pytest.mark.parametrize("text", ["A001", "31415926535", LINK, LINK + "?lang=zh-CN&mode=dark", LINK.lower() * 2])
@pytest.mark.parametrize("scale", [3, 4.6])
def test_what_is_drawn_is_read(text: str, error: str, scale: float) -> None:
    drawn = io.BytesIO()
    segno.make_qr(text, error=error, boost_error=False).save(drawn, kind="png", scale=8, border=4)
    code = Image.open(drawn).convert("L")
    side = round(code.width * scale / 8)
    paper = Image.new("L", (side + 200, side + 300), 255)
    paper.paste(code.resize((side, side)), (80, 160))
    assert read_qr(paper) == text


def test_where_there_is_none() -> None:
    with pytest.raises(ValueError, match="no QR code"):
        read_qr(Image.new("L", (300, 300), 255))
