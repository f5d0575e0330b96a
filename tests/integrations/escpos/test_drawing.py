"""Letters, lines and codes in dots."""

import pytest
from PIL import Image
from usher.core.devices.printing.sheets import Barcode, Cut, Pair, Picture, Qr, Row, Rule, Space, Text
from usher.integrations.escpos import fonts
from usher.integrations.escpos.building import Builder
from usher.integrations.escpos.decoding import decode
from usher.integrations.escpos.drawing import Artist, CutBand, ImageBand, QrBand, code128
from usher.integrations.escpos.finding import shows
from usher.integrations.escpos.previews import Previews
from usher.integrations.escpos.typesetting import Typesetter


@pytest.fixture
def artist(tmp_path):
    return Artist(576, Typesetter(), tmp_path)


def ink(image):
    """The box of what is black."""
    return Image.eval(image.convert("L"), lambda v: 255 - v).getbbox()


def drawn(artist, *pieces):
    (band,) = artist.draw(pieces)
    assert isinstance(band, ImageBand)
    return band.image


def test_alignment(artist):
    left, center, right = (ink(drawn(artist, Text("A012", align=a))) for a in ("left", "center", "right"))
    assert left[0] < 6
    assert right[2] > 570
    assert abs((center[0] + center[2]) / 2 - 288) <= 2


def test_chinese_is_broken_anywhere_and_latin_at_words(artist):
    type_ = Typesetter()
    one = type_.lines("x", 24, 576).height
    assert type_.lines("排" * 24, 24, 576).height == one
    assert type_.lines("排" * 25, 24, 576).height == 2 * one
    assert type_.lines("word " * 30, 24, 576).height > one
    assert ink(type_.lines("W" * 200, 24, 576))[2] <= 576  # one word without an end
    assert type_.lines("", 24, 576).height == one
    assert type_.lines("a\nb", 24, 576).height == 2 * one
    # nothing that closes begins a line, nothing that opens ends one, a hard space holds
    wrap = lambda text: list(type_._wrap(text, 24, 576, bold=False))  # noqa: E731
    assert wrap("排" * 23 + "队。号") == ["排" * 23, "队。号"]
    assert wrap("排" * 23 + "了”。") == ["排" * 23, "了”。"]
    assert wrap("排" * 23 + "（号）") == ["排" * 23, "（号）"]
    assert wrap("排" * 22 + "、4号") == ["排" * 22 + "、", "4号"]
    assert wrap("排" * 22 + " Window\u00a03") == ["排" * 22, "Window\u00a03"]


def test_a_place_and_a_button_are_not_broken_within():
    wrap = lambda text: list(Typesetter()._wrap(text, 24, 24 * 12, bold=False))  # noqa: E731
    # the comma takes a whole square, a digit about half of one
    assert wrap("1号窗口、2号窗口、4号窗口") == ["1号窗口、2号窗口、", "4号窗口"]
    assert wrap("手机页面请您点击“我到了”。") == ["手机页面请您点击", "“我到了”。"]
    assert wrap("请先去12楼然后再到服务台办理") == ["请先去12楼然后再到服务", "台办理"]  # a sentence still breaks
    long = "“" + "我" * 20 + "”。"
    assert "".join(wrap(long)) == long
    assert all(len(line) <= 12 for line in wrap(long))


def test_fit_makes_it_smaller_and_keeps_one_line(artist):
    small, large = drawn(artist, Text("A012", size=12, fit=True)), drawn(artist, Text("A" * 60, size=12, fit=True))
    assert ink(large)[2] <= 576
    assert large.height < small.height


def test_a_label_and_its_value_share_a_line_if_they_can(artist):
    line = drawn(artist, Text("x")).height
    assert drawn(artist, Pair(Text("Ahead of you"), Text("7", align="right"))).height == line
    box = ink(drawn(artist, Pair(Text("Windows"), Text("Window 1, " * 9, align="right"))))
    assert box[3] > line
    assert box[2] <= 576


def test_columns_share_the_width(artist):
    row = drawn(artist, Row(((1, (Text("left"),)), (1, (Text("right"), Text("below"))))))
    assert row.width == 576
    assert row.height == 2 * drawn(artist, Text("x")).height


def test_rules_spaces_and_cuts(artist):
    for style in ("solid", "dashed", "double"):
        assert ink(drawn(artist, Rule(style)))
    assert drawn(artist, Space(10)).height == 80
    bands = artist.draw([Text("a"), Cut("partial"), Text("b")])
    assert [type(band) for band in bands] == [ImageBand, CutBand, ImageBand]


def test_pictures_are_scaled_and_transparency_is_white(artist, tmp_path):
    logo = Image.new("RGBA", (100, 50), (0, 0, 0, 0))
    logo.paste((0, 0, 0, 255), (0, 0, 50, 50))
    logo.save(tmp_path / "logo.png")
    strip = drawn(artist, Picture("logo.png", 50))
    assert strip.size == (576, 144)
    left, top, right, bottom = ink(strip)
    assert (left, top, bottom) == (144, 0, 144)
    assert right in (288, 289)  # the edge is dithered


def test_code128_is_what_the_standard_says():
    modules = code128("A012").strip("0")
    assert modules.startswith("11010010000")  # start B
    assert modules.endswith("1100011101011")  # stop
    assert (len(modules) - 13) % 11 == 0


def test_a_barcode_keeps_to_the_paper(artist):
    box = ink(drawn(artist, Barcode("USHER-0123456789-ABCDEFGH", bar=6)))
    assert box[0] >= 0
    assert box[2] <= 576


def test_qr_codes_are_left_to_a_printer_that_can(tmp_path):
    bands = Artist(576, Typesetter(), tmp_path, native_qr=True).draw([Text("a"), Qr("x"), Text("b")])
    assert [type(band) for band in bands] == [ImageBand, QrBand, ImageBand]
    row = Artist(576, Typesetter(), tmp_path, native_qr=True).draw([Row(((1, (Qr("x"),)), (1, (Text("b"),))))])
    assert [type(band) for band in row] == [ImageBand]  # beside text it must be drawn


def test_profiles_narrow_the_paper_and_unknown_ones_are_told():
    assert Builder("TM-T88V", 576).width == 512
    assert Builder(None, 576).width == 576
    with pytest.raises(ValueError, match="knows no printer 'TM-X'"):
        Builder("TM-X", 576)


@pytest.mark.parametrize("cut", ["full", "partial", "none"])
def test_a_ticket_ends_with_its_cut(artist, cut, capsys):
    ops = decode(Builder(None, 576).build(artist.draw([Text("a")]), cut))
    assert ops[0].name == "init"
    assert ("cut" in [op.name for op in ops]) is (cut != "none")
    assert capsys.readouterr().out == ""  # python-escpos would print to the console


def test_tall_pictures_are_sent_in_fragments(artist):
    ops = decode(Builder(None, 576).build(artist.draw([Text("号\n" * 60)]), "full"))
    fragments = [op for op in ops if op.name == "raster"]
    assert len(fragments) > 1
    assert all(op.height <= 256 for op in fragments)


def test_bold_is_heavier():
    type_ = Typesetter()
    counts = [type_.lines("号A", 48, 200, bold=bold).histogram()[0] for bold in (False, True)]
    assert counts[1] > counts[0] * 1.15


def test_without_any_font_it_still_prints_and_says_so(monkeypatch, caplog):
    monkeypatch.setattr(fonts, "installed", dict)
    type_ = Typesetter()
    strip = type_.lines("A012 号", 48, 300, bold=True)
    assert ink(strip)
    assert "'号' (U+53F7)" in caplog.text
    assert "apt install fonts-noto-cjk" in caplog.text
    type_.lines("号", 48, 300)
    assert caplog.text.count("U+53F7") == 1  # told once


def test_a_character_comes_from_the_font_that_has_it(monkeypatch):
    latin = fonts.installed().get("DejaVuSans.ttf")
    chinese = fonts.chinese()
    if latin is None or chinese is None:
        pytest.skip("needs fonts-dejavu-core and fonts-noto-cjk")
    assert shows(Typesetter(latin).lines("A号", 48, 300), Typesetter().lines("号", 48, 300))
    assert not shows(Typesetter().lines("A", 48, 300), Typesetter(latin).lines("A", 48, 300))


def test_previews_are_bounded(tmp_path):
    previews = Previews(tmp_path / "lobby", kept=3)
    for n in range(6):
        previews.write(f"0{n}", Image.new("1", (8, 8)))
    assert sorted(p.name for p in (tmp_path / "lobby").iterdir()) == ["03.png", "04.png", "05.png"]
