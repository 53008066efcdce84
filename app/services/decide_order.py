"""The tax of an order as the rules say it, kept with its proof and compared with what was charged."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from app import clock
from app.actor import Actor
from app.desk import Desk
from app.errors import Fault, TaxUndetermined
from app.facts import Order, as_json
from app.ids import new_id
from app.models.decisions import DecisionRow
from app.sellers import SellerEntity
from app.services.find_local_rates import local_stacks
from app.services.gather_tax_facts import as_place, gather_customer
from app.services.read_sellers import seller_in_force
from tax_rules import facts
from tax_rules.calculate import Calculation, calculate
from tax_rules.decision import Outcome, Treatment
from tax_rules.explain import caution_in_words
from tax_rules.rulebook import RuleBook

Describe = Callable[[Calculation], dict[str, Any]]


def decide_order(
    desk: Desk, session: Session, actor: Actor, reference: str, order: Order, describe: Describe
) -> tuple[Calculation, str, tuple[dict[str, Any], ...]]:
    """Calculate the tax as the rules say it, keep the decision, and compare it with what was charged.

    Returns:
        The calculation, the id of the decision that is kept, and warnings where another tax was charged.
    Raises:
        TaxUndetermined: no rule gives the tax of a line, and none was stated.
    """
    seller = seller_in_force(session, order.seller)
    gathered = gather_customer(session, actor, order.customer, book=desk.book, tax_date=order.supply_date)
    sale = _sale(session, order, seller, gathered.customer)
    calculation = calculate(sale, desk.book)
    _refuse_undetermined(order, calculation, desk.book)
    decision_id = new_id("dec")
    session.add(
        DecisionRow(
            id=decision_id,
            reference=reference,
            client_code=order.client,
            request={"order": reference, "tax_id_checks": list(gathered.checks), "lines": as_json(order)["lines"]},
            answer=describe(calculation),
            rulebook_sha256=desk.book.sha256,
            created_at=clock.now(),
        )
    )
    session.flush()
    return calculation, decision_id, _differences(order, calculation)


def _sale(session: Session, order: Order, seller: SellerEntity, customer: facts.Customer) -> facts.Sale:
    ship_from, ship_to = (as_place(place) if place else None for place in (order.ship_from, order.ship_to))
    origin = ship_from.state if ship_from else None
    return facts.Sale(
        seller=seller.facts(),
        customer=customer,
        currency=order.currency,
        tax_date=order.supply_date,
        lines=tuple(
            facts.SaleLine(
                reference=line.reference,
                product_kind=facts.ProductKind(line.product_kind),
                amount=line.amount,
                quantity=line.quantity,
                tax_behavior=facts.TaxBehavior(line.tax_behavior),
            )
            for line in order.lines
        ),
        ship_from=ship_from,
        ship_to=ship_to,
        local_stacks=local_stacks(session, [ship_to or customer.address], order.supply_date, origin_state=origin),
    )


def _refuse_undetermined(order: Order, calculation: Calculation, book: RuleBook) -> None:
    faults = [
        Fault(f"/lines/{n}/tax", str(taxed.treatment.reason), _missing(taxed.treatment, book))
        for n, (line, taxed) in enumerate(zip(order.lines, calculation.lines, strict=True))
        if taxed.treatment.outcome is Outcome.UNDETERMINED and line.tax is None
    ]
    if faults and order.charged_tax is None:
        raise TaxUndetermined("The order was not stored: the tax of some lines cannot be determined.", *faults)


def _missing(treatment: Treatment, book: RuleBook) -> str:
    """What a line lacks, in words, and what can be done instead."""
    told = [caution_in_words(warning, "en", book) for warning in treatment.warnings]
    return " ".join((*told, "No rule of ours gives the tax here; state what was charged."))


def _differences(order: Order, calculation: Calculation) -> tuple[dict[str, Any], ...]:
    """Where the caller charged another tax than the rules say; the order keeps what was charged."""
    found: list[dict[str, Any]] = []
    for line, taxed in zip(order.lines, calculation.lines, strict=True):
        if line.tax and taxed.amounts and line.tax.amount != taxed.amounts.tax:
            message = f"Charged {line.tax.amount} {order.currency}, the rules give {taxed.amounts.tax}."
            found.append({"code": "charged_tax_differs", "message": message, "line": line.reference})
    if order.charged_tax is not None and not found and calculation.tax not in (None, order.charged_tax):
        message = f"Charged {order.charged_tax} {order.currency} in all, the rules give {calculation.tax}."
        found.append({"code": "charged_tax_differs", "message": message})
    return tuple(found)
