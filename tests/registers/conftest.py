"""A double on a free port, and a client of it that does not wait long."""

from collections.abc import Iterator

import pytest

from app.registers.double import RegisterDouble
from app.registers.http import Limits
from app.registers.vies import Vies

IMPATIENT = Limits(connect=1.0, read=0.5, total=1.2)


@pytest.fixture
def double() -> Iterator[RegisterDouble]:
    with RegisterDouble() as running:
        yield running


@pytest.fixture
def vies(double: RegisterDouble) -> Vies:
    return Vies(double.vies_url, limits=IMPATIENT)
