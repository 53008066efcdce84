"""Read a drawn document back and compare it with its facts. It fails closed and names fields, never values.

The reader shares nothing with the writer but the facts, the catalogue and the fonts: the text comes from the embedded
fonts' own character maps or, where glyphs cannot spell, from shaping what is wanted. Every fact must stand on the page,
amounts in their row and beside their label, nothing beyond the page's edge, no glyph missing; and the file must hold
nothing but pages.
"""

from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from app.documents import labels, statements_wanted
from app.documents.errors import ReadBackFailed
from app.documents.extent import most_pages
from app.documents.facts import (
    CorrectedInvoice,
    CreditNote,
    Facts,
    Line,
    Party,
    RefundStatement,
    Sale,
    TaxIdEvidence,
    TaxStatement,
    VendorFactSheet,
)
from app.documents.page_text import PageReader, Run, Unreadable
from app.documents.spoken import Spoken, find, is_in, squeeze
from app.i18n import Language, language

ROWS_A_PAGE = 60  # most that one full page can hold
_ACTIVE = ("/OpenAction", "/AA", "/AcroForm", "/AF", "/Collection", "/Perms", "/OCProperties")

Expected = tuple[str, tuple[str, ...]]


def read_back(pdf: bytes, facts: Facts) -> int:
    """The number of pages, once everything that must be there was found.

    Raises:
        ReadBackFailed: with the name of every fact or part that is missing.
    """
    try:
        reader = PdfReader(BytesIO(pdf))
        pages = list(reader.pages)
        page_reader = PageReader(reader)
        drawn = [page_reader.runs(page) for page in pages]
    except Unreadable as error:
        raise ReadBackFailed((f"page ({error.reason})",)) from None
    except (PyPdfError, KeyError, ValueError, IndexError, TypeError, AttributeError) as error:
        raise ReadBackFailed((f"file ({type(error).__name__})",)) from None
    missing = [
        *_file_faults(reader, pages, facts, page_reader),
        *_edge_faults(drawn, pages),
        *_text_faults(drawn, facts),
    ]
    if missing:
        raise ReadBackFailed(tuple(missing))
    return len(pages)


def _file_faults(reader: PdfReader, pages: Sequence[Any], facts: Facts, page_reader: PageReader) -> Iterator[str]:
    root: Any = reader.trailer["/Root"]
    information: Any = reader.trailer["/Info"]
    header = facts.header
    yield from (f"file: {key} must not be there" for key in _ACTIVE if key in root)
    names = root.get("/Names", {})
    yield from (f"file: {key} must not be there" for key in ("/JavaScript", "/EmbeddedFiles") if key in names)
    if any("/Annots" in page or "/AA" in page for page in pages):
        yield "file: annotation or action on a page"
    if "/Encrypt" in reader.trailer:
        yield "file: encrypted"
    if root.get("/Lang") != header.language:
        yield "header/language"
    if "/StructTreeRoot" not in root or not root.get("/MarkInfo", {}).get("/Marked"):
        yield "file: tags"
    for key, value in (("document", header.document_id), ("number", header.number), ("code", header.code)):
        if information.get(f"/taxdesk{key}") != value:
            yield f"file: metadata {key}"
    if f">{header.document_id}<".encode() not in root["/Metadata"].get_data():
        yield "file: identifier in XMP"
    yield from (f"file: font {n} is not embedded" for n, f in enumerate(page_reader.fonts.values()) if not f.embedded)
    rows = len(getattr(facts, "lines", ()))
    if not -(-rows // ROWS_A_PAGE) <= len(pages) <= most_pages(facts):
        yield "file: page count"


def _edge_faults(drawn: Sequence[Sequence[Run]], pages: Sequence[Any]) -> Iterator[str]:
    """Text that begins or ends outside its page."""
    for n, (runs, page) in enumerate(zip(drawn, pages, strict=True), 1):
        left, bottom, right, top = map(float, page["/MediaBox"])
        if any(run.left < left or run.right > right or not bottom < run.base < top for run in runs if run.text):
            yield f"page {n}: text beyond the edge"


def _text_faults(drawn: Sequence[Sequence[Run]], facts: Facts) -> Iterator[str]:
    words = language(facts.header.language)
    runs = [spoken for page in drawn for run in page if (spoken := Spoken(run)).text]
    for field, sequence in _in_sequence(facts, words):
        if find(runs, sequence) is None:
            yield field
    yield from (field for field, text in _anywhere(facts, words) if not is_in(runs, text))
    yield from _row_faults(runs, getattr(facts, "lines", ()), words, facts)
    for n, page in enumerate(drawn, 1):
        text = "".join(squeeze(run.text) for run in page)
        numbered = words.gettext("Page %(page)s of %(pages)s") % {"page": n, "pages": len(drawn)}
        for field, value in (("header/number", facts.header.number), ("page number", numbered)):
            if squeeze(value) not in text:
                yield f"page {n}: {field}"


def _in_sequence(facts: Facts, words: Language) -> Iterator[Expected]:
    """What must stand alone or directly after its label: names, numbers, dates, sums."""
    header, _ = facts.header, words.gettext
    for n, line in enumerate(facts.seller.address):
        yield f"seller/address/{n}", (line,)
    yield "seller/name", (facts.seller.name,)
    for name, value in ("Order", header.order_reference), ("Your reference", header.purchase_order_number):
        if value:
            yield f"header/{name}", (_(name), value)
    yield "header/issued_on", (_("Date"), words.date(header.issued_on))
    if isinstance(facts, TaxIdEvidence):
        yield from _evidence(facts, words)
    elif isinstance(facts, VendorFactSheet):
        yield from _fact_sheet(facts, words)
    elif isinstance(facts, Sale | TaxStatement | RefundStatement):
        yield from _buyer(facts.customer, words)
        yield from statements_wanted.in_sequence(facts, words)
    else:
        yield from _buyer(facts.customer, words)
        yield from _references(facts, words)
        yield from _sums(facts, words)


def _buyer(customer: Party, words: Language) -> Iterator[Expected]:
    name = (customer.name, customer.romanised_name) if customer.romanised_name else (customer.name,)
    yield "customer", (*name, *customer.address)
    for n, number in enumerate(customer.tax_ids):
        yield f"customer/tax_ids/{n}", (f"{labels.tax_id(words, number)} {number.number}",)


def _references(facts: CreditNote | CorrectedInvoice, words: Language) -> Iterator[Expected]:
    _, original = words.gettext, facts.original_invoice
    own, dated = ("Credit note number", "Invoice date")
    if isinstance(facts, CorrectedInvoice):
        own, dated = ("Invoice number", "Original invoice date")
        if facts.credit_note_number:
            yield "credit_note_number", (_("Credit note number"), facts.credit_note_number)
    yield "header/number", (_(own), facts.header.number)
    yield "original_invoice/number", (_("Original invoice"), original.number)
    yield "original_invoice/issued_on", (_(dated), words.date(original.issued_on))
    yield "supply_date", (_("Date of supply"), words.date(facts.supply_date))


def _sums(facts: CreditNote | CorrectedInvoice, words: Language) -> Iterator[Expected]:
    def amount(value: Any) -> str:
        return words.amount(value, facts.currency)

    _, totals = words.gettext, facts.totals
    for n, row in enumerate(facts.tax_totals):
        yield f"tax_totals/{n}", (labels.tax_total(words, row, facts.currency), amount(row.tax))
    if isinstance(facts, CorrectedInvoice):
        yield "totals/net", (_("Net"), amount(totals.net))
        yield "totals/gross", (_("Total"), amount(totals.gross))
        yield "amount_paid", (_("Paid"), amount(facts.amount_paid))
        yield "amount_due", (_("Amount due"), amount(facts.amount_due))
        return
    if facts.credits == "tax":
        yield "totals/tax", (labels.credited(words, facts), amount(totals.tax))
    else:
        yield "totals/net", (_("Net"), amount(totals.net))
        yield "totals/gross", (_("Total credited"), amount(totals.gross))
    if facts.offset_amount is not None:
        yield "offset_amount", (labels.offset(words, facts), amount(facts.offset_amount))
    if facts.refund:
        yield "refund/amount", (_("of which refunded to you"), amount(facts.refund.amount))


def _evidence(facts: TaxIdEvidence, words: Language) -> Iterator[Expected]:
    _, answer = words.gettext, facts.answer
    yield "header/number", (_("Record number"), facts.header.number)
    yield "tax_id/number", (_("Number"), facts.tax_id.number)
    yield "tax_id/country", (_("Country"), words.country(facts.tax_id.country))
    yield "status", (labels.status(words, facts.status),)
    yield "offline", (_("Result"), labels.offline(words, facts.offline.reason))
    yield "asked_at", (_("Asked at"), words.moment(facts.asked_at))
    yield "asked_name", (_("Name"), facts.asked_name or _("not given"))
    yield "asked_address", (_("Address"), facts.asked_address or _("not given"))
    if answer is None:
        return
    compared = {None: _("not compared"), True: _("matches"), False: _("does not match")}
    given: tuple[tuple[str, str, str | None], ...] = (
        ("register", _("Register"), answer.register),
        ("requester", _("Requester"), answer.requester),
        ("answered_at", _("Answered at"), words.moment(answer.answered_at) if answer.answered_at else None),
        ("consultation_number", _("Consultation number"), answer.consultation_number),
        ("trader_name", _("Name answered"), answer.trader_name),
        ("trader_address", _("Address answered"), answer.trader_address),
        ("name_matches", _("Name compared"), compared[answer.name_matches]),
        ("address_matches", _("Address compared"), compared[answer.address_matches]),
        ("valid_from", _("Valid from"), words.date(answer.valid_from) if answer.valid_from else None),
    )
    yield from ((f"answer/{field}", (label, value or _("not given"))) for field, label, value in given)


def _fact_sheet(facts: VendorFactSheet, words: Language) -> Iterator[Expected]:
    _, seller, bank, form = words.gettext, facts.seller, facts.bank_account, facts.tax_form
    yield "header/number", (_("Document number"), facts.header.number)
    yield "seller/legal_name", (_("Legal name"), seller.name)
    yield "seller/registered_address", (_("Registered address"), *seller.address)
    yield "country_of_incorporation", (_("Country of incorporation"), words.country(facts.country_of_incorporation))
    if facts.mailing_address:
        yield "mailing_address", (_("Mailing address"), *facts.mailing_address)
    given: list[tuple[str, str, str | None]] = [("trade_name", _("Trade name"), facts.trade_name)]
    if form is not None:
        given += [
            ("tax_form/kind", _("Form"), labels.form(words, form)),
            ("tax_form/revision", _("Revision"), labels.revision(words, form)),
            ("tax_form/ein", _("EIN"), form.ein),
        ]
    if bank is not None:
        given += [
            ("bank_account/holder", _("Account holder"), bank.holder),
            ("bank_account/bank_name", _("Bank"), bank.bank_name),
            ("bank_account/iban", _("IBAN"), bank.iban and labels.grouped(words, bank.iban)),
            ("bank_account/bic", _("BIC"), bank.bic),
            ("bank_account/account", _("Account number"), bank.account),
            ("bank_account/routing", _("Routing number"), bank.routing),
        ]
    given += [
        ("header/payment_reference", _("Payment reference"), facts.header.order_reference),
        ("currency", _("Currency"), facts.currency),
        ("payment_terms_days", _("Payment terms"), labels.payment_terms(words, facts.payment_terms_days)),
        ("client", _("Software vendor"), facts.client),
    ]
    yield from ((field, (label, value)) for field, label, value in given if value)
    for n, contact in enumerate(facts.contacts):
        ways = (contact.name, contact.email, contact.phone)
        yield f"contacts/{n}", (labels.role(words, contact.role), *(way for way in ways if way))
    for n, shown in enumerate(facts.registrations):
        cells = (labels.place(words, shown), labels.registration(words, shown), shown.number)
        yield f"registrations/{n}", cells
    yield from ((f"products/{n}", (product,)) for n, product in enumerate(facts.products))
    if facts.further_products:
        yield "further_products", (labels.further(words, facts.further_products),)


def _anywhere(facts: Facts, words: Language) -> Iterator[tuple[str, str]]:
    """What may stand inside a sentence."""
    if isinstance(facts, VendorFactSheet):
        yield "customer_name", facts.customer_name
    for n, notice in enumerate(getattr(facts, "notices", ())):
        yield f"notices/{n}/text", notice.text
        if notice.law:
            yield f"notices/{n}/law", notice.law
    yield from ((f"law/{n}", law) for n, law in enumerate(getattr(facts, "law", ())))
    yield from ((f"seller/tax_ids/{n}", number.number) for n, number in enumerate(facts.seller.tax_ids))
    yield from ((f"seller/legal_notes/{n}", note) for n, note in enumerate(facts.seller.legal_notes))
    yield "header/document_id", facts.header.document_id
    yield "header/code", facts.header.code
    yield "header/verify_url", facts.header.verify_url
    if isinstance(facts, Sale | TaxStatement | RefundStatement):
        yield from statements_wanted.anywhere(facts, words)
    if isinstance(facts, CreditNote):
        yield "title", words.gettext("Credit note")
        yield "reason", labels.reason(words, facts.reason)
        if facts.refund and facts.refund.payment_option:
            yield "refund/payment_option", facts.refund.payment_option
        if facts.refund and (arrival := labels.arrival(words, facts.refund)):
            yield "refund/arrives", arrival


def _row_faults(runs: Sequence[Spoken], lines: Sequence[Line], words: Language, facts: Facts) -> Iterator[str]:
    """Rows that are not there, whole, cell by cell, in their order."""
    gross = not (isinstance(facts, CreditNote) and facts.credits == "tax")
    cursor = 0
    for n, line in enumerate(lines, 1):
        cells = (
            str(n),
            line.description,
            line.reference,
            words.quantity(line.quantity),
            words.number(line.net),
            labels.rate(words, line.rate_percent),
            words.number(line.tax),
            *((words.number(line.gross),) if gross else ()),
        )
        end = find(runs, cells, cursor)
        if end is None:
            yield f"lines/{n - 1}"
        else:
            cursor = end
