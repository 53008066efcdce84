"""What was charged on a line and what of it still stands: the ground of every adjustment."""

from dataclasses import dataclass, replace
from decimal import Decimal

from tax_rules.errors import BadFacts
from tax_rules.facts import ProductKind
from tax_rules.money import ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargedPart:
    """One tax of a stack as it was charged: ``name`` tells it from the others, such as ``TX/city/Houston``."""

    name: str
    tax_type: str
    tax: Decimal
    tax_refunded: Decimal = ZERO
    corrected_tax: Decimal | None = None

    @property
    def tax_left(self) -> Decimal:
        """The part of this tax that still stands."""
        return self.tax - self.tax_refunded

    @property
    def base_tax(self) -> Decimal:
        """What the tax on a remainder is in proportion to; see :class:`ChargedLine`."""
        return self.tax if self.corrected_tax is None else self.corrected_tax


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargedLine:
    """A line as it was invoiced, and what has gone back since; all amounts in the document's currency, not negative.

    ``corrected_net`` and ``corrected_tax`` are what stood right after the last correction of the tax alone (None: there
    was none). From then on the tax falls in proportion to them, so that a price refund never gives corrected tax back a
    second time. ``parts`` are the taxes of a stack and sum to ``tax``; empty for a single tax.
    """

    reference: str
    product_kind: ProductKind
    net: Decimal
    tax: Decimal
    rate: Decimal
    net_refunded: Decimal = ZERO
    tax_refunded: Decimal = ZERO
    corrected_net: Decimal | None = None
    corrected_tax: Decimal | None = None
    parts: tuple[ChargedPart, ...] = ()

    def __post_init__(self) -> None:
        if not (0 <= self.net_refunded <= self.net and 0 <= self.tax_refunded <= self.tax):
            raise BadFacts(f"line {self.reference}: more was refunded than was charged, or an amount is negative")
        for total, figure in ((self.tax, "tax"), (self.tax_refunded, "tax_refunded")):
            if self.parts and sum((getattr(part, figure) for part in self.parts), ZERO) != total:
                raise BadFacts(f"line {self.reference}: the parts of its tax do not sum to it")

    @property
    def tax_left(self) -> Decimal:
        """The tax that still stands: the remainder, so that the last refund clears the line to the cent (A8)."""
        return self.tax - self.tax_refunded

    @property
    def net_left(self) -> Decimal:
        return self.net - self.net_refunded

    @property
    def gross_left(self) -> Decimal:
        return self.net_left + self.tax_left

    @property
    def base_net(self) -> Decimal:
        """The net that :attr:`base_tax` is the tax of."""
        return self.net if self.corrected_net is None else self.corrected_net

    @property
    def base_tax(self) -> Decimal:
        """The tax as charged or last corrected, of :attr:`base_net`."""
        return self.tax if self.corrected_tax is None else self.corrected_tax

    def after_price_refund(self, net: Decimal, tax: Decimal, parts: tuple[Decimal, ...] = ()) -> "ChargedLine":
        """The line once so much net and tax, and so much of each part, went back with its price."""
        return replace(
            self,
            net_refunded=self.net_refunded + net,
            tax_refunded=self.tax_refunded + tax,
            parts=self._parts_after(parts),
        )

    def after_correction(self, tax: Decimal, parts: tuple[Decimal, ...] = ()) -> "ChargedLine":
        """The line once so much tax went back and the price stayed."""
        line = replace(self, tax_refunded=self.tax_refunded + tax, parts=self._parts_after(parts))
        return replace(
            line,
            corrected_net=line.net_left,
            corrected_tax=line.tax_left,
            parts=tuple(replace(part, corrected_tax=part.tax_left) for part in line.parts),
        )

    def _parts_after(self, refunds: tuple[Decimal, ...]) -> tuple[ChargedPart, ...]:
        return tuple(
            replace(part, tax_refunded=part.tax_refunded + refund)
            for part, refund in zip(self.parts, refunds, strict=bool(self.parts))
        )
