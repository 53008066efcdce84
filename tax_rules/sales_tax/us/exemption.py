"""Whether a customer's exemption holds for a product in a state on a date, and if not, why."""

from tax_rules.decision import Caution, Step
from tax_rules.facts import Exemption, ProductKind, Situation
from tax_rules.rulebook import RuleBook

FEDERAL = "federal_government"
BUSINESS_USE = "business_use"
LAW = "SSUTA s. 317 (exemption certificates)"
FEDERAL_LAW = "U.S. Const. art. VI cl. 2; sales to the United States are not taxed by the states"


def exempts(situation: Situation, product: ProductKind, state: str, book: RuleBook) -> Step | Caution | None:
    """The step that says why nothing is due, or the warning why a claimed exemption was not accepted; None: no claim.

    The federal government, once its claim was accepted, is exempt in every state. Anybody else needs an exemption that
    was accepted and covers the state, the product and the date.
    """
    claimed = situation.exemption
    if claimed is None:
        return None
    reason = book.derive(_reasons).get(claimed.reason)
    facts = (("reason", claimed.reason), ("certificate", claimed.certificate or "-"), ("state", state))
    if reason == BUSINESS_USE:
        return None  # switches the taxability, and exempts from nothing
    if reason == FEDERAL and claimed.is_accepted:
        return Step("us_exempt_federal", facts, FEDERAL_LAW)
    if reason is None:
        return Caution("us_exemption_reason_unknown", facts)
    fault = _fault(claimed, situation, product, state)
    return Caution(fault, facts) if fault else Step("us_exempt", facts, LAW)


def claims_business_use(situation: Situation, book: RuleBook) -> bool:
    """Whether the customer attested that it buys for its business."""
    claimed = situation.exemption
    return claimed is not None and book.derive(_reasons).get(claimed.reason) == BUSINESS_USE


def _fault(claimed: Exemption, situation: Situation, product: ProductKind, state: str) -> str | None:
    if not claimed.is_accepted:
        return "us_certificate_not_accepted"
    states = {name.strip().upper().removeprefix("US-") for name in claimed.states}
    if claimed.country != "US" or (states and state not in states):
        return "us_certificate_other_state"
    if claimed.products and product not in claimed.products:
        return "us_certificate_other_product"
    on = situation.on
    if (claimed.valid_from and on < claimed.valid_from) or (claimed.valid_to and claimed.valid_to < on):
        return "us_certificate_not_in_force"
    return None


def _reasons(book: RuleBook) -> dict[str, str]:
    """What each word for a reason means: its own code, the letter of the uniform certificate, and our word for it."""
    found: dict[str, str] = {}
    for row in book.table("us.exemption_reasons"):
        for word in (row["code"], row["internal"], row["sst_f0003"]):
            if word:
                found.setdefault(word, row["internal"])
    return found
