"""Geometry alone: a text whose every letter is half as wide as it is high, no font."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.documents.filling.breaks import clusters, may_break, ready
from app.documents.filling.layout import (
    Placed,
    Style,
    place_cells,
    place_line,
    place_lines,
    place_short,
    place_short_cells,
)

EM = 500  # the advance of each letter, thousandths


@dataclass(frozen=True)
class Even:
    text: str
    low: int = -240
    high: int = 760

    @property
    def starts(self) -> Sequence[int]:
        return clusters(self.text)

    @property
    def advances(self) -> Sequence[int]:
        return [0 if self.text[start] == "\n" else EM for start in self.starts]

    @property
    def order(self) -> Sequence[int]:
        return range(len(self.starts))


def lines_of(text: str, width: float, height: float = 500.0, size: float = 10.0) -> list[str]:
    placed = place_lines(Even(text), width, height, Style(size=size, multiline=True), may_break)
    return [text[line.start : line.end] for line in placed.lines]


def line(text: str, width: float, **style: float) -> Placed:
    return place_line(Even(text), width, 14.0, Style(**{"size": 10.0, **style}), may_break)  # type: ignore[arg-type]


@pytest.mark.parametrize(("align", "x"), [(0, 2.0), (1, 40.0), (2, 78.0)])
def test_a_line_stands_left_in_the_middle_or_right(align, x):
    assert line("abcd", 100.0, align=align).lines[0].x == pytest.approx(x)  # 20 points of text, 2 of padding


def test_a_line_is_made_smaller_in_tenths_of_a_point_and_no_more_than_needed():
    placed = line("a" * 24, 100.0)  # 120 points at size 10, 96 of room
    assert placed.size == 8.0
    assert line("a" * 25, 100.0).size == 7.6  # 7.68 fits exactly


def test_at_six_points_the_rest_is_left_over_between_words():
    text = "one two three four five six seven eight nine"
    placed = line(text, 100.0)
    assert placed.size == 6.0
    assert text[: placed.lines[0].end] == "one two three four five six"
    assert text[placed.rest :] == "seven eight nine"


def test_a_size_below_six_points_is_raised_to_six():
    assert line("abc", 100.0, size=4.0).size == 6.0


@pytest.mark.parametrize(("height", "size"), [(14.0, 10.2), (40.0, 12.0), (5.0, 6.0)])
def test_an_automatic_size_follows_the_height_up_to_twelve_points(height, size):
    assert place_line(Even("abc"), 100.0, height, Style(), may_break).size == size


def test_capitals_stand_in_the_middle_of_the_height():
    y = line("Abc", 100.0).lines[0].y
    assert y == pytest.approx((14.0 - 7.14) / 2)


def test_a_line_moves_where_its_marks_would_be_cut_off():
    placed = place_line(Even("Ấ", high=1067), 100.0, 12.0, Style(size=10.0), may_break)
    assert placed.size == 9.1  # so that mark and tail go into the height together
    assert placed.lines[0].y + 1067 * placed.size / 1000 <= 12.0
    assert placed.lines[0].y - 240 * placed.size / 1000 >= 0.0


def test_the_short_way_places_as_the_long_way_does():
    for align in (0, 1, 2):
        style = Style(size=9.0, align=align)
        short = place_short(4 * EM, 100.0, 14.0, style, (-240, 760))
        long = place_line(Even("abcd"), 100.0, 14.0, style, may_break).lines[0]
        assert short is not None
        assert (short.x, short.y) == pytest.approx((long.x, long.y))


@pytest.mark.parametrize("align", [0, 1, 2])
def test_the_short_way_fills_a_comb_as_the_long_way_does(align):
    style = Style(size=10.0, align=align)
    long = place_cells(Even("1234"), 90.0, 20.0, style, 9)
    assert place_short_cells([EM] * 4, 90.0, style, 9) == pytest.approx([line.x for line in long.lines])
    assert place_short_cells([EM] * 4, 36.0, style, 9) is None  # too wide for their cells
    assert place_short_cells([EM] * 10, 90.0, style, 9) is None  # too many


@pytest.mark.parametrize(("letters", "height"), [(30, 14.0), (4, 8.0)], ids=["too wide", "too low"])
def test_the_short_way_is_not_taken_where_the_text_does_not_fit(letters, height):
    assert place_short(letters * EM, 100.0, height, Style(size=9.0), (-240, 760)) is None


def test_each_character_of_a_comb_is_in_the_middle_of_its_cell():
    placed = place_cells(Even("1234"), 90.0, 20.0, Style(size=10.0), 9)
    assert [line.x + 2.5 for line in placed.lines] == pytest.approx([5.0, 15.0, 25.0, 35.0])


@pytest.mark.parametrize(("align", "first"), [(0, 0), (1, 2), (2, 5)])
def test_alignment_of_a_comb_chooses_the_empty_cells(align, first):
    placed = place_cells(Even("1234"), 90.0, 20.0, Style(size=10.0, align=align), 9)
    assert int(placed.lines[0].x // 10) == first


def test_a_comb_shrinks_to_its_cells():
    assert place_cells(Even("1234"), 36.0, 20.0, Style(size=10.0), 9).size == 8.0


def test_lines_go_down_from_the_top_by_one_leading():
    placed = place_lines(Even("aa\nbb\ncc"), 100.0, 60.0, Style(size=10.0, multiline=True), may_break)
    assert [line.y for line in placed.lines] == pytest.approx([49.5, 37.5, 25.5])


def test_lines_shrink_until_all_fit():
    text = "word " * 24
    placed = place_lines(Even(text), 104.0, 60.0, Style(size=10.0, multiline=True), may_break)
    assert 6.0 < placed.size < 10.0
    assert placed.rest == len(text)
    assert placed.lines[-1].y - 240 * placed.size / 1000 >= 0.0


def test_lines_without_room_are_left_over():
    text = "word " * 100
    placed = place_lines(Even(text), 104.0, 30.0, Style(size=10.0, multiline=True), may_break)
    assert placed.size == 6.0
    assert text[placed.rest :].startswith("word")
    assert 0 < placed.rest < len(text)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("aaaa bbbb cccc", ["aaaa bbbb", "cccc"]),
        ("aaaa  bbbbbbb cc", ["aaaa", "bbbbbbb cc"]),
        ("aaaaaaaaaaaaaa", ["aaaaaaaaaa", "aaaa"]),
        ("non-resident alien", ["non-", "resident", "alien"]),
        ("10 to -12345", ["10 to", "-12345"]),
        ("line (see it)", ["line (see", "it)"]),
        ("aaaa\u00a0bbb ccc", ["aaaa\u00a0bbb", "ccc"]),
        ("and/or/maybe", ["and/or/", "maybe"]),
        ("c/o aaaaaaa", ["c/o", "aaaaaaa"]),
        ("aa\n\nbb\n", ["aa", "", "bb", ""]),
        ("一二三四五六七八九十。", ["一二三四五六七八九", "十。"]),
        ("一二三四五六七八九「十」", ["一二三四五六七八九", "「十」"]),
        ("กกกกกกกเกกกกก", ["กกกกกกก", "เกกกกก"]),
    ],
)
def test_where_lines_end(text, lines):
    assert lines_of(text, 54.0) == lines  # ten letters


@given(st.text(alphabet="ab -/(),.一「」กเ\u0301\n", max_size=80), st.floats(12.0, 80.0))
def test_wrapping_loses_nothing_but_spaces_at_line_ends_and_never_overflows(text, width):
    text = ready(text, multiline=True)
    placed = place_lines(Even(text), width, 5000.0, Style(size=10.0, multiline=True), may_break)
    kept, end = "", 0
    for each in placed.lines:
        assert text[end : each.start].strip(" \n") == ""
        assert each.next >= each.end
        kept, end = kept + text[each.start : each.end], each.end
        assert each.start in (*clusters(text), len(text))
        count = len(clusters(text[each.start : each.end]))
        assert count <= 1 or count * 5.0 <= width - 2 * min(2.0, width / 8) + 1e-6
    assert placed.rest == len(text)
    assert kept.replace(" ", "") == text.replace(" ", "").replace("\n", "")
