"""The words for codes: statuses, kinds, actions. Marked here for the catalogue, translated where they are drawn."""

from dataclasses import dataclass

N_ = str  # marks a text for the catalogue


@dataclass(frozen=True, slots=True)
class Status:
    """How a status is shown: word, tone (its colour) and icon, so that nobody depends on the colour."""

    word: str
    tone: str
    icon: str


ORDER = {
    "quote": Status(N_("Quote"), "plain", "draft"),
    "preauthorized": Status(N_("Preauthorized"), "info", "clock"),
    "open": Status(N_("Open"), "info", "circle"),
    "paid": Status(N_("Paid"), "good", "check"),
    "partially_refunded": Status(N_("Partially refunded"), "warn", "back"),
    "refunded": Status(N_("Refunded"), "warn", "back"),
    "cancelled": Status(N_("Cancelled"), "plain", "cross"),
}
CHECK = {
    "verified": Status(N_("Confirmed by the register"), "good", "check"),
    "unverified": Status(N_("Not known to the register"), "bad", "cross"),
    "pending": Status(N_("Being asked"), "info", "clock"),
    "unavailable": Status(N_("Register does not answer"), "warn", "clock"),
    "not_checked": Status(N_("Not checked in a register"), "plain", "circle"),
    "malformed": Status(N_("Cannot be a valid number"), "bad", "cross"),
}
ADJUSTMENT = {
    "draft": Status(N_("Draft"), "plain", "draft"),
    "issued": Status(N_("Issued"), "good", "check"),
    "pending_check": Status(N_("Waits for the register"), "info", "clock"),
    "needs_approval": Status(N_("Waits for approval"), "warn", "clock"),
    "refused": Status(N_("Refused"), "bad", "cross"),
}
DOCUMENT = {
    "queued": Status(N_("Queued"), "info", "clock"),
    "drawing": Status(N_("Being drawn"), "info", "clock"),
    "ready": Status(N_("Ready"), "good", "check"),
    "failed": Status(N_("Failed"), "bad", "alert"),
}
EXPORT = {
    "queued": Status(N_("Queued"), "info", "clock"),
    "running": Status(N_("Being made"), "info", "clock"),
    "done": Status(N_("Ready"), "good", "check"),
    "failed": Status(N_("Failed"), "bad", "alert"),
    "cancelled": Status(N_("Cancelled"), "plain", "cross"),
}
VERDICT = {
    "genuine": Status(N_("Genuine"), "good", "check"),
    "altered": Status(N_("Altered"), "bad", "alert"),
    "unknown": Status(N_("Unknown"), "warn", "circle"),
}
STATUSES = {
    "order": ORDER,
    "check": CHECK,
    "adjustment": ADJUSTMENT,
    "document": DOCUMENT,
    "export": EXPORT,
    "verdict": VERDICT,
}

DOCUMENT_KINDS = {
    "credit_note": N_("Credit note"),
    "corrected_invoice": N_("Corrected invoice"),
    "tax_id_evidence": N_("Tax ID evidence"),
    "vendor_fact_sheet": N_("Supplier fact sheet"),
    "w9": N_("Form W-9"),
    "invoice": N_("Invoice"),
    "tax_statement": N_("Tax statement"),
    "refund_statement": N_("Refund statement"),
    "quote": N_("Quote"),
    "pro_forma": N_("Pro forma invoice"),
}
BLANKS = {"official": N_("the authority's own form"), "substitute": N_("our substitute form")}
ADJUSTMENT_KINDS = {
    "tax_refund": N_("Tax refund"),
    "buyer_details": N_("Buyer details corrected"),
    "refund": N_("Refund"),
}
PAYMENT_KINDS = {
    "payment": N_("Payment"),
    "refund": N_("Refund"),
    "chargeback": N_("Chargeback"),
    "authorization": N_("Authorisation"),
}
TAX_BEHAVIORS = {
    "exclusive": N_("without tax"),
    "inclusive": N_("with tax"),
}
CUSTOMER_KINDS = {"business": N_("Business"), "consumer": N_("Consumer")}
TAX_SOURCES = {
    "stated": N_("as charged by the billing system"),
    "calculated": N_("calculated by taxdesk"),
    "decision": N_("calculated by taxdesk"),
}
ACTIONS = {
    "order.registered": N_("Order registered"),
    "order.changed": N_("Order changed"),
    "payment.payment_recorded": N_("Payment recorded"),
    "payment.refund_recorded": N_("Refund of money recorded"),
    "payment.chargeback_recorded": N_("Chargeback recorded"),
    "payment.authorization_recorded": N_("Authorisation recorded"),
    "tax_id_check.asked": N_("Tax ID check asked"),
    "tax_id_check.verified": N_("Tax ID confirmed by the register"),
    "tax_id_check.unverified": N_("Tax ID not known to the register"),
    "tax_id_check.unavailable": N_("Register did not answer; it is asked again"),
    "adjustment.waits_for_register": N_("Tax refund asked; it waits for the register"),
    "adjustment.issued": N_("Refund issued"),
    "adjustment.waits_for_approval": N_("Refund asked; it waits for approval"),
    "certificate.filed": N_("Exemption certificate put on file"),
    "certificate.revoked": N_("Exemption certificate revoked"),
    "adjustment.refused": N_("Refund refused"),
    "document.issued": N_("Document issued"),
    "document.ready": N_("Document drawn and stored"),
    "document.damaged": N_("Stored document is damaged"),
    "tax_id_check.evidence_not_drawn": N_("Evidence of the tax ID could not be drawn"),
    "document.failed": N_("Document could not be drawn"),
    "document.downloaded": N_("Document downloaded"),
    "order.packed": N_("Archive downloaded"),
    "mail.sent": N_("Mail sent"),
    "mail.queued": N_("Mail queued"),
    "mail.failed": N_("Mail could not be sent"),
    "decision.made": N_("Tax decided"),
}
REASONS = {
    "standard_rated": N_("standard rate"),
    "reduced_rated": N_("reduced rate"),
    "zero_rated": N_("zero rate"),
    "reverse_charge": N_("reverse charge: the customer accounts for the tax"),
    "export": N_("export"),
    "not_collecting": N_("no registration there, nothing is collected"),
    "not_subject_to_tax": N_("not subject to tax"),
    "product_exempt": N_("the product is exempt"),
    "portion_taxable": N_("a part of the price is taxed"),
    "holiday": N_("tax holiday"),
    "capped": N_("the tax has a cap"),
    "intra_community_supply": N_("intra-Community supply"),
    "marketplace_collected": N_("the marketplace collects the tax"),
    "not_supported": N_("no rule of ours decides this yet"),
    "customer_exempt": N_("the customer is exempt"),
    "undetermined": N_("not determined"),
}
CONFIDENCES = {
    "high": N_("high: official sources"),
    "medium": N_("medium: check before it matters"),
    "low": N_("low: a secondary source, ask tax before you rely on it"),
}
TAX_TYPES = {
    "vat": N_("VAT"),
    "gst": N_("GST"),
    "hst": N_("HST"),
    "pst": N_("PST"),
    "qst": N_("QST"),
    "rst": N_("RST"),
    "sales_tax": N_("Sales tax"),
    "consumption_tax": N_("Consumption tax"),
    "other_tax": N_("Other tax"),
}
OUTCOMES = {
    "charge": N_("Tax is charged"),
    "zero_rated": N_("Charged at zero"),
    "reverse_charge": N_("Reverse charge"),
    "export": N_("Export"),
    "intra_community_supply": N_("Intra-Community supply"),
    "exempt": N_("Exempt"),
    "out_of_scope": N_("Out of scope"),
    "not_collecting": N_("Not collected"),
    "marketplace_collected": N_("Collected by the marketplace"),
    "undetermined": N_("Not determined"),
    "mixed": N_("Different for the lines"),
}
REFUSALS = {
    "TaxIdNotVerified": N_("The register does not know the number."),
    "NotRefundable": N_("The law gives no refund here."),
    "NothingToRefund": N_("No tax was left to refund."),
    "OriginalInvoiceMissing": N_("The order names no invoice to correct."),
    "rejected": N_("An approver rejected it."),
}
KINDS = {
    "refusal": REFUSALS,
    "document_kind": DOCUMENT_KINDS,
    "blank": BLANKS,
    "adjustment_kind": ADJUSTMENT_KINDS,
    "payment_kind": PAYMENT_KINDS,
    "customer_kind": CUSTOMER_KINDS,
    "tax_behavior": TAX_BEHAVIORS,
    "confidence": CONFIDENCES,
    "tax_type": TAX_TYPES,
    "tax_source": TAX_SOURCES,
    "action": ACTIONS,
    "taxability": REASONS,
    "outcome": OUTCOMES,
    "role": {
        "payments": N_("Payments"),
        "approver": N_("Approver"),
        "auditor": N_("Auditor"),
        "admin": N_("Administrator"),
    },
}


def status_of(kind: str, code: str) -> Status:
    """How a status is shown; one that has no word yet is shown by its code."""
    return STATUSES[kind].get(code) or Status(in_plain(code), "plain", "circle")


def word_of(kind: str, code: str) -> str:
    """The English word of a code, or the code made readable."""
    return KINDS[kind].get(code) or in_plain(code)


def in_plain(code: str) -> str:
    """``w8ben_e`` as ``W8ben e``: for codes that later parts of the house bring before their word is here."""
    text = code.replace("_", " ").replace(".", ": ")
    return text[:1].upper() + text[1:]
