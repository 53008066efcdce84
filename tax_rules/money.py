"""Money: exact decimals with their currency, rounding by name, splitting without losing a cent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Context, Decimal
from enum import StrEnum

from tax_rules.errors import BadFacts

ZERO = Decimal(0)
HUNDRED = Decimal(100)
EXACT = Context(prec=50)  # wide enough that no product of an amount and a rate is rounded before we say so
_UNITS = tuple(Decimal(1).scaleb(-digits) for digits in range(5))


class Rounding(StrEnum):
    """How a fraction of the smallest unit is decided; the value is the name of Python's ``decimal`` mode."""

    HALF_UP = ROUND_HALF_UP
    HALF_EVEN = ROUND_HALF_EVEN
    DOWN = ROUND_DOWN
    UP = ROUND_UP


@dataclass(frozen=True, slots=True)
class Currency:
    """An ISO 4217 currency: ``digits`` decimals; legal tender from and until the given civil dates (None: open)."""

    code: str
    digits: int
    name: str
    valid_from: date | None = None
    valid_until: date | None = None
    successor: str | None = None

    @property
    def unit(self) -> Decimal:
        """The smallest amount, such as 0.01 or 1."""
        return _UNITS[self.digits]

    def is_current(self, on: date) -> bool:
        """Whether the currency existed on the date."""
        return (self.valid_from is None or self.valid_from <= on) and (
            self.valid_until is None or on <= self.valid_until
        )

    def round(self, amount: Decimal, rounding: Rounding = Rounding.HALF_UP) -> Decimal:
        """``amount`` rounded to the currency's decimals; a negative zero becomes zero."""
        return amount.quantize(_UNITS[self.digits], rounding, EXACT) + ZERO

    def fits(self, amount: Decimal) -> bool:
        """Whether ``amount`` has no more decimals than the currency."""
        return not EXACT.remainder(amount, _UNITS[self.digits])

    def format(self, amount: Decimal) -> str:
        """``amount`` with exactly the currency's decimals and a dot, as the API writes it.

        Raises:
            BadFacts: the amount has more decimals than the currency; nothing is rounded silently.
        """
        rounded = self.round(amount)
        if rounded != amount:
            raise BadFacts(f"an amount has more than the {self.digits} decimals of {self.code}")
        return f"{rounded:f}"


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount in one currency; adding two currencies is refused."""

    amount: Decimal
    currency: Currency

    def __post_init__(self) -> None:
        if not self.amount.is_finite():
            raise BadFacts("an amount of money must be finite")

    def __add__(self, other: "Money") -> "Money":
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.amount - self._same(other), self.currency)

    def __neg__(self) -> "Money":
        return Money(ZERO - self.amount, self.currency)

    def __str__(self) -> str:
        return f"{self.currency.format(self.amount)} {self.currency.code}"

    def _same(self, other: "Money") -> Decimal:
        if self.currency.code != other.currency.code:
            raise BadFacts(f"{self.currency.code} and {other.currency.code} cannot be added")
        return other.amount


def format_percent(rate: Decimal) -> str:
    """A rate as the API writes it: percent, a dot, no trailing zeros: ``"19"``, ``"8.875"``, ``"0"``."""
    text = f"{rate:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def percent_of(amount: Decimal, rate: Decimal) -> Decimal:
    """``rate`` percent of ``amount``, exact."""
    return EXACT.divide(EXACT.multiply(amount, rate), HUNDRED)


def net_of_gross(gross: Decimal, rate: Decimal) -> Decimal:
    """The net contained in ``gross`` at ``rate`` percent, to 50 digits, not yet rounded to money."""
    return EXACT.divide(EXACT.multiply(gross, HUNDRED), HUNDRED + rate)


def distribute(total: Decimal, weights: Sequence[Decimal], unit: Decimal) -> tuple[Decimal, ...]:
    """Split ``total`` in proportion to ``weights`` so that the parts sum to it exactly (largest remainder).

    Every part is a multiple of ``unit`` and within one unit of its exact share. Of equal remainders the earlier wins.
    Weights that are all zero count as equal.

    Raises:
        BadFacts: ``total`` is no multiple of ``unit``, a weight is negative, or there is nobody to give a part to.
    """
    if any(weight < 0 for weight in weights):
        raise BadFacts("weights must not be negative")
    whole = sum(weights, ZERO)
    if not whole:
        weights, whole = [Decimal(1)] * len(weights), Decimal(len(weights))
    return apportion(total, [EXACT.divide(EXACT.multiply(total, weight), whole) for weight in weights], unit)


def apportion(total: Decimal, shares: Sequence[Decimal], unit: Decimal) -> tuple[Decimal, ...]:
    """Round exact ``shares`` to multiples of ``unit`` that sum to ``total``, which is their sum but for rounding.

    The units that are left after rounding down go to the largest remainders. The split of ``-total`` is the negative of
    the split of ``total``, so that a reversal cancels each part.

    Raises:
        BadFacts: ``total`` is no multiple of ``unit``, or there is nobody to give a part to.
    """
    if total < 0:
        return tuple(ZERO - part for part in apportion(-total, [ZERO - share for share in shares], unit))
    units = EXACT.divide(total, unit)
    if units != units.to_integral_value():
        raise BadFacts("the total is not a multiple of the unit")
    if not shares:
        if total:
            raise BadFacts("there is nobody to give a part to")
        return ()
    if len(shares) == 1:
        return (total + ZERO,)
    exact = [EXACT.divide(share, unit) for share in shares]
    parts = [share.to_integral_value(ROUND_FLOOR) for share in exact]
    every, left = divmod(int(units - sum(parts, ZERO)), len(parts))
    by_remainder = sorted(range(len(parts)), key=lambda n: (parts[n] - exact[n], n))
    for place, n in enumerate(by_remainder):
        parts[n] += every + (1 if place < left else 0)
    return tuple(part * unit + ZERO for part in parts)
