"""VAT on electronic services and licences: rules S0 to S10, read from the top down.

The date is the chargeable event. Every answer carries the law, the rows it read and the steps that led to it.
"""

from tax_rules.decision import Caution, Step, Treatment
from tax_rules.errors import NoRuleInForce
from tax_rules.facts import Address, ProductKind, RegistrationKind, Situation
from tax_rules.rulebook import RuleBook
from tax_rules.rulefiles import Row
from tax_rules.vat.case import (
    ARTICLE_18,
    DIRECTIVE,
    OUT,
    REVERSE_CHARGED,
    VATEX_REVERSE_CHARGE,
    Case,
    charge,
    no_rule,
    not_collecting,
    not_registered,
    out_of_scope,
    proof_steps,
    proof_warnings,
    reverse_charge,
    union_scheme_warning,
)
from tax_rules.vat.evidence import NORTHERN_IRELAND, SWISS_STATES, VAT_NUMBER, location_warnings, prove_business
from tax_rules.vat.territory import TaxPlace, tax_place


def decide_electronic_supply(situation: Situation, product: ProductKind, book: RuleBook) -> Treatment:
    """Decide the VAT on an electronic service or licence; other consumption taxes of the world where they follow S9.

    Returns:
        A treatment; ``undetermined`` where no rule or no rate is in force, never a zero by default.
    Law:
        Directive 2006/112/EC Art. 44, 45, 58, 59c, 196, 358 to 369k; national laws as the rows name them.
    """
    seller, customer, on = situation.seller, situation.customer, situation.on
    place, home = tax_place(customer.address, on, book), tax_place(Address(country=seller.country), on, book)
    proof = prove_business(customer, place, seller_state=home.state, on=on, book=book)
    steps = (_place_step(place), *proof_steps(proof, on))
    case = Case(seller, customer, product, on, book, place, home, proof, steps)
    try:
        treatment = _decide(case)
    except NoRuleInForce as missing:
        treatment = no_rule(case, missing)
    return treatment.with_warnings(
        *_number_warnings(case), *location_warnings(seller, customer, place, proof, on, book)
    )


def _is_domestic(case: Case) -> bool:
    return case.place.state is not None and case.place.state == case.home.state


def _number_warnings(case: Case) -> tuple[Caution, ...]:
    if _is_domestic(case) or case.place.state is None:
        return ()
    tax_id = case.proof.tax_id
    if tax_id is not None and case.proof.is_accepted and tax_id.country == NORTHERN_IRELAND:
        facts = (("number_country", tax_id.country), ("status", tax_id.status.value))
        return (Caution("northern_ireland_number_for_services", facts),)
    return proof_warnings(case)


def _decide(case: Case) -> Treatment:
    place = case.place
    if place.state is None:
        return _outside_every_state(case)  # S0
    if place.state == "US":
        law = ("no value added tax in the United States; state sales tax is decided elsewhere",)
        return out_of_scope(case, "S10", law)
    if _is_domestic(case):
        return _domestic(case)  # S3
    if place.is_eu:
        return _in_the_eu(case)  # S1, S1a, S2, S4
    if place.state == "GB":
        return _in_great_britain(case)  # S5, S6
    if place.state in SWISS_STATES:
        return _in_switzerland(case)  # S7, S7a
    if place.state == "NO":
        return _in_norway(case)  # S8, S8a
    return _elsewhere(case)  # S9


def _outside_every_state(case: Case) -> Treatment:
    """S0: a territory that the EU VAT area leaves out; its own tax is collected only where the seller is registered."""
    law = (case.place.law or f"{DIRECTIVE} Art. 5-7",)
    if any(map(case.is_registered_locally, case.place.local)):
        return charge(case, "S0", law)
    return out_of_scope(case, "S0", law)


def _domestic(case: Case) -> Treatment:
    law = (f"{DIRECTIVE} Art. 44, 45, 58",) if case.place.is_eu else ()
    if not case.is_registered_locally(case.place.state):
        return not_collecting(case, "S3", law)
    return charge(case, "S3", law)


def _in_the_eu(case: Case) -> Treatment:
    if case.proof.is_accepted:
        row = case.book.in_force("vat.services_to_businesses", "EU", case.on)
        tax_id = case.proof.tax_id
        if tax_id is not None and tax_id.kind != VAT_NUMBER:
            proved = Caution("other_proof_of_business", case.place_facts)
            return _accounted_by_customer(case, "S2a", row, f"{ARTICLE_18}(1)(b)").with_warnings(proved)
        return _accounted_by_customer(case, "S2" if case.home.is_eu else "S4", row)
    at_destination = case.book.in_force("vat.electronic_services_at_destination", "EU", case.on)
    if case.home.is_eu and case.seller.is_below_eu_threshold(case.on):
        return _at_origin(case)
    scheme = RegistrationKind.OSS_UNION if case.home.is_eu else RegistrationKind.OSS_NON_UNION
    scheme_law = "Art. 369a-369k" if case.home.is_eu else "Art. 358a-369"
    if case.is_registered(scheme):
        return charge(case, "S1", (at_destination.law, f"{DIRECTIVE} {scheme_law}"), at_destination)
    if case.is_registered(RegistrationKind.VAT, country=case.place.state):
        return charge(case, "S1", (at_destination.law,), at_destination)
    return not_collecting(case, "S1", (at_destination.law, f"{DIRECTIVE} {scheme_law}"), at_destination)


def _at_origin(case: Case) -> Treatment:
    """S1a: below the threshold of Art. 59c the consumer is taxed at the seller's home rate."""
    threshold = case.book.in_force("vat.origin_taxation_threshold", "EU", case.on)
    if not case.is_registered(RegistrationKind.VAT, country=case.home.state):
        return not_collecting(case, "S1a", (threshold.law,), threshold)
    return charge(case, "S1a", (threshold.law,), threshold, place=case.home).with_warnings(*union_scheme_warning(case))


def _in_great_britain(case: Case) -> Treatment:
    if case.proof.is_accepted:
        row = case.book.in_force("vat.services_to_businesses", "GB", case.on)
        return _accounted_by_customer(case, "S6", row)
    row = case.book.in_force("vat.electronic_services_at_destination", "GB", case.on)
    if case.is_registered(RegistrationKind.VAT, country="GB"):
        return charge(case, "S5", (row.law,), row)
    return not_collecting(case, "S5", (row.law,), row)


def _in_switzerland(case: Case) -> Treatment:
    """S7: one VAT area with two laws; a registration in Switzerland covers Liechtenstein (treaty of 28.10.1994)."""
    row = case.book.in_force("vat.services_to_businesses", case.place.state or "", case.on)
    if any(case.is_registered(RegistrationKind.VAT, country=state) for state in sorted(SWISS_STATES)):
        return charge(case, "S7", (row.law,), row)
    return out_of_scope(case, "S7a", ("MWSTG Art. 45(1)(a), 45a",), row).with_warnings(not_registered(case))


def _in_norway(case: Case) -> Treatment:
    if case.proof.is_accepted:
        row = case.book.in_force("vat.services_to_businesses", "NO", case.on)
        return _accounted_by_customer(case, "S8a", row)
    row = case.book.in_force("vat.electronic_services_at_destination", "NO", case.on)
    if case.is_registered(RegistrationKind.VAT, country="NO"):
        return charge(case, "S8", (row.law,), row)
    return not_collecting(case, "S8", (row.law,), row)


def _elsewhere(case: Case) -> Treatment:
    """S9: the local tax of a registered seller; otherwise outside the scope of every tax we collect."""
    abroad = f"{DIRECTIVE} Art. 44, 58 (place outside the EU)" if case.home.is_eu else "no registration in the country"
    none = case.book.find("vat.not_levied", case.place.rates, case.on)
    if none is not None:
        return out_of_scope(case, "S9", (none.law,), none)
    if not case.is_registered_locally(case.place.state):
        return out_of_scope(case, "S9", (abroad,)).with_warnings(not_registered(case))
    if not case.proof.is_accepted:
        return charge(case, "S9", ())
    row = case.book.find("vat.services_to_businesses", case.place.state or "", case.on)
    if row is None:
        return charge(case, "S9", ()).with_warnings(Caution("business_rule_unknown", case.place_facts))
    if row.value == "not_taxed":
        return out_of_scope(case, "S9", (row.law,), row)
    return (
        _accounted_by_customer(case, "S9", row)
        if row.value == "reverse_charge"
        else charge(case, "S9", (row.law,), row)
    )


def _accounted_by_customer(case: Case, rule: str, row: Row, *proved_by: str) -> Treatment:
    """The customer accounts for the tax; inside the EU with the words of Art. 226(11a) and category AE."""
    law = [*proved_by]
    if case.place.is_eu:
        law += [f"{DIRECTIVE} Art. 226(4), 226(11a)"] + ([f"{DIRECTIVE} Art. 262"] if case.home.is_eu else [])
        law += ["UStG § 3a(2), 18a"] if case.home.state == "DE" else []
        law += ["UStG § 13b(2) Nr. 1, 13b(5)"] if case.place.state == "DE" else []
    elif case.home.is_eu:
        law += [f"{DIRECTIVE} Art. 44"]
    category = (REVERSE_CHARGED, VATEX_REVERSE_CHARGE) if case.place.is_eu else OUT
    return reverse_charge(case, rule, row, tuple(law), category=category)


def _place_step(place: TaxPlace) -> Step:
    facts = (("given", place.given), ("place", place.territory_name or place.code), ("state", place.state or "-"))
    if place.territory is None:
        return Step("place_is_country", facts)
    code = "place_is_outside" if place.state is None else "place_is_territory"
    return Step(code, facts, place.law, place.rows[0].id if place.rows else None)
