"""The fact sheet for a customer's accounts-payable department, composed from the order and the seller entity."""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import partial

from app.documents import facts
from app.i18n import Language
from app.postal import address_lines
from app.sellers import BankAccount, SellerEntity
from app.services.issue_document import Issue, document_language, seller_block
from app.store.orders import StoredOrder
from tax_rules.facts import Registration

KIND = facts.VendorFactSheet.kind
MOST_PRODUCTS = 6


def fact_sheet_issue(
    order: StoredOrder, seller: SellerEntity, *, idempotency: str, actor: str, language: str | None = None
) -> Issue:
    """The fact sheet as :func:`app.services.issue_document.issue_document` takes it.

    Args:
        seller: the entity of the order, as it is in force.
        language: a BCP 47 tag; without one the customer's.
    """
    words = document_language(language or order.customer.language)
    return Issue(
        kind=KIND,
        order=order,
        language=words,
        facts=partial(vendor_fact_sheet, order, seller, words),
        idempotency=idempotency,
        actor=actor,
    )


def vendor_fact_sheet(
    order: StoredOrder, seller: SellerEntity, words: Language, header: facts.Header
) -> facts.VendorFactSheet:
    """Who we are, where we are registered on the day of issue, and the account for the order's currency, in full."""
    country = order.customer.address.country
    products = tuple(dict.fromkeys(line.description for line in order.lines))
    mailing = seller.mailing_address
    return facts.VendorFactSheet(
        header=header,
        seller=seller_block(seller, words, header.issued_on, country),
        trade_name=seller.trade_name,
        country_of_incorporation=seller.country_of_incorporation or seller.country,
        mailing_address=address_lines(mailing, words) if mailing else (),
        customer_name=order.customer.name,
        contacts=_contacts(seller),
        registrations=tuple(
            facts.RegistrationShown(kind=r.kind.value, country=r.country, state=r.state, number=r.number)  # type: ignore[arg-type]
            for r in registrations_for(seller, country, order.customer.address.state, header.issued_on)
        ),
        tax_form=_tax_form(seller),
        bank_account=_bank(seller.bank_accounts, order.currency),
        currency=order.currency,
        payment_terms_days=order.payment_terms_days,
        client=order.client,
        products=products[:MOST_PRODUCTS],
        further_products=len(products[MOST_PRODUCTS:]),
    )


def registrations_for(seller: SellerEntity, country: str, state: str | None, on: date) -> list[Registration]:
    """The registrations in force on a civil date: those of the customer's country first, then our own country's.

    Permits of states and provinces stand only on a sheet for a customer of that country, the customer's state first:
    to anybody else dozens of them say nothing.
    """
    in_force = [r for r in seller.registrations if r.is_in_force(on) and (r.state is None or r.country == country)]

    def nearness(registration: Registration) -> tuple[bool, bool, bool]:
        there = registration.country == country
        return (not there, not (there and registration.state == state), registration.country != seller.country)

    return sorted(in_force, key=nearness)


def _contacts(seller: SellerEntity) -> tuple[facts.ContactPoint, ...]:
    named = tuple(
        facts.ContactPoint(role=c.role, name=c.name, email=c.email, phone=c.phone)  # type: ignore[arg-type]
        for c in seller.contacts
    )
    if named or not (seller.contact.email or seller.contact.phone):
        return named
    return (facts.ContactPoint(role="general", email=seller.contact.email, phone=seller.contact.phone),)


def _tax_form(seller: SellerEntity) -> facts.FormOnFile | None:
    """The form that we give to customers. The EIN of a company stands on it; a person's own number is never shown."""
    form = seller.tax_form
    if form is None:
        return None
    tin = form.answers.get("tin")
    ein = tin.get("number") if isinstance(tin, Mapping) and tin.get("kind") == "ein" else None
    return facts.FormOnFile(kind=form.kind, revision=form.revision, ein=ein)  # type: ignore[arg-type]


def _bank(accounts: Iterable[BankAccount], currency: str) -> facts.BankDetails | None:
    """The first account in the currency; money is not sent to an account of another one unasked."""
    for account in accounts:
        if account.currency == currency:
            return facts.BankDetails(
                holder=account.holder,
                bank_name=account.bank_name,
                iban=account.iban,
                bic=account.bic,
                account=account.account,
                routing=account.routing,
            )
    return None
