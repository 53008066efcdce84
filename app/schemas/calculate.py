"""The one way from a request to its calculation, which HTTP, bulk work, the page and the command line share."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from app import facts
from app.errors import Fault, InvalidInput
from app.schemas.calculation_answers import calculation_answer
from app.schemas.calculation_asked import CalculationAsked, ExemptionStated, Known, TaxIdStated
from app.schemas.calculations import read_calculation
from app.sellers import SellerEntity
from tax_rules.calculate import Calculation, calculate
from tax_rules.decision import Outcome
from tax_rules.errors import BadFacts
from tax_rules.facts import Exemption, Sale, TaxId, TaxIdStatus
from tax_rules.identifiers import check_identifier
from tax_rules.rulebook import RuleBook
from tax_rules.vat.evidence import number_country

REFUSED = "The calculation was refused."
CERTIFICATES_COUNT = frozenset({"US", "CA"})  # whose rules look at certificates and at marketplaces
EXEMPT_BY_KIND = "other"  # the reason of goods whose product kind says that they are sold exempt


def calculation_from_request(
    payload: Any,
    *,
    sellers: Mapping[str, SellerEntity],
    book: RuleBook,
    may_assert: bool,
    may_override: bool = False,
    known: Known | None = None,
    language: str = "en",
) -> dict[str, Any]:
    """The answer to a parsed request body, without storing anything; ``id`` is null.

    Args:
        may_assert: a stated status of a tax ID and a stated exemption are used, and the law line says "asserted".
        may_override: ``rates_override`` is used; only the command line allows it.
        known: what our database says of tax IDs, certificates and local rates; None where there is none.
        language: of the sentences.
    Raises:
        InvalidInput: with every fault and its JSON Pointer.
    """
    asked = read_calculation(payload)
    seller = sellers.get(asked.seller)
    faults = list(_faults(asked, sellers, may_override=may_override, has_database=known is not None))
    if seller is None or faults:
        raise InvalidInput(REFUSED, *faults)
    sale = _sale(asked, seller, book=book, may_assert=may_assert, known=known)
    try:
        calculation = calculate(sale, book)
    except BadFacts as error:
        raise InvalidInput(REFUSED, Fault("", "contradiction", f"{error}.")) from error
    if ignored := tuple(_ignored(asked, calculation)):
        raise InvalidInput(REFUSED, *ignored)
    members = calculation_answer(calculation, book, language=language)
    return members | ({"reference": asked.reference} if asked.reference else {})


def stated_tax_id(tax_id: TaxIdStated, home: str, on: date, *, book: RuleBook, may_assert: bool) -> TaxId:
    """What is known of a tax ID without asking anybody: the caller's word where it counts, else its form."""
    country = number_country(tax_id.number, customer_country=home, on=on, book=book)
    offline = check_identifier(country, tax_id.number, kind=tax_id.kind)
    status = TaxIdStatus.MALFORMED if offline.valid is False else TaxIdStatus.NOT_CHECKED
    is_asserted = may_assert and tax_id.status is not None
    if is_asserted and tax_id.status is not None:
        status = tax_id.status
    return TaxId(kind=tax_id.kind, number=offline.number, country=country, status=status, asserted=is_asserted)


def stated_exemption(stated: ExemptionStated, country: str, *, may_assert: bool) -> Exemption:
    """An exemption by the caller's word: accepted where that counts, otherwise there and not accepted."""
    return Exemption(
        reason=stated.reason, certificate=stated.certificate_number, country=country, is_accepted=may_assert
    )


def _sale(
    asked: CalculationAsked, seller: SellerEntity, *, book: RuleBook, may_assert: bool, known: Known | None
) -> Sale:
    home, on = asked.address.country, asked.tax_date

    def tax_id(stated: TaxIdStated) -> TaxId:
        if known is not None:
            return known.tax_id(_given(stated), home, on)
        return stated_tax_id(stated, home, on, book=book, may_assert=may_assert)

    origin = asked.ship_from.state if asked.ship_from else None
    return asked.sale(
        seller.facts(),
        tax_id,
        exemption=_exemption(asked, known, may_assert=may_assert),
        local_stacks=known.local_stacks(asked.destinations, on, origin) if known is not None else (),
    )


def _exemption(asked: CalculationAsked, known: Known | None, *, may_assert: bool) -> Exemption | None:
    """The exemption of the sale: by certificates on file, else by the caller's word where it counts.

    Goods that are exempt by their kind are so without a certificate.
    """
    country = asked.destinations[0].country
    if asked.exemption is not None and asked.exemption.certificate_ids and known is not None:
        return known.exemption(asked.exemption.certificate_ids, asked.tax_date)
    if asked.exemption is not None:
        return stated_exemption(asked.exemption, country, may_assert=may_assert)
    if asked.exempt_lines:
        return Exemption(reason=EXEMPT_BY_KIND, country=country, lines=asked.exempt_lines)
    return None


def _ignored(asked: CalculationAsked, calculation: Calculation) -> Iterator[Fault]:
    """What was claimed and played no part where tax is charged: refused, because the answer would mislead."""
    charged = [line.treatment for line in calculation.lines if line.treatment.outcome is Outcome.CHARGE]
    if all(treatment.jurisdiction.country in CERTIFICATES_COUNT for treatment in charged):
        return
    if asked.exemption is not None:
        yield Fault("/exemption", "not_supported", "Exemption certificates are decided in the US and Canada only.")
    if asked.is_collected_by_marketplace:
        yield Fault("/marketplace", "not_supported", "Marketplaces that collect are decided in the US and Canada only.")


def _given(stated: TaxIdStated) -> facts.TaxId:
    return facts.TaxId(
        kind=stated.kind,
        number=stated.number,
        check_id=stated.check_id,
        status=str(stated.status) if stated.status else None,
    )


def _faults(
    asked: CalculationAsked, sellers: Mapping[str, SellerEntity], *, may_override: bool, has_database: bool
) -> list[Fault]:
    faults = []
    if asked.seller not in sellers:
        faults.append(Fault("/seller", "unknown_seller", f"Name a seller of ours: {', '.join(sellers)}."))
    if asked.rates_override and not may_override:
        faults.append(Fault("/rates_override", "not_allowed", "Rates are stated on the command line only."))
    if has_database:
        return faults
    if asked.exemption and asked.exemption.certificate_ids:
        detail = "There are no stored certificates here; state a certificate_number."
        faults.append(Fault("/exemption/certificate_ids", "not_available", detail))
    faults += [
        Fault(f"/customer/tax_ids/{n}/check_id", "not_available", "There are no stored checks here; state a status.")
        for n, tax_id in enumerate(asked.tax_ids)
        if tax_id.check_id
    ]
    return faults
