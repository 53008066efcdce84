"""Example facts of invoices, quotes and statements."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

from app.documents.examples.letters import CUSTOMER, FRENCH_ID, SELLER, header, lines, reverse_charge_notice, sums
from app.documents.facts import (
    Adjusted,
    Facts,
    Invoice,
    InvoiceReference,
    Line,
    MoneyMoved,
    Party,
    ProForma,
    Quote,
    Reasoning,
    RefundStatement,
    RowShown,
    StepShown,
    TaxShare,
    TaxStatement,
    TaxTotal,
    Totals,
)

TEXAN = Party(
    name="Lone Star Widgets LLC",
    address=("500 Example Blvd", "Austin, TX 78701", "UNITED STATES"),
    country="US",
)
DIGEST = "5f0c" * 16
STACK = (("TX", "6.25"), ("Austin, TX", "1"), ("Austin Metropolitan Transit Authority, TX", "1"))


def invoice(language: str = "en", rows: int = 2, currency: str = "EUR", places: int = 2) -> Invoice:
    """A French consumer is billed French VAT; a part is paid."""
    goods = lines(rows, places=places)
    tax_totals, totals = sums(goods, "FR")
    paid = (totals.gross / 2).quantize(totals.gross)
    return Invoice(
        header=header(language, "DE-IN-2026-000512", "6"),
        seller=SELLER,
        customer=CUSTOMER,
        supply_date=date(2026, 11, 20),
        currency=currency,
        lines=goods,
        tax_totals=tax_totals,
        totals=totals,
        amount_paid=paid,
        amount_due=totals.gross - paid,
        due_on=date(2026, 12, 22),
        law=("2006/112/EC Art. 226",),
    )


def invoice_reverse_charge(language: str = "en") -> Invoice:
    """A copy of the invoice of a French business, which accounts for the tax itself."""
    goods = lines(rate=None)
    tax_totals, totals = sums(goods, "FR")
    return replace(
        invoice(language),
        header=header(language, "DE-IC-2026-000009", "7"),
        customer=replace(CUSTOMER, tax_ids=(FRENCH_ID,)),
        copy_of=InvoiceReference(number="R-2026-008812", issued_on=date(2026, 10, 3)),
        lines=goods,
        tax_totals=tax_totals,
        totals=totals,
        amount_paid=totals.gross,
        amount_due=totals.gross - totals.gross,
        due_on=None,
        notices=(reverse_charge_notice(language),),
    )


def invoice_texas(language: str = "en") -> Invoice:
    """A business in Austin pays the tax of the state, the city and the transit authority, rounded together."""
    goods, tax_totals, totals, taxes = _taxed_in_texas()
    return replace(
        invoice(language),
        header=header(language, "US-IN-2026-000077", "8"),
        customer=TEXAN,
        currency="USD",
        lines=goods,
        tax_totals=tax_totals,
        totals=totals,
        taxes=taxes,
        certificate="TX-01-339-4471",
        amount_paid=totals.gross,
        amount_due=totals.gross - totals.gross,
        due_on=None,
        law=(),
    )


def quote(language: str = "en") -> Quote:
    """What the subscription would cost in France."""
    goods = lines()
    tax_totals, totals = sums(goods, "FR")
    return Quote(
        header=header(language, "DE-QU-2026-000101", "9"),
        seller=SELLER,
        customer=CUSTOMER,
        currency="EUR",
        lines=goods,
        tax_totals=tax_totals,
        totals=totals,
    )


def pro_forma(language: str = "en") -> ProForma:
    """A Kuwaiti business asks for the figures before it pays; no tax is collected there."""
    goods = tuple(replace(line, category="O") for line in lines(rate=None, places=3))
    tax_totals, totals = sums(goods, "KW")
    customer = Party(
        name="شركة البرمجيات المحدودة (Soft)",
        romanised_name="Al Barmajiyat Software Co. W.L.L.",
        address=("شارع فهد السالم 12", "13001 مدينة الكويت", "KUWAIT"),
        country="KW",
    )
    return ProForma(
        header=header(language, "DE-PF-2026-000033", "a"),
        seller=SELLER,
        customer=customer,
        supply_date=date(2026, 11, 22),
        currency="KWD",
        lines=goods,
        tax_totals=tax_totals,
        totals=totals,
    )


def tax_statement(language: str = "en", rows: int = 2) -> TaxStatement:
    """Why a French consumer pays 20 %: place of supply, scheme and rate."""
    bill = invoice(language, rows=rows)
    rate = RowShown(
        id="vat.standard_rate/FR/2014-01-01",
        valid_from=date(2014, 1, 1),
        value="20",
        law="CGI Art. 278",
        source="Legifrance, CGI Art. 278",
        confidence="high",
    )
    steps = (
        StepShown(
            text="The customer is a consumer in France, so the place of the electronic service is France.",
            law="Directive 2006/112/EC Art. 58(1)",
        ),
        StepShown(text="Seller de reports this tax in the Union scheme.", law="Directive 2006/112/EC Art. 369a-369k"),
        StepShown(text="The standard rate of France on 2026-11-20 is 20 %.", law="CGI Art. 278", row=rate.id),
    )
    reasoning = Reasoning(
        lines=tuple(range(1, rows + 1)),
        outcome="charge",
        taxability="standard_rated",
        rate_percent=Decimal(20),
        steps=steps,
        rows=(rate,),
        confidence="high",
    )
    return TaxStatement(
        header=header(language, "DE-TS-2026-000210", "b"),
        seller=SELLER,
        customer=CUSTOMER,
        original_invoice=InvoiceReference(number=bill.header.number, issued_on=bill.header.issued_on),
        supply_date=date(2026, 11, 20),
        currency=bill.currency,
        lines=bill.lines,
        tax_totals=bill.tax_totals,
        totals=bill.totals,
        reasonings=(reasoning,),
        steps_language="en",
        rulebook_version="2026.11",
        rulebook_sha256=DIGEST,
    )


def tax_statement_texas(language: str = "en") -> TaxStatement:
    """Three taxes on one sale, one line that was charged otherwise than the rules say, and one without a decision."""
    goods, tax_totals, totals, taxes = _taxed_in_texas(4)
    base = tax_statement(language)
    first = replace(base.reasonings[0], lines=(1, 3), rate_percent=Decimal("8.25"), taxes=taxes)
    other = replace(first, lines=(2,), taxability="portion_taxable", taxes=(), confidence="low", is_stated=True)
    return replace(
        base,
        header=header(language, "US-TS-2026-000014", "c"),
        customer=TEXAN,
        currency="USD",
        original_invoice=None,
        lines=goods,
        tax_totals=tax_totals,
        totals=totals,
        reasonings=(first, other),
        undecided=(4,),
        certificate="TX-01-339-4471",
        warnings=("The place was found by ZIP code only; the address may lie in another city.",),
    )


def refund_statement(language: str = "en") -> RefundStatement:
    """An order paid by card, partly refunded, then freed of its tax; the last repayment is still on its way."""
    return RefundStatement(
        header=header(language, "DE-RS-2026-000044", "d"),
        seller=SELLER,
        customer=CUSTOMER,
        original_invoice=InvoiceReference(number="R-2026-008812", issued_on=date(2026, 10, 3)),
        supply_date=date(2026, 10, 3),
        currency="EUR",
        charged=_totals("198.00", "39.60"),
        adjustments=(
            Adjusted(
                issued_on=date(2026, 10, 20),
                reason="price_adjustment",
                credited=_totals("48.00", "9.60"),
                documents=("DE-CN-2026-000401",),
                law=("Directive 2006/112/EC Art. 90(1)",),
            ),
            Adjusted(
                issued_on=date(2026, 11, 22),
                reason="vat_id_provided",
                credited=_totals("0.00", "30.00"),
                documents=("DE-CN-2026-000417", "DE-IN-2026-000391"),
                law=("Directive 2006/112/EC Art. 90, 219", "Regulation (EU) No 282/2011 Art. 18"),
            ),
        ),
        credited=_totals("48.00", "39.60"),
        remaining=_totals("150.00", "0.00"),
        movements=(
            MoneyMoved(
                on=date(2026, 10, 3), kind="payment", option="Visa", reference="PAY-88120", amount=Decimal("237.60")
            ),
            MoneyMoved(
                on=date(2026, 10, 21), kind="refund", option="Visa", reference="RF-88120-1", amount=Decimal("57.60")
            ),
        ),
        paid=Decimal("237.60"),
        refunded=Decimal("57.60"),
        outstanding=Decimal("-30.00"),
    )


def refund_statement_untouched(language: str = "en") -> RefundStatement:
    """An order in yen of which nothing was credited and nothing paid."""
    charged, none = Totals(net=Decimal(1200), tax=Decimal(120), gross=Decimal(1320)), Decimal(0)
    return replace(
        refund_statement(language),
        original_invoice=None,
        currency="JPY",
        charged=charged,
        adjustments=(),
        credited=Totals(net=none, tax=none, gross=none),
        remaining=charged,
        movements=(),
        paid=none,
        refunded=none,
        outstanding=charged.gross,
    )


def _totals(net: str, tax: str) -> Totals:
    return Totals(net=Decimal(net), tax=Decimal(tax), gross=Decimal(net) + Decimal(tax))


def _taxed_in_texas(
    rows: int = 2,
) -> tuple[tuple[Line, ...], tuple[TaxTotal, ...], Totals, tuple[TaxShare, ...]]:
    """Lines of 100.00 at 8.25 % with the shares of state, city and transit authority."""
    goods = tuple(
        replace(line, net=Decimal("100.00"), rate_percent=Decimal("8.25"), tax=Decimal("8.25"), gross=Decimal("108.25"))
        for line in lines(rows)
    )
    (total,), totals = sums(goods, "US")
    taxes = tuple(
        TaxShare(
            country="US",
            place=place,
            tax_type="sales_tax",
            rate_percent=Decimal(rate),
            taxable=totals.net,
            tax=(totals.net * Decimal(rate) / 100).quantize(totals.net),
        )
        for place, rate in STACK
    )
    return goods, (replace(total, tax_type="sales_tax"),), totals, taxes


SALES: dict[str, Callable[[str], Facts]] = {
    "invoice": invoice,
    "invoice_reverse_charge": invoice_reverse_charge,
    "invoice_texas": invoice_texas,
    "quote": quote,
    "pro_forma": pro_forma,
    "tax_statement": tax_statement,
    "tax_statement_texas": tax_statement_texas,
    "refund_statement": refund_statement,
    "refund_statement_untouched": refund_statement_untouched,
}
