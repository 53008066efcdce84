"""Words for codes, in the document's language: reasons, tax categories, kinds of tax ID, outcomes of a check.

The law is not here: legal wordings arrive as notices, resolved. These are names for the reader.
"""

from datetime import date
from decimal import Decimal

from app.documents.facts import CreditNote, FormOnFile, Refund, RegistrationShown, RowFacts, TaxId, TaxTotal
from app.i18n import Language


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for "translate later"; the extractor looks for it
    return message


REASONS = {
    "vat_id_provided": N_("The VAT ID of the buyer was provided after the sale."),
    "exemption_certificate": N_("An exemption certificate was provided after the sale."),
    "wrong_rate": N_("The tax rate was not the right one."),
    "wrong_address": N_("The address was not the right one."),
    "wrong_product_kind": N_("The product was taxed as another kind of product."),
    "duplicate_tax": N_("The tax was charged twice."),
    "other": N_("The tax on the invoice was corrected."),
    "customer_request": N_("Refunded at your request."),
    "duplicate": N_("The order was placed or paid twice."),
    "order_cancelled": N_("The order was cancelled."),
    "not_delivered": N_("The order was not delivered."),
    "price_adjustment": N_("The price was adjusted."),
    "goodwill": N_("Refunded as a gesture of goodwill."),
    "price_refunded": N_("The price was refunded."),
}
CATEGORIES = {
    "AE": N_("VAT, reverse charge, on %(net)s"),
    "K": N_("VAT, intra-Community supply, on %(net)s"),
    "G": N_("VAT, export, on %(net)s"),
    "E": N_("VAT, exempt, on %(net)s"),
    "O": N_("Not subject to VAT: %(net)s"),
}
RATED = N_("VAT %(rate)s on %(net)s")
RATED_IN = N_("VAT %(rate)s (%(country)s) on %(net)s")
OTHERS_RATED_IN = {
    "gst": N_("GST %(rate)s (%(country)s) on %(net)s"),
    "hst": N_("HST %(rate)s (%(country)s) on %(net)s"),
    "sales_tax": N_("Sales tax %(rate)s (%(country)s) on %(net)s"),
    "consumption_tax": N_("Consumption tax %(rate)s (%(country)s) on %(net)s"),
}
TAX_RATED_IN = N_("Taxes %(rate)s (%(country)s) on %(net)s")
UNTAXED = N_("Without tax: %(net)s")
HEADINGS = (N_("Quantity"), N_("Net"), N_("VAT rate"), N_("VAT"), N_("Gross"))
HEADINGS_OF_TAX_ALONE = (N_("Quantity"), N_("Taxable amount"), N_("VAT rate"), N_("VAT credited"))
NOT_VAT = {"VAT rate": N_("Tax rate"), "VAT": N_("Tax amount"), "VAT credited": N_("Tax credited")}
TAX_IDS = {
    "vat": N_("VAT ID"),
    "gst": N_("GST number"),
    "ein": N_("EIN"),
    "tin": N_("Tax number"),
    "abn": N_("ABN"),
    "uid": N_("UID"),
    "other": N_("Tax number"),
}
STATUSES = {
    "verified": N_("Confirmed by the register"),
    "unverified": N_("Not known to the register"),
    "pending": N_("No answer yet; the register is asked again"),
    "unavailable": N_("The register did not answer; it is asked again"),
    "not_checked": N_("No register was asked"),
    "malformed": N_("Not a possible number"),
}
FORMATS = {
    "length": N_("The number has the wrong length."),
    "format": N_("The number is not written as its country writes it."),
    "checksum": N_("A check digit does not fit."),
    "component": N_("A part of the number cannot occur."),
    "unsupported": N_("There is no known rule for numbers of this kind."),
}
REGISTRATIONS = {
    "vat": N_("VAT ID"),
    "oss_union": N_("OSS, Union"),
    "oss_non_union": N_("OSS, non-Union"),
    "ioss": N_("IOSS"),
    "gst": N_("GST/HST number"),
    "qst": N_("QST number"),
    "pst": N_("PST number"),
    "rst": N_("RST number"),
    "sales_tax": N_("Sales tax"),
}
ROLES = {
    "general": N_("General"),
    "accounts_receivable": N_("Accounts receivable"),
    "tax": N_("Tax"),
    "orders": N_("Orders"),
}
FORMS = {"w9": "W-9", "w8ben": "W-8BEN", "w8bene": "W-8BEN-E", "w8eci": "W-8ECI", "w8exp": "W-8EXP", "w8imy": "W-8IMY"}
POSSIBLE = N_("Form and check digits are right.")


def reason(language: Language, code: str) -> str:
    return language.gettext(REASONS[code])


def tax_total(language: Language, row: TaxTotal, currency: str) -> str:
    """The label of one row of the tax totals: rate, state and taxable amount, or why there is no rate."""
    net = language.amount(row.net, currency)
    if row.tax_type not in (None, "vat"):
        return _other_tax(language, row, net)
    if row.rate_percent is None or row.category in CATEGORIES:
        return language.gettext(CATEGORIES.get(row.category, CATEGORIES["O"])) % {"net": net}
    named = {"rate": language.percent(row.rate_percent), "net": net}
    if row.country is None:
        return language.gettext(RATED) % named
    return language.gettext(RATED_IN) % (named | {"country": language.country(row.country)})


def _other_tax(language: Language, row: TaxTotal, net: str) -> str:
    if row.rate_percent is None or not (row.rate_percent or row.tax):
        return language.gettext(UNTAXED) % {"net": net}
    named = {"rate": language.percent(row.rate_percent), "net": net, "country": language.country(row.country or "")}
    return language.gettext(OTHERS_RATED_IN.get(row.tax_type or "", TAX_RATED_IN)) % named


def headings(language: Language, facts: RowFacts) -> tuple[str, ...]:
    """What heads the columns of a document's rows, from the quantity to the right."""
    taxed_alone = isinstance(facts, CreditNote) and facts.credits == "tax"
    named = HEADINGS_OF_TAX_ALONE if taxed_alone else HEADINGS
    return tuple(language.gettext(name if facts.is_vat else NOT_VAT.get(name, name)) for name in named)


def credited(language: Language, facts: RowFacts) -> str:
    """The label of the tax that is credited alone."""
    name = HEADINGS_OF_TAX_ALONE[-1]
    return language.gettext(name if facts.is_vat else NOT_VAT[name])


def rate(language: Language, percent: Decimal | None) -> str:
    """A rate for a table cell; an en dash where no rate applies."""
    return "–" if percent is None else language.percent(percent)


def tax_id(language: Language, number: TaxId) -> str:
    return language.gettext(TAX_IDS[number.kind])


def status(language: Language, code: str) -> str:
    return language.gettext(STATUSES[code])


def offline(language: Language, code: str | None) -> str:
    return language.gettext(POSSIBLE if code is None else FORMATS[code])


def offset(language: Language, facts: CreditNote) -> str:
    """The label of what is not paid out but set against the invoice that follows."""
    if facts.new_invoice_number is None:
        return language.gettext("of which set against the new invoice")
    return language.gettext("of which set against invoice %(number)s") % {"number": facts.new_invoice_number}


def arrival(language: Language, refund: Refund) -> str | None:
    """When the money usually arrives, in business days; None where nobody knows."""
    first, last = refund.arrives_days_from, refund.arrives_days_to
    if last is None:
        return None
    if first is None or first == last:
        sentence = language.ngettext(
            "It usually arrives within %(days)d business day.",
            "It usually arrives within %(days)d business days.",
            last,
        )
        return sentence % {"days": last}
    sentence = language.ngettext(
        "It usually arrives in %(first)d to %(last)d business day.",
        "It usually arrives in %(first)d to %(last)d business days.",
        last,
    )
    return sentence % {"first": first, "last": last}


def registration(language: Language, shown: RegistrationShown) -> str:
    """What kind of number a registration gave."""
    # of all GST numbers only Canada's stands for HST too
    names = TAX_IDS if shown.kind == "gst" and shown.country != "CA" else REGISTRATIONS
    return language.gettext(names[shown.kind])


def place(language: Language, shown: RegistrationShown) -> str:
    """Where a registration is: the country, or the state that gave it by its code (ISO 3166-2)."""
    return f"{shown.country}-{shown.state}" if shown.state else language.country(shown.country)


def role(language: Language, code: str) -> str:
    return language.gettext(ROLES[code])


def form(language: Language, shown: FormOnFile) -> str:
    del language  # the forms of the IRS are named alike everywhere
    return f"IRS {FORMS[shown.kind]}"


def revision(language: Language, shown: FormOnFile) -> str:
    """The revision as the form says it, a month in words; as it is given where it is none."""
    try:
        return language.month(date.fromisoformat(f"{shown.revision}-01"))
    except ValueError:
        return shown.revision


def grouped(language: Language, iban: str) -> str:
    """An IBAN in groups of four, as it is written on paper (ISO 13616-1)."""
    del language
    compact = iban.replace(" ", "")
    return " ".join(compact[n : n + 4] for n in range(0, len(compact), 4))


def payment_terms(language: Language, days: int | None) -> str:
    if days is None:
        return language.gettext("Not stated on the order")
    if days == 0:
        return language.gettext("Due on receipt of the invoice")
    return language.ngettext("%(days)d day net", "%(days)d days net", days) % {"days": days}


def further(language: Language, products: int) -> str:
    """How many products are not named."""
    return language.ngettext("and %(n)d more", "and %(n)d more", products) % {"n": products}
