"""What all registers share."""

import pytest

from app.registers.model import next_attempt_after, split_address


@pytest.mark.parametrize(
    ("attempts", "minutes"), [(0, 5), (1, 5), (2, 10), (3, 20), (4, 40), (5, 60), (6, 60), (500, 60)]
)
def test_a_register_that_is_down_is_asked_again_less_and_less_often_then_hourly(attempts: int, minutes: int) -> None:
    assert next_attempt_after(attempts) == minutes * 60


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("1 rue X\n75001 Paris", {"trader_street": "1 rue X", "trader_postal_code": "75001", "trader_city": "Paris"}),
        ("Weg 1, D-10115 Berlin", {"trader_street": "Weg 1", "trader_postal_code": "D-10115", "trader_city": "Berlin"}),
        (
            "Weg 1, 1012 AB Amsterdam",
            {"trader_street": "Weg 1", "trader_postal_code": "1012 AB", "trader_city": "Amsterdam"},
        ),
        ("Hof, Weg 1\n1010 Wien", {"trader_street": "Hof, Weg 1", "trader_postal_code": "1010", "trader_city": "Wien"}),
        ("Somewhere", {"trader_street": "Somewhere"}),
        ("1 Main Street, Dublin", {"trader_street": "1 Main Street, Dublin"}),
        (" , \n", {}),
        (None, {}),
    ],
)
def test_an_address_in_one_text_is_parted_where_its_form_is_plain(text: str | None, parts: dict[str, str]) -> None:
    assert split_address(text) == parts
