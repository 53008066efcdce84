"""The documents of a refund, composed from the order and the decision: nothing is decided here."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from app.documents import facts
from app.facts import Address, Customer, Invoice, PaymentKind
from app.i18n import Language
from app.postal import address_lines
from app.reference.load import reference
from app.sellers import SellerEntity
from app.services.charged_lines import tax_type
from app.services.issue_document import seller_block
from app.services.read_order import OrderView
from app.store.orders import OrderLine
from tax_rules.adjust.decision import AdjustmentDecision, Credits, RefundLine
from tax_rules.decision import Outcome
from tax_rules.facts import TaxId

ZERO = Decimal(0)
CORRECTION_LAW = ("Directive 2006/112/EC Art. 219", "Directive 2006/112/EC Art. 226")


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundCase:
    """Everything that the documents of one refund are made from."""

    view: OrderView
    seller: SellerEntity
    decision: AdjustmentDecision
    reason: str
    tax_id: TaxId | None = None
    address: Address | None = None
    invoice: Invoice
    language: Language

    @property
    def places(self) -> Decimal:
        """Zero with the decimals of the order's currency."""
        line = self.view.order.lines[0]
        return line.net - line.net


def credit_note(case: RefundCase, header: facts.Header) -> facts.CreditNote:
    """The credit note: it names the original invoice and what of it is credited; the buyer stands as invoiced.

    Law: Directive 2006/112/EC Art. 219.
    """
    order = case.view.order
    credited = case.decision.credits
    rows = tuple(
        _row(line, *_credited(r, credited), r.rate_before, line.vat_category or "S") for line, r in _pairs(case)
    )
    totals = _totals(case, rows)
    refunded = case.decision.gross_refund
    is_offset = credited is Credits.INVOICE and case.view.totals.paid
    return facts.CreditNote(
        header=header,
        seller=seller_block(case.seller, case.language, order.supply_date, order.lines[0].tax_country),
        customer=party(order.customer, case.language, with_tax_id=None),
        original_invoice=facts.InvoiceReference(number=case.invoice.number, issued_on=case.invoice.issued_on),
        supply_date=order.supply_date,
        currency=order.currency,
        credits="tax" if credited is Credits.TAX else "invoice",
        reason=case.reason,  # type: ignore[arg-type] - the same words
        lines=rows,
        tax_totals=_tax_totals(case, rows),
        totals=totals,
        offset_amount=totals.gross - refunded if is_offset else None,
        refund=_refund(case, refunded),
        law=_unique((*CORRECTION_LAW, *case.decision.law)),
    )


def new_invoice(case: RefundCase, header: facts.Header, *, credit_note_number: str | None) -> facts.CorrectedInvoice:
    """The invoice that takes the original's place, with the buyer's tax ID and the wording that the law wants.

    Law: Directive 2006/112/EC Art. 226.
    """
    order, decision = case.view.order, case.decision
    is_new = credit_note_number is not None
    rows = tuple(
        _row(line, r.net, r.tax_after, *(_corrected(case, r) if is_new else (r.rate_before, line.vat_category or "S")))
        for line, r in _pairs(case)
    )
    customer = replace(order.customer, address=case.address) if case.address else order.customer
    totals = _totals(case, rows)
    is_paid = case.view.totals.outstanding <= 0
    return facts.CorrectedInvoice(
        header=header,
        seller=seller_block(case.seller, case.language, order.supply_date, case.seller.country),
        customer=party(customer, case.language, with_tax_id=case.tax_id),
        replacement="new_invoice" if is_new else "amended_invoice",
        original_invoice=facts.InvoiceReference(number=case.invoice.number, issued_on=case.invoice.issued_on),
        credit_note_number=credit_note_number,
        supply_date=order.supply_date,
        currency=order.currency,
        lines=rows,
        tax_totals=_tax_totals(case, rows, is_new=is_new),
        totals=totals,
        amount_paid=totals.gross if is_paid else case.places,
        amount_due=case.places if is_paid else totals.gross,
        notices=_notices(case),
        law=_unique((*CORRECTION_LAW, *decision.law)),
    )


def _corrected(case: RefundCase, line: RefundLine) -> tuple[Decimal | None, str]:
    """Rate and category of a row of the new invoice; no rate where no tax is charged."""
    treatment = line.treatment or case.decision.treatment
    category = (treatment and treatment.vat_category) or "S"
    is_taxed = treatment is not None and treatment.outcome in (Outcome.CHARGE, Outcome.ZERO_RATED)
    return treatment.rate if treatment and is_taxed else None, category


def _credited(line: RefundLine, what: Credits) -> tuple[Decimal, Decimal]:
    """Net and tax of a row: what stood, what goes back, or the net that stays beside the tax that goes."""
    if what is Credits.INVOICE:
        return line.net, line.tax_before
    return (line.net_refund if what is Credits.PRICE else line.net), line.tax_refund


def _pairs(case: RefundCase) -> Iterable[tuple[OrderLine, RefundLine]]:
    lines = {line.reference: line for line in case.view.order.lines}
    return [(lines[refunded.reference], refunded) for refunded in case.decision.lines]


def _row(line: OrderLine, net: Decimal, tax: Decimal, rate: Decimal | None, category: str) -> facts.Line:
    zero = line.net - line.net
    return facts.Line(
        reference=line.reference,
        description=line.description,
        quantity=line.quantity,
        net=net + zero,
        rate_percent=rate,
        tax=tax + zero,
        gross=net + tax + zero,
        category=category,  # type: ignore[arg-type] - EN 16931 codes
    )


def _totals(case: RefundCase, rows: tuple[facts.Line, ...]) -> facts.Totals:
    net = sum((row.net for row in rows), case.places)
    tax = sum((row.tax for row in rows), case.places)
    return facts.Totals(net=net, tax=tax, gross=net + tax)


def _tax_totals(case: RefundCase, rows: tuple[facts.Line, ...], *, is_new: bool = False) -> tuple[facts.TaxTotal, ...]:
    """Sums by category, rate and the state whose tax it is: after a correction that may be another."""
    countries = {line.reference: line.tax_country for line in case.view.order.lines}
    if is_new:
        decided = {line.reference: line.treatment for line in case.decision.lines}
        countries |= {name: t.jurisdiction.country for name, t in decided.items() if t is not None}
    kinds = {line.reference: tax_type(case.view, line) for line in case.view.order.lines}
    sums: dict[tuple[str, Decimal | None, str | None, str], tuple[Decimal, Decimal]] = {}
    for row in rows:
        country = countries[row.reference] if row.rate_percent is not None else None
        key = (row.category, row.rate_percent, country, kinds[row.reference])
        net, tax = sums.get(key, (case.places, case.places))
        sums[key] = (net + row.net, tax + row.tax)
    return tuple(
        facts.TaxTotal(category=category, rate_percent=rate, country=country, tax_type=kind, net=net, tax=tax)  # type: ignore[arg-type]
        for (category, rate, country, kind), (net, tax) in sums.items()
    )


def _refund(case: RefundCase, amount: Decimal) -> facts.Refund | None:
    """The money that goes back: by the option of the last payment, where anything was paid."""
    payments = [p for p in case.view.payments if p.kind == PaymentKind.PAYMENT]
    if not payments or not amount:
        return None
    option = reference().payment_options[payments[-1].option]
    return facts.Refund(
        amount=amount + case.places,
        payment_option=option.names.in_language(case.language.tag.split("-")[0]),
        arrives_days_from=option.refund_days[0],
        arrives_days_to=option.refund_days[1],
    )


def _notices(case: RefundCase) -> tuple[facts.Notice, ...]:
    """The notices of the decision in the document's language, English where the law's wording has none of it."""
    wanted = case.language.tag.split("-")[0]
    by_code: dict[str, dict[str, str]] = {}
    for notice in case.decision.notices:
        by_code.setdefault(notice.code, {})[notice.language] = notice.text
    return tuple(
        facts.Notice(code=code, text=texts.get(wanted) or texts.get("en") or next(iter(texts.values())))
        for code, texts in by_code.items()
    )


def party(customer: Customer, language: Language, *, with_tax_id: TaxId | None) -> facts.Party:
    """The buyer; with the tax ID only on the document that the law wants it on."""
    given = tuple(facts.TaxId(kind="vat", number=t.number, country=customer.address.country) for t in customer.tax_ids)
    new = with_tax_id and (facts.TaxId(kind="vat", number=with_tax_id.number, country=with_tax_id.country),)
    return facts.Party(
        name=customer.name,
        romanised_name=customer.romanised_name,
        address=address_lines(customer.address, language),
        country=customer.address.country,
        tax_ids=new or given,
    )


def _unique(law: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(law))
