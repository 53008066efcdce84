"""Exemption certificates: whether one covers a sale of a product into a state on the tax date."""

from datetime import date

from tax_rules.facts import Exemption, ProductKind
from tax_rules.rulebook import RuleBook

COUNTRY = "US"
FEDERAL = "federal_government"
LAW = "SSUTA 317; federal government: McCulloch v. Maryland, 17 U.S. 316 (1819)"
REASONS = "codes.us_exemption_reasons"


def why_not_exempt(exemption: Exemption, state: str, product: ProductKind, on: date, book: RuleBook) -> str | None:
    """Why a claimed exemption does not hold, as the code of a warning; None where it holds.

    The federal government is exempt in every state, whatever its certificate names.

    Law:
        SSUTA 317 (certificates); supremacy clause (federal government).
    """
    effect = book.derive(_effects).get(exemption.reason)
    if exemption.country != COUNTRY or effect != "exempt":
        return "us_exemption_reason"
    if not exemption.is_accepted:
        return "us_exemption_not_accepted"
    if exemption.reason == FEDERAL:
        return None
    if exemption.states and state not in {name.upper().removeprefix(f"{COUNTRY}-") for name in exemption.states}:
        return "us_exemption_state"
    if exemption.products and product not in exemption.products:
        return "us_exemption_product"
    if (exemption.valid_from and on < exemption.valid_from) or (exemption.valid_to and exemption.valid_to < on):
        return "us_exemption_date"
    return None


def switches_to_business_use(exemption: Exemption | None, book: RuleBook) -> bool:
    """Whether the claim is no exemption, but an attestation of business use that changes the treatment."""
    return (
        exemption is not None
        and exemption.country == COUNTRY
        and exemption.is_accepted
        and book.derive(_effects).get(exemption.reason) == "use"
    )


def _effects(book: RuleBook) -> dict[str, str]:
    """What each reason does, by its code and by the wider word for it."""
    found = {row["also"]: row["effect"] for row in book.table(REASONS) if row["also"]}
    return found | {row["code"]: row["effect"] for row in book.table(REASONS)}
