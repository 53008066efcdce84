"""Example facts of the corrections of invoices and of records about a party."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from app.documents.facts import (
    BankDetails,
    ContactPoint,
    CorrectedInvoice,
    CreditNote,
    Facts,
    FormOnFile,
    Header,
    InvoiceReference,
    Line,
    Notice,
    OfflineCheck,
    Party,
    Refund,
    RegisterAnswer,
    RegistrationShown,
    Seller,
    TaxId,
    TaxIdEvidence,
    TaxTotal,
    Totals,
    VendorFactSheet,
)

SELLER = Seller(
    name="Beispiel Commerce GmbH",
    address=("Musterallee 12", "50667 Köln", "Germany"),
    country="DE",
    tax_ids=(TaxId(kind="vat", number="DE136695976", country="DE"),),
    legal_notes=("Amtsgericht Köln, HRB 00000", "Geschäftsführung: Erika Muster"),
    email="billing@beispiel.example",
    phone="+49 221 0000000",
    website="www.beispiel.example",
)
CUSTOMER = Party(
    name="Éditions du Pré-Vert SARL",
    address=("14 rue de l’Œuvre", "Bâtiment C", "69002 Lyon", "France"),
    country="FR",
)
FRENCH_ID = TaxId(kind="vat", number="FR40303265045", country="FR")
REVERSE_CHARGE = {
    "en": "Reverse charge",
    "de": "Steuerschuldnerschaft des Leistungsempfängers",
    "fr": "Autoliquidation",
    "es": "inversión del sujeto pasivo",
    "it": "inversione contabile",
    "pt-BR": "Autoliquidação",
}
OPTIONS = {"en": "Visa card", "de": "Visa-Karte", "fr": "carte Visa"}


def header(language: str, number: str, letter: str) -> Header:
    return Header(
        document_id=f"doc_01k{letter * 23}",
        number=number,
        code=f"{letter}{letter}7k2m9p4q8r3t6v5w1x",
        verify_url=f"https://taxdesk.example/verify/{letter}{letter}7k2m9p4q8r3t6v5w1x",
        language=language,
        issued_on=date(2026, 11, 22),
        order_reference="ORD-2026-104233",
        purchase_order_number="PO 77/4-B",
    )


def lines(count: int = 2, *, rate: Decimal | None = Decimal("20"), places: int = 2) -> tuple[Line, ...]:
    """``count`` lines; amounts with ``places`` decimals; ``rate`` None: no tax."""
    unit = Decimal(1).scaleb(-places)
    goods = (
        ("CAD-PRO-1Y", "Drawing studio, professional edition, subscription for one year"),
        ("SUP-EXT", "Extended support, 12 months"),
        ("PLG-PDF", "Add-on: export to PDF/A"),
    )
    found = []
    for n in range(count):
        reference, description = goods[n % len(goods)]
        net = Decimal(49 + 100 * (n % 5)).quantize(unit)
        tax = Decimal(0).quantize(unit) if rate is None else (net * rate / 100).quantize(unit)
        found.append(
            Line(
                reference=reference,
                description=description,
                quantity=Decimal(1 + n % 3),
                net=net,
                rate_percent=rate,
                tax=tax,
                gross=net + tax,
                category="AE" if rate is None else "S",
            )
        )
    return tuple(found)


def sums(rows: tuple[Line, ...], country: str) -> tuple[tuple[TaxTotal, ...], Totals]:
    """The tax totals and totals of rows that all have one rate."""
    zero = rows[0].net - rows[0].net
    net, tax = sum((r.net for r in rows), zero), sum((r.tax for r in rows), zero)
    total = TaxTotal(category=rows[0].category, rate_percent=rows[0].rate_percent, country=country, net=net, tax=tax)
    return (total,), Totals(net=net, tax=tax, gross=net + tax)


def reverse_charge_notice(language: str) -> Notice:
    """The wording of Art. 226(11a); English where the law has none in the language."""
    text = REVERSE_CHARGE.get(language, "Reverse charge")
    return Notice(code="reverse_charge", text=text, law="2006/112/EC Art. 196, 226(11a)")


def credit_note(language: str = "en", rows: int = 2, currency: str = "EUR", places: int = 2) -> CreditNote:
    """French buyer, VAT ID given after the sale: the invoice is credited, its net set against the new invoice."""
    goods = lines(rows, places=places)
    tax_totals, totals = sums(goods, "FR")
    return CreditNote(
        header=header(language, "DE-CN-2026-000417", "0"),
        seller=SELLER,
        customer=CUSTOMER,
        original_invoice=InvoiceReference(number="R-2026-008812", issued_on=date(2026, 10, 3)),
        supply_date=date(2026, 10, 3),
        currency=currency,
        credits="invoice",
        reason="vat_id_provided",
        lines=goods,
        tax_totals=tax_totals,
        totals=totals,
        new_invoice_number="DE-IN-2026-000391",
        offset_amount=totals.net,
        refund=Refund(
            amount=totals.tax, payment_option=OPTIONS.get(language, "Visa"), arrives_days_from=3, arrives_days_to=5
        ),
        law=("2006/112/EC Art. 90, 219", "(EU) 282/2011 Art. 18"),
    )


def credit_note_tax_only(language: str = "en") -> CreditNote:
    """The same refund where the tax alone is credited and the prices stand."""
    whole = credit_note(language)
    return replace(whole, credits="tax", new_invoice_number=None, offset_amount=None)


def credit_note_long(language: str = "en") -> CreditNote:
    return credit_note(language, rows=40)


def credit_note_japan(language: str = "en") -> CreditNote:
    customer = Party(
        name="株式会社さくら出版 髙橋・﨑山",
        romanised_name="Sakura Shuppan K.K., Takahashi & Sakiyama",
        address=("〒150-0002", "東京都渋谷区渋谷二丁目21番1号", "渋谷ヒカリエ 33階", "Japan"),
        country="JP",
    )
    return replace(credit_note(language, currency="JPY", places=0), customer=customer)


def corrected_invoice(language: str = "en") -> CorrectedInvoice:
    """The new invoice with reverse charge that follows :func:`credit_note`."""
    goods = lines(rate=None)
    tax_totals, totals = sums(goods, "FR")
    return CorrectedInvoice(
        header=header(language, "DE-IN-2026-000391", "1"),
        seller=SELLER,
        customer=replace(CUSTOMER, tax_ids=(FRENCH_ID,)),
        replacement="new_invoice",
        original_invoice=InvoiceReference(number="R-2026-008812", issued_on=date(2026, 10, 3)),
        credit_note_number="DE-CN-2026-000417",
        supply_date=date(2026, 10, 3),
        currency="EUR",
        lines=goods,
        tax_totals=tax_totals,
        totals=totals,
        amount_paid=totals.gross,
        amount_due=totals.gross - totals.gross,
        notices=(reverse_charge_notice(language),),
        law=("2006/112/EC Art. 44, 196, 226",),
    )


def corrected_invoice_domestic(language: str = "de") -> CorrectedInvoice:
    """A German buyer whose VAT ID came late: no refund, the buyer's data are amended."""
    goods = lines(rate=Decimal("19"))
    tax_totals, totals = sums(goods, "DE")
    customer = Party(
        name="Söhnlein & Größe Maschinenbau GmbH",
        address=("Fließbandstraße 7 a", "04177 Leipzig", "Germany"),
        country="DE",
        tax_ids=(TaxId(kind="vat", number="DE129273398", country="DE"),),
    )
    return replace(
        corrected_invoice(language),
        header=header(language, "DE-CI-2026-000022", "2"),
        customer=customer,
        replacement="amended_invoice",
        credit_note_number=None,
        lines=goods,
        tax_totals=tax_totals,
        totals=totals,
        amount_paid=totals.gross,
        notices=(),
        law=("2006/112/EC Art. 168, 178, 226",),
    )


def tax_id_evidence(language: str = "en") -> TaxIdEvidence:
    """VIES confirmed the French number, with a consultation number."""
    return TaxIdEvidence(
        header=header(language, "DE-EV-2026-001204", "3"),
        seller=SELLER,
        check_id="chk_01k00000000000000000000000",
        tax_id=FRENCH_ID,
        asked_name=CUSTOMER.name,
        asked_address=", ".join(CUSTOMER.address),
        asked_at=datetime(2026, 11, 22, 9, 14, 3, tzinfo=UTC),
        offline=OfflineCheck(valid=True),
        status="verified",
        answer=RegisterAnswer(
            register="VIES",
            asked_at=datetime(2026, 11, 22, 9, 14, 3, tzinfo=UTC),
            answered_at=datetime(2026, 11, 22, 9, 14, 5, tzinfo=UTC),
            requester="DE136695976",
            consultation_number="WAPIAAAAX1234567",
            trader_name="SARL EDITIONS DU PRE VERT",
            trader_address="14 RUE DE L OEUVRE\n69002 LYON",
            name_matches=True,
            address_matches=None,
        ),
        law=("(EU) 282/2011 Art. 18(1)(a)", "(EU) 904/2010 Art. 31"),
    )


def vendor_fact_sheet(language: str = "en") -> VendorFactSheet:
    """A French customer is about to pay an order in euros to the German seller."""
    return VendorFactSheet(
        header=header(language, "DE-FS-2026-000031", "4"),
        seller=SELLER,
        trade_name="Beispiel Store",
        country_of_incorporation="DE",
        customer_name=CUSTOMER.name,
        contacts=(
            ContactPoint(role="accounts_receivable", email="receivables@beispiel.example", phone="+49 221 0000001"),
            ContactPoint(role="tax", name="Erika Muster", email="tax@beispiel.example"),
            ContactPoint(role="orders", email="orders@beispiel.example"),
        ),
        registrations=(
            RegistrationShown(kind="vat", country="FR", number="FR40303265045"),
            RegistrationShown(kind="vat", country="DE", number="DE136695976"),
            RegistrationShown(kind="oss_union", country="DE", number="DE136695976"),
            RegistrationShown(kind="vat", country="GB", number="GB100000034"),
            RegistrationShown(kind="vat", country="CH", number="CHE-123.456.788 MWST"),
            RegistrationShown(kind="gst", country="CA", number="123456782RT0001"),
        ),
        tax_form=FormOnFile(kind="w8bene", revision="2021-10"),
        bank_account=BankDetails(
            holder="Beispiel Commerce GmbH",
            bank_name="Beispielbank AG",
            iban="DE87123456781234567890",
            bic="EXMPDEFFXXX",
        ),
        currency="EUR",
        payment_terms_days=30,
        client="acme",
        products=("Drawing studio, professional edition, subscription for one year", "Extended support, 12 months"),
    )


def vendor_fact_sheet_us(language: str = "en") -> VendorFactSheet:
    """A customer in Texas pays the American seller, whose W-9 has an EIN and which is registered in many states."""
    states = ("TX", "AZ", "CA", "CO", "FL", "GA", "IL", "MA", "NC", "NJ", "NY", "OH", "PA", "TN", "VA", "WA")
    seller = Seller(
        name="Example Commerce Inc.",
        address=("1 Example Way", "Wilmington, DE 19801", "UNITED STATES"),
        country="US",
        email="tax@example-commerce.example",
        phone="+1 302 555 0100",
        website="https://example-commerce.example",
    )
    return replace(
        vendor_fact_sheet(language),
        header=header(language, "US-FS-2026-000007", "5"),
        seller=seller,
        trade_name=None,
        country_of_incorporation="US",
        mailing_address=("PO Box 100", "Wilmington, DE 19899", "UNITED STATES"),
        customer_name="Lone Star Widgets LLC",
        contacts=(ContactPoint(role="general", email="tax@example-commerce.example", phone="+1 302 555 0100"),),
        registrations=tuple(
            RegistrationShown(kind="sales_tax", country="US", state=state, number=f"{state}-EXAMPLE-{n}")
            for n, state in enumerate(states)
        ),
        tax_form=FormOnFile(kind="w9", revision="2024-03", ein="12-3456789"),
        bank_account=BankDetails(
            holder="Example Commerce Inc.", bank_name="Example Bank NA", account="000987654321", routing="123456780"
        ),
        currency="USD",
        payment_terms_days=None,
        further_products=3,
    )


LETTERS: dict[str, Callable[[str], Facts]] = {
    "credit_note": credit_note,
    "credit_note_tax_only": credit_note_tax_only,
    "credit_note_long": credit_note_long,
    "credit_note_japan": credit_note_japan,
    "corrected_invoice": corrected_invoice,
    "corrected_invoice_domestic": corrected_invoice_domestic,
    "tax_id_evidence": tax_id_evidence,
    "vendor_fact_sheet": vendor_fact_sheet,
    "vendor_fact_sheet_us": vendor_fact_sheet_us,
}
