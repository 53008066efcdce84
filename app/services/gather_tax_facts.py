"""Gathering what the tax rules must know of a seller and a customer: whose word counts for a tax ID, and since when."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from app.actor import Actor, Scope
from app.facts import Address, Customer, TaxId
from app.store.tax_id_checks import StoredCheck, find_answered_check, find_check
from tax_rules import facts
from tax_rules.identifiers import check_identifier
from tax_rules.rulebook import RuleBook
from tax_rules.vat.evidence import number_country

FRESH_DAYS = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class GatheredCustomer:
    """The customer as the rules see it, and the checks that its numbers rest on."""

    customer: facts.Customer
    checks: tuple[str, ...]


def gather_customer(
    session: Session, actor: Actor, customer: Customer, *, book: RuleBook, tax_date: date
) -> GatheredCustomer:
    """The customer with the status of each tax ID.

    A number is evidence by the check that ``check_id`` names, or by a check of ours answered within a day of the tax
    date. Only a caller with scope ``admin`` may assert a status. A number that cannot exist is ``malformed``; any other
    is ``not_checked``.
    """
    gathered = [
        gather_tax_id(session, actor, t, book=book, home=customer.address.country, on=tax_date)
        for t in customer.tax_ids
    ]
    return GatheredCustomer(
        facts.Customer(
            kind=facts.CustomerKind(customer.kind),
            address=as_place(customer.address),
            tax_ids=tuple(found for found, _ in gathered),
        ),
        tuple(check.id for _, check in gathered if check),
    )


def as_place(address: Address) -> facts.Address:
    """A postal address as the rules see it."""
    return facts.Address(
        country=address.country,
        state=address.state,
        county=address.county,
        city=address.city,
        postal_code=address.postal_code,
        line1=address.line1,
    )


def gather_tax_id(
    session: Session, actor: Actor, tax_id: TaxId, *, book: RuleBook, home: str, on: date
) -> tuple[facts.TaxId, StoredCheck | None]:
    """One tax ID with what is known of it, and the check that says so."""
    country = number_country(tax_id.number, customer_country=home, on=on, book=book)
    offline = check_identifier(country, tax_id.number, kind=tax_id.kind)
    number = offline.number
    if offline.valid is False:
        return facts.TaxId(kind=tax_id.kind, number=number, country=country, status=facts.TaxIdStatus.MALFORMED), None
    check = find_check(session, tax_id.check_id) if tax_id.check_id else None
    if check is not None and (check.number != number or not actor.may_see(check.client)):
        check = None  # somebody else's check, or one of another number, proves nothing
    if check is None and tax_id.check_id is None:
        check = find_answered_check(session, number, first_day=on - FRESH_DAYS, last_day=on + FRESH_DAYS)
    if check is not None:
        status, asserted, since = facts.TaxIdStatus(check.status), False, check.valid_from
    elif tax_id.status and actor.may(Scope.ADMIN):
        status, asserted, since = facts.TaxIdStatus(tax_id.status), True, None
    else:
        status, asserted, since = facts.TaxIdStatus.NOT_CHECKED, False, None
    found = facts.TaxId(
        kind=tax_id.kind, number=number, country=offline.country, status=status, valid_from=since, asserted=asserted
    )
    return found, check
