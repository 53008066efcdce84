"""Which register answers for a country."""

import pytest

from app.config import RegisterMode, Settings
from app.registers.choose import VIES_COUNTRIES, open_registers
from app.registers.double import RegisterDouble
from app.registers.model import Outcome, RegisterQuery
from app.registers.vies import LIVE_URL


def test_the_twenty_seven_member_states_and_northern_ireland_are_asked_at_vies() -> None:
    registers = open_registers(Settings(registers=RegisterMode.LIVE))
    assert len(VIES_COUNTRIES) == 28
    assert {registers.for_country(country) for country in VIES_COUNTRIES} == set(registers.all)
    assert [register.name for register in registers.all] == ["VIES"]


@pytest.mark.parametrize("country", ["GB", "GR", "CH", "NO", "US", "ZZ", ""])
def test_a_country_outside_vies_has_no_register_yet(country: str) -> None:
    assert open_registers(Settings(registers=RegisterMode.LIVE)).for_country(country) is None


def test_nobody_is_asked_when_registers_are_off() -> None:
    registers = open_registers(Settings(registers=RegisterMode.OFF))
    assert registers.all == ()
    assert registers.for_country("DE") is None


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        (Settings(registers=RegisterMode.LIVE), LIVE_URL),
        (Settings(registers=RegisterMode.DOUBLE), "http://127.0.0.1:8099/vies"),
        (Settings(registers=RegisterMode.LIVE, vies_url="http://127.0.0.1:1/vies"), "http://127.0.0.1:1/vies"),
        (Settings(registers=RegisterMode.DOUBLE, vies_url="http://127.0.0.1:1/vies/"), "http://127.0.0.1:1/vies"),
    ],
    ids=["live", "double", "live elsewhere", "double elsewhere"],
)
def test_the_address_of_vies_is_the_settings_or_the_modes_own(settings: Settings, url: str) -> None:
    register = open_registers(settings).for_country("DE")
    assert register is not None
    assert register.url == url  # type: ignore[attr-defined]


def test_a_register_that_the_settings_name_is_really_asked(double: RegisterDouble) -> None:
    registers = open_registers(Settings(registers=RegisterMode.DOUBLE, vies_url=double.vies_url))
    register = registers.for_country("DE")
    assert registers.is_double
    assert register is not None
    assert register.ask(RegisterQuery(country="DE", number="136695976")).outcome is Outcome.VALID
    assert double.vies.times_asked("DE", "136695976") == 1
