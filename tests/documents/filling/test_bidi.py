"""The order of right-to-left text, on lines worked out by hand from annex 9's rules."""

import pytest

from app.documents.filling.bidi import levels, visual_order


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Acme 12", "0000000"),
        ("אב 12 גד", "11122111"),  # numbers stay left to right within
        ("a (אב) b", "00011000"),  # a pair of brackets goes with what is around it (N0)
        ("א (ab)", "111221"),
        ("12 אב", "22111"),  # the first strong letter decides, a number is not one
        ("", ""),
    ],
)
def test_levels_follow_the_rules(text, expected):
    assert "".join(map(str, levels(text))) == expected


@pytest.mark.parametrize(
    ("found", "order"),
    [([0, 0], [0, 1]), ([1, 1], [1, 0]), ([0, 1, 1, 0], [0, 2, 1, 3]), ([1, 2, 2, 1], [3, 1, 2, 0]), ([], [])],
)
def test_parts_are_turned_from_the_highest_level_down(found, order):
    assert visual_order(found) == order
