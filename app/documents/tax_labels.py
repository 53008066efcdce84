"""Words for what a tax decision says and for money that moved, in the document's language. The law is not here."""

from decimal import Decimal
from itertools import groupby

from app.documents.facts import Invoice, Quote, Reasoning, RefundStatement, Sale, TaxShare
from app.documents.labels import N_
from app.i18n import Language

TAX_TYPES = {
    "vat": N_("VAT"),
    "gst": N_("GST"),
    "hst": N_("HST"),
    "pst": N_("PST"),
    "qst": N_("QST"),
    "rst": N_("RST"),
    "sales_tax": N_("Sales tax"),
    "consumption_tax": N_("Consumption tax"),
    "other_tax": N_("Taxes"),
}
OUTCOMES = {
    "charge": N_("Tax is charged"),
    "zero_rated": N_("Taxed at zero percent"),
    "reverse_charge": N_("Reverse charge: the customer accounts for the tax"),
    "export": N_("Export, free of tax"),
    "intra_community_supply": N_("Intra-Community supply, exempt"),
    "exempt": N_("Exempt from tax"),
    "out_of_scope": N_("Not subject to tax here"),
    "not_collecting": N_("The seller is not registered there and collects no tax"),
    "marketplace_collected": N_("The marketplace collects the tax"),
    "undetermined": N_("Not determined"),
}
TAXABILITY = {
    "standard_rated": N_("The standard rate applies."),
    "reduced_rated": N_("A reduced rate applies to this product."),
    "zero_rated": N_("The zero rate applies to this product."),
    "product_exempt": N_("The product is exempt."),
    "customer_exempt": N_("The customer is exempt."),
    "portion_taxable": N_("Only a part of the price is taxable."),
    "holiday": N_("A tax holiday was in force."),
    "capped": N_("The tax is limited to a highest amount."),
    "not_collecting": N_("There is no duty to collect the tax there."),
    "not_subject_to_tax": N_("There is no tax on this sale."),
    "reverse_charge": N_("The customer is a business and owes the tax itself."),
    "export": N_("The goods leave the territory of the tax."),
    "intra_community_supply": N_("The goods go to a business in another member state."),
    "marketplace_collected": N_("The marketplace is liable for the tax."),
    "not_supported": N_("No rule of ours covers this sale."),
    "undetermined": N_("A fact is missing."),
}
CONFIDENCES = {
    "high": N_("confidence in the source: high"),
    "medium": N_("confidence in the source: medium"),
    "low": N_("confidence in the source: low"),
}
MOVEMENTS = {"payment": N_("Payment"), "refund": N_("Repayment"), "chargeback": N_("Chargeback")}
BALANCES = {-1: N_("Still to be paid back to you"), 0: N_("Outstanding"), 1: N_("Still to be paid by you")}
OWN_NUMBERS = {
    "invoice": N_("Invoice number"),
    "quote": N_("Quote number"),
    "pro_forma": N_("Pro-forma number"),
}
TITLES = {"invoice": N_("Invoice"), "quote": N_("Quote"), "pro_forma": N_("Pro-forma invoice")}
COPY = N_("Copy of the invoice")
COPIED = N_("Document number")


def sale_title(language: Language, facts: Sale) -> str:
    """What the document is called."""
    is_copy = isinstance(facts, Invoice) and facts.copy_of
    return language.gettext(COPY if is_copy else TITLES[facts.kind])


def own_number(language: Language, facts: Sale) -> str:
    """What its own number is called; a copy's is not the invoice's."""
    is_copy = isinstance(facts, Invoice) and facts.copy_of
    return language.gettext(COPIED if is_copy else OWN_NUMBERS[facts.kind])


def preamble(language: Language, facts: Sale) -> str | None:
    """What a reader must not take the document for; None for an invoice."""
    if isinstance(facts, Invoice):
        if facts.copy_of is None:
            return None
        named = {"number": facts.copy_of.number, "date": language.date(facts.copy_of.issued_on)}
        said = language.gettext("This is a copy of invoice %(number)s of %(date)s. It is not a second invoice.")
        return said % named
    if isinstance(facts, Quote):
        return language.gettext("This quote is not an invoice. The tax is what would be charged by today's facts.")
    return language.gettext("This is not an invoice: it gives no right to deduct tax. The invoice follows.")


def tax_type(language: Language, code: str) -> str:
    return language.gettext(TAX_TYPES[code])


def jurisdiction(language: Language, share: TaxShare) -> str:
    """Whose tax it is: the place with its country, or the country alone."""
    country = language.country(share.country)
    return f"{share.place}, {country}" if share.place else country


def outcome(language: Language, reasoning: Reasoning) -> str:
    """What was decided, with the rate where there is one."""
    said = language.gettext(OUTCOMES[reasoning.outcome])
    if reasoning.outcome != "charge" or reasoning.rate_percent is None:
        return said
    return f"{said}: {language.percent(reasoning.rate_percent)}"


def taxability(language: Language, code: str) -> str:
    return language.gettext(TAXABILITY[code])


def confidence(language: Language, code: str) -> str:
    return language.gettext(CONFIDENCES[code])


def movement(language: Language, code: str) -> str:
    return language.gettext(MOVEMENTS[code])


def balance(language: Language, facts: RefundStatement) -> str:
    """Who owes what is outstanding."""
    owed = facts.outstanding
    return language.gettext(BALANCES[(owed > 0) - (owed < 0)])


def owed(facts: RefundStatement) -> Decimal:
    """What is outstanding, without its sign: the label says whose it is."""
    return abs(facts.outstanding)


def numbered(language: Language, lines: tuple[int, ...]) -> str:
    """Numbers of lines, runs of them as ranges: ``Line 2``, ``Lines 1–3, 7``."""
    runs = [[n for _, n in run] for _, run in groupby(enumerate(sorted(lines)), lambda pair: pair[1] - pair[0])]
    said = ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
    return language.ngettext("Line %(lines)s", "Lines %(lines)s", len(lines)) % {"lines": said}
