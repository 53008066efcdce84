"""What a rule answers: the treatment (which tax, which rate, why), with its own proof. Amounts come later."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from tax_rules.hashing import KeepsHash, hashed_once
from tax_rules.rulefiles import Row, Value


class Outcome(StrEnum):
    CHARGE = "charge"
    ZERO_RATED = "zero_rated"
    REVERSE_CHARGE = "reverse_charge"
    EXPORT = "export"
    INTRA_COMMUNITY_SUPPLY = "intra_community_supply"
    EXEMPT = "exempt"
    OUT_OF_SCOPE = "out_of_scope"
    NOT_COLLECTING = "not_collecting"
    MARKETPLACE_COLLECTED = "marketplace_collected"
    UNDETERMINED = "undetermined"
    MIXED = "mixed"


class Reason(StrEnum):
    """Why a line bears the tax it bears."""

    STANDARD_RATED = "standard_rated"
    REDUCED_RATED = "reduced_rated"
    ZERO_RATED = "zero_rated"
    PRODUCT_EXEMPT = "product_exempt"
    CUSTOMER_EXEMPT = "customer_exempt"
    PORTION_TAXABLE = "portion_taxable"
    HOLIDAY = "holiday"
    CAPPED = "capped"
    NOT_COLLECTING = "not_collecting"
    NOT_SUBJECT_TO_TAX = "not_subject_to_tax"
    REVERSE_CHARGE = "reverse_charge"
    EXPORT = "export"
    INTRA_COMMUNITY_SUPPLY = "intra_community_supply"
    MARKETPLACE_COLLECTED = "marketplace_collected"
    NOT_SUPPORTED = "not_supported"
    UNDETERMINED = "undetermined"


class Confidence(StrEnum):
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


_RANK: dict[str, int] = {Confidence.LOW: 0, Confidence.MEDIUM: 1, Confidence.HIGH: 2}


def weakest(*levels: str) -> Confidence:
    """The lowest of several confidences: an answer is as sure as its weakest row."""
    return Confidence(min(levels, key=_RANK.__getitem__, default=Confidence.HIGH))


@dataclass(frozen=True, slots=True)
class RowRead:
    """A row of the book that the decision rests on."""

    id: str
    valid_from: date
    value: Value
    law: str
    source: str
    confidence: str

    @classmethod
    def of(cls, row: Row) -> "RowRead":
        return cls(row.id, row.valid_from, row.value, row.law, row.source, row.confidence)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the reasoning: a code with its facts, put into words by :mod:`tax_rules.explain`."""

    code: str
    facts: tuple[tuple[str, str], ...] = ()
    law: str | None = None
    row: str | None = None


@dataclass(frozen=True, slots=True)
class Caution:
    """A warning: a code with its facts, for one line or for the whole document."""

    code: str
    facts: tuple[tuple[str, str], ...] = ()
    line: str | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """Words that must or should stand on the document, in one language."""

    code: str
    language: str
    text: str


@hashed_once
@dataclass(frozen=True, slots=True)
class Jurisdiction(KeepsHash):
    """Whose tax it is. ``country`` is the state's code, ``code`` the territory's where it has one of its own."""

    country: str
    name: str
    level: str = "country"
    state: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxPart:
    """One tax of several on the same price, or a tax on part of a price.

    ``rate`` is percent of the taxable part. ``taxable_percent`` of the price is its base. ``above`` and ``up_to`` cut
    the base out of the price of a single article, in the currency of the law's jurisdiction: above the one, up to and
    including the other; None leaves that side open. An article that costs less than ``whole_from`` bears no tax at all,
    any other bears it on its whole price.
    """

    jurisdiction: Jurisdiction
    tax_type: str
    rate: Decimal
    tax_name: str | None = None
    reason: Reason = Reason.STANDARD_RATED
    taxable_percent: Decimal = Decimal(100)
    above: Decimal | None = None
    up_to: Decimal | None = None
    whole_from: Decimal | None = None
    row: str | None = None

    @property
    def is_banded(self) -> bool:
        """Whether the base depends on the price of a single article."""
        return not (self.above is None and self.up_to is None and self.whole_from is None)


class PartRounding(StrEnum):
    """How the taxes of a stack are rounded: as one sum that is then shared out, or each on its own."""

    TOGETHER = "together"
    EACH = "each"


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """How one kind of product is taxed for this seller, customer and date; no amounts, so it may be kept and reused.

    ``rate`` is percent; None where no rate is known (``undetermined``). ``rule`` is the name of the rule in the
    decision table, such as S2. ``vat_category`` is the EN 16931 code. ``parts`` are the taxes of a stack; empty where
    one tax at ``rate`` takes the whole price. With parts, ``rate`` is their sum, each scaled by its taxable percent,
    bands left out of the sum. ``sourcing`` and ``address_level`` are said where local taxes are.
    """

    outcome: Outcome
    reason: Reason
    rule: str
    jurisdiction: Jurisdiction
    rate: Decimal | None = None
    tax_type: str | None = None
    tax_name: str | None = None
    vat_category: str | None = None
    vatex: str | None = None
    law: tuple[str, ...] = ()
    rows: tuple[RowRead, ...] = ()
    steps: tuple[Step, ...] = ()
    warnings: tuple[Caution, ...] = ()
    notices: tuple[Notice, ...] = ()
    confidence: Confidence = Confidence.HIGH
    parts: tuple[TaxPart, ...] = ()
    part_rounding: PartRounding = PartRounding.TOGETHER
    sourcing: str | None = None
    address_level: str | None = None

    def with_warnings(self, *warnings: Caution) -> "Treatment":
        """The same treatment with further warnings."""
        return replace(self, warnings=self.warnings + warnings) if warnings else self


def unique(values: tuple[str, ...]) -> tuple[str, ...]:
    """The values in their first order, each once."""
    return tuple(dict.fromkeys(values))
