"""Giving back the price of an order, in full or in part, with the tax that was charged on it.

Rules A5 and A8 decide (``tax_rules/adjust/price.py``): at the original date, rates and treatment. One transaction under
a lock on the order, from the decision to the number of the credit note.
"""

from dataclasses import replace
from decimal import Decimal

from sqlalchemy.orm import Session

from app import clock
from app.actor import Actor
from app.desk import Desk
from app.errors import ExceedsRefundable, Fault, InvalidInput, NothingToRefund
from app.facts import PriceRefundReason, RefundAsked, RefundLineAsked, RefundMode
from app.services.charged_lines import PRICE, charged_lines, decided_line, original_invoice, refuse_unadjustable
from app.services.compose_refund import RefundCase
from app.services.issue_document import document_language
from app.services.issue_refund import Refund, Wish, draft_refund, issue_refund, refund_as_issued
from app.services.read_order import OrderView, view_order, visible_order
from app.services.read_sellers import seller_in_force
from app.services.refund_policy import check_window
from app.store.adjustments import find_by_idempotency
from tax_rules.adjust.charged import ChargedLine
from tax_rules.adjust.price import PriceRefund, refund_price
from tax_rules.decision import unique
from tax_rules.facts import Address
from tax_rules.money import Currency, percent_of
from tax_rules.vat.territory import tax_place

ZERO = Decimal(0)
# What a credit note calls a reason; the customer is not told of a suspicion.
REASON_SHOWN = {
    PriceRefundReason.FRAUD: "order_cancelled",
    PriceRefundReason.OTHER: "price_refunded",
}


def refund_order(
    desk: Desk, actor: Actor, reference: str, asked: RefundAsked, *, dry_run: bool, idempotency: str | None
) -> Refund:
    """Refund the price of an order or show what that would be.

    Returns:
        The adjustment: ``issued`` with its credit note, or ``needs_approval`` with amounts of zero. A dry run changes
        nothing; its ids and numbers are None, and ``evidence.approval`` says whether another person would be asked.
    Raises:
        NotFound, Conflict, InvalidInput, OriginalInvoiceMissing, NothingToRefund, ExceedsRefundable,
        OutsideRefundWindow, Forbidden.
    """
    if dry_run:
        with desk.database.reading() as session:
            view = view_order(session, visible_order(session, actor, reference))
            check_window(desk.settings, actor, view.order, asked, clock.today())
            case = decide_price_refund(desk, session, view, asked)
        adjustment, documents = draft_refund(desk, case, Wish(actor=actor, asked=asked, kind=PRICE))
        return Refund(adjustment, documents)
    with desk.database.writing() as session:
        if known := find_by_idempotency(session, idempotency):
            return refund_as_issued(session, known)
        view = view_order(session, visible_order(session, actor, reference, lock=True))
        check_window(desk.settings, actor, view.order, asked, clock.today())
        case = decide_price_refund(desk, session, view, asked)
        wish = Wish(actor=actor, asked=asked, kind=PRICE, idempotency=idempotency)
        adjustment, documents = issue_refund(desk, session, case, wish)
        return Refund(adjustment, documents)


def decide_price_refund(desk: Desk, session: Session, view: OrderView, asked: RefundAsked) -> RefundCase:
    """Put the wish to the rules, and turn every answer but a refund into the error that says why."""
    order = view.order
    refuse_unadjustable(view, tuple(line.reference for line in asked.lines))
    currency = desk.book.currency(order.currency)
    invoice = original_invoice(view)
    lines = charged_lines(view, tuple(line.reference for line in asked.lines))
    wish = _wish(view, asked, lines, currency)
    seller = seller_in_force(session, order.seller)
    decision = refund_price(lines, wish, currency, tax_of=_states(desk, view, seller.country))
    left = currency.format(decision.refundable or ZERO)
    if decision.reason == "nothing_left":
        raise NothingToRefund("Nothing is left to refund on these lines.", refundable=left, currency=currency.code)
    if decision.reason == "exceeds_refundable":
        raise ExceedsRefundable(
            f"{left} {currency.code} is left to refund here{' with its tax' if wish.tax_included else ' before tax'}.",
            refundable=left,
            currency=currency.code,
        )
    return RefundCase(
        view=view,
        seller=seller,
        decision=replace(decision, law=unique((*decision.law, *_law_of_sale(view, asked)))),
        reason=REASON_SHOWN.get(asked.reason, str(asked.reason)),
        invoice=invoice,
        language=document_language(order.customer.language),
    )


def _wish(view: OrderView, asked: RefundAsked, lines: tuple[ChargedLine, ...], currency: Currency) -> PriceRefund:
    """The wish as the rules want it: what is asked of a line as a share becomes an amount of its price."""
    if asked.mode is RefundMode.FULL:
        return PriceRefund()
    given = {f"/lines/{n}/amount": line.amount for n, line in enumerate(asked.lines)} | {"/amount": asked.amount}
    too_fine = [pointer for pointer, amount in given.items() if amount is not None and not currency.fits(amount)]
    if too_fine:
        words = f"{currency.code} has {currency.digits} decimals."
        raise InvalidInput("The refund was refused.", *(Fault(pointer, "invalid", words) for pointer in too_fine))
    if not asked.lines:
        return PriceRefund(amount=asked.amount, percent=asked.percent, tax_included=asked.tax_included)
    named = {line.reference: (n, line) for n, line in enumerate(asked.lines)}
    pieces = {line.reference: line.quantity for line in view.order.lines}
    amounts = tuple(
        _amount(*named[line.reference], line, pieces[line.reference], asked.tax_included, currency) for line in lines
    )
    return PriceRefund(amounts=amounts, tax_included=asked.tax_included)


def _amount(
    n: int, asked: RefundLineAsked, line: ChargedLine, pieces: Decimal, tax_included: bool, currency: Currency
) -> Decimal | None:
    """What is to go back of a line, of its price as charged or last corrected; None: all of it.

    Raises:
        InvalidInput: more pieces than were sold, or a share below the smallest unit.
        ExceedsRefundable: more than is left of it.
    """
    price = line.base_net + (line.base_tax if tax_included else ZERO)
    left = line.gross_left if tax_included else line.net_left
    if asked.amount is not None:
        amount = asked.amount
    elif asked.percent is not None:
        amount = currency.round(percent_of(price, asked.percent))
    elif asked.quantity is not None:
        if asked.quantity > pieces:
            fault = Fault(f"/lines/{n}/quantity", "too_many", f"{pieces:f} were sold on this line.")
            raise InvalidInput("The refund was refused.", fault)
        amount = currency.round(price * asked.quantity / pieces)
    else:
        return None
    if amount == 0 and left:
        raise InvalidInput("The refund was refused.", Fault(f"/lines/{n}", "too_small", "This is less than a cent."))
    if amount > left:
        over = f"{currency.format(left)} {currency.code} is left to refund on line {line.reference}."
        raise ExceedsRefundable(
            over,
            Fault(f"/lines/{n}", "exceeds_refundable", over),
            refundable=currency.format(left),
            currency=currency.code,
        )
    return amount


def _states(desk: Desk, view: OrderView, seller_country: str) -> tuple[str, ...]:
    """Whose tax law the sale was under: the states of the tax and of the seller, with the EU where one is a member."""
    countries = dict.fromkeys((*(line.tax_country for line in view.order.lines if line.tax), seller_country))
    places = [tax_place(Address(country=c), view.order.supply_date, desk.book) for c in countries]
    union = ("EU",) if any(place.is_eu for place in places) else ()
    return (*union, *countries)


def _law_of_sale(view: OrderView, asked: RefundAsked) -> tuple[str, ...]:
    """The law by which the lines were taxed, as the decision kept with the order says it."""
    named = {line.reference for line in asked.lines}
    lines = (line.reference for line in view.order.lines if not named or line.reference in named)
    return tuple(law for reference in lines for law in decided_line(view, reference).get("law", ()))
