"""``taxdesk nexus``: what is asked about economic nexus, and the answer."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate

from app.errors import InvalidInput
from app.schemas.fields import Amount, CivilDate, CurrencyCode, Reference, StrictSchema, Text, faults_of
from tax_rules.facts import Address
from tax_rules.rulebook import RuleBook, shipped_rulebook
from tax_rules.sales_tax.us.nexus import decide_nexus
from tax_rules.sales_tax.us.place import find_us_place

COUNTRY, CURRENCY = "US", "USD"


@dataclass(frozen=True, slots=True, kw_only=True)
class NexusAsked:
    """Sales into a state in its measurement period, in US dollars, seen from a civil date."""

    state: str
    as_of: date
    sales: Decimal
    transactions: int
    reference: str | None


class StateField(Text):
    """A state of the United States by its two letters or its name."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        given: str = super()._deserialize(value, attr, data, **kwargs)
        place = find_us_place(Address(country=COUNTRY, state=given), shipped_rulebook())
        if place.state is None or place.is_military:
            raise ValidationError('Name a state of the United States, such as "TX" or "Texas".')
        return place.state


class NexusSchema(StrictSchema):
    """One question: what was sold into a state in its measurement period?"""

    reference = Reference(load_default=None)
    country = fields.String(load_default=COUNTRY, validate=validate.Equal(COUNTRY))
    state = StateField(max_length=60, required=True)
    as_of = CivilDate(required=True)
    sales = Amount(required=True, validate=validate.Range(min=Decimal(0)))
    transactions = fields.Integer(strict=True, load_default=0, validate=validate.Range(min=0, max=10**12))
    currency = CurrencyCode(load_default=CURRENCY, validate=validate.Equal(CURRENCY))

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> NexusAsked:
        """The facts."""
        return NexusAsked(**{name: data[name] for name in NexusAsked.__slots__})


_REQUEST = NexusSchema()


def nexus_from_request(payload: Any, *, book: RuleBook) -> dict[str, Any]:
    """The answer to a parsed request; ``economic_nexus`` is null where the state's rule is not known for the date.

    Raises:
        InvalidInput: with every fault and its JSON Pointer.
    """
    try:
        asked: NexusAsked = _REQUEST.load(payload)
    except ValidationError as error:
        raise InvalidInput("The question was refused.", *faults_of(error.normalized_messages())) from error
    found = decide_nexus(asked.state, asked.sales, asked.transactions, asked.as_of, book)
    row, threshold = found.row, found.sales_threshold
    members = {
        "country": COUNTRY,
        "state": asked.state,
        "as_of": asked.as_of.isoformat(),
        "economic_nexus": found.has_nexus,
        "code": "nexus_threshold_reached" if found.has_nexus else found.reason,
        "thresholds": {
            "sales": None if threshold is None else f"{threshold:.2f}",
            "transactions": found.transactions_threshold,
            "currency": CURRENCY,
        },
        "sales_reached": found.sales_reached,
        "transactions_reached": found.transactions_reached,
        "logic": found.logic,
        "measurement_period": found.period,
        "law": row.law if row else None,
        "row": row.id if row else None,
        "from": row.valid_from.isoformat() if row else None,
        "source": row.source if row else None,
        "confidence": found.confidence.value,
    }
    return members | ({"reference": asked.reference} if asked.reference else {})
