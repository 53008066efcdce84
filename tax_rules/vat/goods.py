"""VAT on goods that are moved to the customer: rules G0 to G7, read from the top down.

Where the goods lie when their transport begins and where it ends decides; the date is the chargeable event. The VAT of
the state that the goods come to is asked only where the law makes the seller collect it.
"""

from decimal import Decimal

from tax_rules.decision import Caution, Outcome, Step, Treatment
from tax_rules.errors import NoRuleInForce
from tax_rules.facts import Address, ProductKind, RegistrationKind, Situation, TaxIdStatus
from tax_rules.money import format_percent
from tax_rules.rulebook import RuleBook
from tax_rules.rulefiles import Row
from tax_rules.vat.case import (
    DIRECTIVE,
    EXPORTED,
    OUT,
    VATEX_EXPORT,
    Case,
    charge,
    exempt_supply,
    no_rule,
    not_collecting,
    not_registered,
    out_of_scope,
    proof_steps,
    proof_warnings,
    reverse_charge,
    undetermined,
    union_scheme_warning,
)
from tax_rules.vat.consignment import PER_ITEM, Measured, measure
from tax_rules.vat.evidence import NORTHERN_IRELAND, SWISS_STATES, prove_business
from tax_rules.vat.rate import find_rate
from tax_rules.vat.territory import TaxPlace, goods_place

UNITED_KINGDOM = ("GB", NORTHERN_IRELAND)
LIMIT = "vat.consignment_limit"


def decide_goods(situation: Situation, product: ProductKind, book: RuleBook) -> Treatment:
    """Decide the VAT on goods that go from ``ship_from`` (the seller's country if not given) to the destination.

    Returns:
        A treatment; ``undetermined`` with what is missing where a rule, a rate or a value is not known.
    Law:
        Directive 2006/112/EC Art. 14(4), 32, 33, 59c, 138, 146, 369a to 369x; national laws as the rows name them.
    """
    seller, customer, on = situation.seller, situation.customer, situation.on
    seat = Address(country=seller.country)
    place, home = goods_place(situation.destination, on, book), goods_place(seat, on, book)
    stock = goods_place(situation.ship_from, on, book) if situation.ship_from else home
    proof = prove_business(customer, place, seller_state=stock.state, on=on, book=book, for_goods=True)
    steps = (_route_step(stock, place), *proof_steps(proof, on))
    case = Case(seller, customer, product, on, book, place, home, proof, steps, stock, situation.consignment)
    try:
        return _decide(case, stock).with_warnings(*_number_warnings(case, stock))
    except NoRuleInForce as missing:
        return no_rule(case, missing)


def _decide(case: Case, stock: TaxPlace) -> Treatment:
    place = case.place
    if _is_domestic(stock, place):
        return _domestic(case, stock)  # G0
    if stock.is_eu and place.is_eu:
        return _within_the_eu(case, stock)  # G1, G2, G5
    if place.is_eu:
        return _import_into_the_eu(case, stock)  # G6
    if place.state == "GB":
        return _to_great_britain(case, stock)  # G4
    if place.state in SWISS_STATES:
        return _to_switzerland(case, stock)  # G7
    limit = case.book.find(LIMIT, place.state or place.code, case.on)
    return _to_a_state_with_a_limit(case, stock, limit) if limit else _leaving(case, stock, "G3")  # G7, G3


def _is_domestic(stock: TaxPlace, place: TaxPlace) -> bool:
    """One state, one territory without a state, the United Kingdom with its two regimes, or the Swiss VAT area."""
    if stock.state is None or place.state is None:
        return stock.code == place.code
    states = {stock.state, place.state}
    return len(states) == 1 or states <= set(UNITED_KINGDOM) or states <= SWISS_STATES


def _domestic(case: Case, stock: TaxPlace) -> Treatment:
    law = (f"{DIRECTIVE} Art. 32",) if stock.is_eu else (stock.law,) if stock.law else ()
    if stock.state == "US":
        return out_of_scope(case, "S10", ("no value added tax in the United States",))
    if stock.state is None and not any(map(case.is_registered_locally, stock.local)):
        return out_of_scope(case, "G0", (stock.law or f"{DIRECTIVE} Art. 5-7",)).with_warnings(not_registered(case))
    if stock.state is not None and not _is_registered_at(case, stock):
        return not_collecting(case, "G0", law)
    treatment = charge(case, "G0", law, place=stock)
    if stock.rates == case.place.rates:
        return treatment
    facts = (("stock", stock.code), ("place", case.place.code))
    return treatment.with_warnings(Caution("regional_rate_of_the_stock", facts))


def _is_registered_at(case: Case, place: TaxPlace) -> bool:
    states: tuple[str | None, ...] = UNITED_KINGDOM if place.state in UNITED_KINGDOM else (place.state,)
    if place.state in SWISS_STATES:
        states = tuple(sorted(SWISS_STATES))
    return any(map(case.is_registered_locally, states))


def _within_the_eu(case: Case, stock: TaxPlace) -> Treatment:
    rule = "G5" if NORTHERN_IRELAND in (stock.state, case.place.state) else None
    if case.proof.is_accepted:
        return _intra_community_supply(case, stock, rule or "G1")
    if _is_known_at_the_stock(case, stock):
        return _at_the_stock(case, stock, rule or "G1", (f"{DIRECTIVE} Art. 32, 138(1)(b)",))
    return _distance_sale(case, stock, rule or "G2")


def _intra_community_supply(case: Case, stock: TaxPlace, rule: str) -> Treatment:
    """G1: exempt, to a business identified in another state than that of the stock, which taxes the acquisition."""
    row = case.book.in_force("vat.intra_community_supply", "EU", case.on)
    law: tuple[str, ...] = ("Implementing Regulation 282/2011 Art. 45a", f"{DIRECTIVE} Art. 226(4), 226(11), 262")
    law += ("UStG § 4 Nr. 1 b, 6a",) if stock.state == "DE" else ()
    law += (case.place.law,) if rule == "G5" and case.place.law else ()
    treatment = exempt_supply(case, rule, row, law, outcome=Outcome.INTRA_COMMUNITY_SUPPLY)
    return treatment if _is_registered_at(case, stock) else treatment.with_warnings(not_registered(case, stock))


def _is_known_at_the_stock(case: Case, stock: TaxPlace) -> bool:
    """Whether the customer is a business by a confirmed number of the state that the goods leave: no distance sale."""
    return case.customer.acts_as_business and any(
        tax_id.status is TaxIdStatus.VERIFIED
        and (tax_id.valid_from is None or tax_id.valid_from <= case.on)
        and goods_place(Address(country=tax_id.country), case.on, case.book).state == stock.state
        for tax_id in case.customer.tax_ids
    )


def _at_the_stock(case: Case, stock: TaxPlace, rule: str, law: tuple[str, ...], *read: Row) -> Treatment:
    """The rate of the state that the goods leave."""
    if not _is_registered_at(case, stock):
        return not_collecting(case, rule, law, *read)
    return charge(case, rule, law, *read, place=stock, step=f"{rule}_origin")


def _distance_sale(case: Case, stock: TaxPlace, rule: str) -> Treatment:
    """G2: a consumer in another state is taxed there; at the stock below the threshold that services share."""
    row = case.book.in_force("vat.distance_sales", "EU", case.on)
    if (
        row.value == "registration"
    ):  # until June 2021: where the seller registered, having passed that state's threshold
        if case.is_registered(RegistrationKind.VAT, country=case.place.state):
            return charge(case, rule, (row.law,), row)
        return _at_the_stock(case, stock, rule, (row.law,), row)
    if case.home.is_eu and stock.state == case.home.state and case.seller.is_below_eu_threshold(case.on):
        threshold = case.book.in_force("vat.origin_taxation_threshold", "EU", case.on)
        return _at_the_stock(case, stock, rule, (threshold.law,), threshold).with_warnings(*union_scheme_warning(case))
    if case.is_registered(RegistrationKind.OSS_UNION):  # open to sellers from outside the EU for these sales
        return charge(case, rule, (row.law, f"{DIRECTIVE} Art. 369a-369k"), row)
    if case.is_registered(RegistrationKind.VAT, country=case.place.state):
        return charge(case, rule, (row.law,), row)
    return not_collecting(case, rule, (row.law, f"{DIRECTIVE} Art. 369a-369k"), row)


def _import_into_the_eu(case: Case, stock: TaxPlace) -> Treatment:
    """G6: below the limit a seller in the import scheme collects the tax; otherwise it is due at the border."""
    limit = case.book.find(LIMIT, "EU", case.on)
    if limit is None or case.proof.is_accepted or not case.is_registered(RegistrationKind.IOSS):
        return _imported(case, stock)
    measured = _measure(case, limit)
    if measured.is_within is None:
        return _value_unknown(case, "G6", limit)
    if measured.is_within:
        return charge(case, "G6", (limit.law, f"{DIRECTIVE} Art. 369l-369x"), *measured.rows, mention="import_scheme")
    return _imported(case, stock, *measured.rows)


def _imported(case: Case, stock: TaxPlace, *read: Row) -> Treatment:
    row = _own_export_row(case, stock)
    law = (f"{DIRECTIVE} Art. 30, 60, 201",)
    treatment = (
        exempt_supply(case, "G6", row, law, *read, outcome=Outcome.EXPORT)
        if row is not None and _is_registered_at(case, stock)
        else out_of_scope(case, "G6", law, *read)
    )
    return treatment.with_warnings(Caution("import_vat_at_the_border", case.place_facts))


def _to_great_britain(case: Case, stock: TaxPlace) -> Treatment:
    """G4: a small consignment is taxed at the sale, by the seller or by a business customer; others at the border."""
    limit = case.book.in_force(LIMIT, "GB", case.on)
    measured = _measure(case, limit)
    if measured.is_within is None:
        return _value_unknown(case, "G4", limit)
    if not measured.is_within:
        return _leaving(case, stock, "G4", *measured.rows)
    if case.proof.is_accepted:
        category = (EXPORTED, VATEX_EXPORT) if stock.is_eu else OUT
        return reverse_charge(case, "G4", limit, _export_law(stock), *measured.rows, category=category)
    if not _is_registered_at(case, case.place):
        return not_collecting(case, "G4", (limit.law,), *measured.rows)
    return charge(case, "G4", (limit.law, *_export_law(stock)), *measured.rows)


def _to_switzerland(case: Case, stock: TaxPlace) -> Treatment:
    """G7: consignments on which the tax at the border would be trifling, of a seller who is registered."""
    limit = case.book.find("vat.small_consignment_tax", "CH", case.on)
    if limit is None or not _is_registered_at(case, case.place):
        return _leaving(case, stock, "G3")
    measured = _measure(case, limit)
    if measured.is_within is None:
        return _value_unknown(case, "G7", limit)
    if measured.is_within:
        return charge(case, "G7", (limit.law, *_export_law(stock)), *measured.rows)
    return _leaving(case, stock, "G7", *measured.rows).with_warnings(Caution("swiss_mail_order", case.place_facts))


def _to_a_state_with_a_limit(case: Case, stock: TaxPlace, limit: Row) -> Treatment:
    """G7: a registered seller charges consumers the tax of their state up to a value; above it they pay at import."""
    if case.proof.is_accepted:
        return _leaving(case, stock, "G3")
    if not _is_registered_at(case, case.place):
        return _leaving(case, stock, "G3").with_warnings(not_registered(case))
    measured = _measure(case, limit)
    if measured.is_within is None:
        return _value_unknown(case, "G7", limit)
    if measured.is_within:
        return charge(case, "G7", (limit.law, *_export_law(stock)), *measured.rows)
    return _leaving(case, stock, "G7", *measured.rows)


def _leaving(case: Case, stock: TaxPlace, rule: str, *read: Row) -> Treatment:
    """G3: goods that leave the VAT area of their stock; the customer pays what the place of arrival asks for."""
    row, is_registered = _own_export_row(case, stock), _is_registered_at(case, stock)
    if row is None and is_registered:
        row = case.book.in_force("vat.export", "WORLD", case.on)
    if row is None or not (is_registered or stock.is_eu):
        none = (
            "no value added tax in the United States" if stock.state == "US" else "no registration where the goods lie"
        )
        return out_of_scope(case, rule, (stock.law or none,), *read)
    treatment = exempt_supply(case, rule, row, _export_law(stock), *read, outcome=Outcome.EXPORT)
    return treatment if is_registered else treatment.with_warnings(not_registered(case, stock))


def _own_export_row(case: Case, stock: TaxPlace) -> Row | None:
    """What the law of the state that the goods leave says about exports, where we know it."""
    return case.book.find("vat.export", "EU" if stock.is_eu else stock.state or stock.code, case.on)


def _export_law(stock: TaxPlace) -> tuple[str, ...]:
    return ("UStG § 4 Nr. 1 a, 6; UStDV § 8-13",) if stock.state == "DE" else ()


def _measure(case: Case, limit: Row) -> Measured:
    """Compare the consignment with the limit; the rate is that of the place it goes to."""
    rate = find_rate(case.product, case.place, case.on, case.book, is_arriving=True).rate
    return measure(case.consignment, limit, rate, case.on, case.book)


def _value_unknown(case: Case, rule: str, limit: Row) -> Treatment:
    """The law draws a line at a value that the facts do not tell in its currency."""
    value = format_percent(limit.value) if isinstance(limit.value, Decimal) else "-"
    facts = (("limit", value), ("currency", limit.attribute("currency") or "-"), ("country", case.place.code))
    item = "item_value_unknown" if limit.attribute("per") == PER_ITEM else "consignment_value_unknown"
    return undetermined(case, rule, Step(item, facts, limit.law, limit.id), Caution(item, facts), limit)


def _route_step(stock: TaxPlace, place: TaxPlace) -> Step:
    facts = (("stock", stock.territory_name or stock.code), ("place", place.territory_name or place.code))
    return Step("goods_route", facts, place.law, place.rows[0].id if place.rows else None)


def _number_warnings(case: Case, stock: TaxPlace) -> tuple[Caution, ...]:
    """Why a number did not change the tax, and a number of a state that the goods do not go to."""
    if _is_domestic(stock, case.place) or not (case.place.is_eu or case.place.state):
        return ()
    tax_id = case.proof.tax_id
    if tax_id is None or not case.proof.is_accepted or not case.place.is_eu:
        return proof_warnings(case)
    number_state = goods_place(Address(country=tax_id.country), case.on, case.book).state
    if number_state == case.place.state:
        return ()
    facts = (("number_country", tax_id.country), ("customer_country", case.place.code))
    return (Caution("goods_go_to_another_state", facts),)
