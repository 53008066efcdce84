"""What an order is offered and billed by, composed from the order and its stored decision: nothing is decided here."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from app.documents import facts
from app.errors import Fault, InvalidInput
from app.facts import Invoice, OrderStatus
from app.i18n import Language
from app.sellers import SellerEntity
from app.services.charged_lines import invoice_issued, tax_type
from app.services.compose_refund import party
from app.services.explain_decision import Explanation, LineShown
from app.services.issue_document import Issue, document_language, seller_block
from app.services.read_order import OrderView
from app.store.orders import OrderLine
from tax_rules.decision import unique

BILLED = frozenset({OrderStatus.OPEN, OrderStatus.PAID, OrderStatus.PARTIALLY_REFUNDED, OrderStatus.REFUNDED})
COPIES = "invoice_copy"  # the series of copies: an invoice's own series counts invoices alone


def sale_issue(
    view: OrderView,
    explained: Explanation | None,
    seller: SellerEntity,
    *,
    kind: str,
    language: str | None,
    idempotency: str,
    actor: str,
) -> Issue:
    """An invoice, a quote or a pro-forma invoice as ``issue_document`` takes it.

    One supply has one invoice (Directive 2006/112/EC Art. 203, 220): of an order that names one, or that was given one,
    an ``invoice`` is a copy that names the first and counts in a series of its own.
    Raises:
        InvalidInput: the order is no quote, or has nothing that could be billed.
    """
    order = view.order
    original = invoice_of(view) if kind == facts.Invoice.kind else None
    if original is None:
        why = refusal_by_status(kind, OrderStatus(order.status))
        if why:
            raise InvalidInput("Nothing was issued.", Fault("/kind", "not_by_status", why))
    words = document_language(language or order.customer.language)
    makers = {facts.Invoice.kind: _invoice, facts.Quote.kind: _quote, facts.ProForma.kind: _pro_forma}
    return Issue(
        kind=kind,
        order=order,
        language=words,
        facts=partial(makers[kind], view, explained, seller, words, original),
        idempotency=idempotency,
        actor=actor,
        series=COPIES if original else None,
    )


def invoice_of(view: OrderView) -> Invoice | None:
    """The invoice of the order: the first that it names, else the one that was issued here."""
    if view.order.invoices:
        return min(view.order.invoices, key=lambda invoice: (invoice.issued_on, invoice.number))
    return invoice_issued(view)


def refusal_by_status(kind: str, status: OrderStatus) -> str | None:
    """Why an order of this status is given no document of this kind; None where it is."""
    is_quote = status == OrderStatus.QUOTE
    return {
        facts.Quote.kind: None if is_quote else "Only an order with status quote has a quote.",
        facts.Invoice.kind: None if status in BILLED else f"An order with status {status} is not billed yet.",
        facts.ProForma.kind: "A cancelled order is not billed." if status == OrderStatus.CANCELLED else None,
    }[kind]


def _invoice(
    view: OrderView,
    explained: Explanation | None,
    seller: SellerEntity,
    words: Language,
    original: Invoice | None,
    header: facts.Header,
) -> facts.Invoice:
    order, zero = view.order, _zero(view)
    paid = min(max(view.totals.paid, Decimal(0)), order.gross) + zero
    due = order.gross - paid
    terms = order.payment_terms_days
    copied = original and facts.InvoiceReference(number=original.number, issued_on=original.issued_on)
    begins = original.issued_on if original else header.issued_on
    return facts.Invoice(
        **_members(view, explained, seller, words, header),
        supply_date=order.supply_date,
        copy_of=copied,
        amount_paid=paid,
        amount_due=due,
        due_on=begins + timedelta(days=terms) if terms is not None and due else None,
    )


def _quote(
    view: OrderView,
    explained: Explanation | None,
    seller: SellerEntity,
    words: Language,
    _original: Invoice | None,
    header: facts.Header,
) -> facts.Quote:
    return facts.Quote(**_members(view, explained, seller, words, header))


def _pro_forma(
    view: OrderView,
    explained: Explanation | None,
    seller: SellerEntity,
    words: Language,
    _original: Invoice | None,
    header: facts.Header,
) -> facts.ProForma:
    return facts.ProForma(**_members(view, explained, seller, words, header))


def _members(
    view: OrderView, explained: Explanation | None, seller: SellerEntity, words: Language, header: facts.Header
) -> dict[str, Any]:
    order = view.order
    agrees = explained if explained and decides_what_was_charged(view, explained) else None
    return {
        "header": header,
        "seller": seller_block(seller, words, order.supply_date, order.lines[0].tax_country),
        "customer": party(order.customer, words, with_tax_id=None),
        "currency": order.currency,
        "lines": tuple(rows_of(view)),
        "tax_totals": totals_by_rate(view),
        "totals": sums_of(view),
        "taxes": taxes_of(agrees.lines) if agrees else (),
        "certificate": certificate_of(explained),
        "notices": notices_of(view, words) if agrees else (),
        "law": unique(tuple(law for line in agrees.lines for law in line.law)) if agrees else (),
    }


def rows_of(view: OrderView) -> list[facts.Line]:
    """The lines as they were charged."""
    return [
        facts.Line(
            reference=line.reference,
            description=line.description,
            quantity=line.quantity,
            net=line.net,
            rate_percent=_rate(line),
            tax=line.tax,
            gross=line.gross,
            category=line.vat_category or "S",  # type: ignore[arg-type] - EN 16931 codes
        )
        for line in view.order.lines
    ]


def sums_of(view: OrderView) -> facts.Totals:
    """What was charged in all."""
    zero = _zero(view)
    net, tax = view.order.net + zero, view.order.tax + zero
    return facts.Totals(net=net, tax=tax, gross=net + tax)


def totals_by_rate(view: OrderView) -> tuple[facts.TaxTotal, ...]:
    """What was charged by category, rate, country and kind of tax."""
    sums: dict[tuple[str, Decimal | None, str | None, str], tuple[Decimal, Decimal]] = {}
    for line in view.order.lines:
        rate = _rate(line)
        country = line.tax_country if rate is not None else None
        key = (line.vat_category or "S", rate, country, tax_type(view, line))
        net, tax = sums.get(key, (_zero(view), _zero(view)))
        sums[key] = (net + line.net, tax + line.tax)
    return tuple(
        facts.TaxTotal(category=category, rate_percent=rate, country=country, tax_type=kind, net=net, tax=tax)  # type: ignore[arg-type]
        for (category, rate, country, kind), (net, tax) in sums.items()
    )


def taxes_of(lines: Iterable[LineShown]) -> tuple[facts.TaxShare, ...]:
    """The taxes of a stack, each jurisdiction's summed at its rate; empty where one tax alone is charged."""
    sums: dict[tuple[str, str | None, str, Decimal], tuple[Decimal, Decimal]] = {}
    for line in lines:
        for share in line.tax_breakdown:
            if share.tax_type is None:
                continue
            place = share.jurisdiction
            key = (place["country"], place_of(place), share.tax_type, share.rate_percent)
            taxable, tax = sums.get(key, (share.taxable_amount - share.taxable_amount,) * 2)
            sums[key] = (taxable + share.taxable_amount, tax + share.tax_amount)
    if len({key[:3] for key in sums}) < 2:
        return ()
    return tuple(
        facts.TaxShare(country=country, place=place, tax_type=kind, rate_percent=rate, taxable=taxable, tax=tax)  # type: ignore[arg-type]
        for (country, place, kind, rate), (taxable, tax) in sums.items()
    )


def place_of(jurisdiction: Mapping[str, str]) -> str | None:
    """What a jurisdiction below its country is called: ``Travis County, TX``; None for the country itself."""
    state, name = jurisdiction.get("state"), jurisdiction.get("name") or jurisdiction.get("code")
    if jurisdiction.get("level") in {None, "country"} or not (state or name):
        return None
    return ", ".join(dict.fromkeys(part for part in (name, state) if part))


def decides_what_was_charged(view: OrderView, explained: Explanation) -> bool:
    """Whether the decision gives, line by line, the tax that was charged."""
    decided = explained.by_reference
    return all(
        line.reference in decided and decided[line.reference].tax_amount == line.tax for line in view.order.lines
    )


def certificate_of(explained: Explanation | None) -> str | None:
    """The reference of the exemption certificate that a step of the decision rests on."""
    steps = (step for line in (explained.lines if explained else ()) for step in line.steps)
    return next((step.facts["certificate"] for step in steps if step.facts.get("certificate")), None)


def notices_of(view: OrderView, words: Language) -> tuple[facts.Notice, ...]:
    """The wordings that the decision wants on the document, in its language where the law has it, else in English."""
    by_code: dict[str, dict[str, str]] = {}
    for notice in (view.decision or {}).get("notices", ()):
        by_code.setdefault(notice["code"], {})[notice["language"]] = notice["text"]
    wanted = words.tag.split("-")[0]
    return tuple(
        facts.Notice(code=code, text=texts.get(wanted) or texts.get("en") or next(iter(texts.values())))
        for code, texts in by_code.items()
    )


def _rate(line: OrderLine) -> Decimal | None:
    """The rate that a row shows: none where tax is not charged by a rate (reverse charge, out of scope)."""
    return None if line.vat_category in {"AE", "K", "G", "E", "O"} else line.rate_percent


def _zero(view: OrderView) -> Decimal:
    """Zero with the decimals of the order's currency."""
    return view.order.lines[0].net - view.order.lines[0].net
