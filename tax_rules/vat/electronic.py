"""VAT on electronic services and licences: rules S0 to S10, read from the top down.

The date is the chargeable event. Every answer carries the law, the rows it read and the steps that led to it.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tax_rules.decision import (
    Caution,
    Confidence,
    Jurisdiction,
    Notice,
    Outcome,
    Reason,
    RowRead,
    Step,
    Treatment,
    unique,
    weakest,
)
from tax_rules.errors import NoRuleInForce
from tax_rules.facts import Address, Customer, ProductKind, RegistrationKind, SellerFacts, Situation, TaxIdStatus
from tax_rules.money import ZERO, format_percent
from tax_rules.rulebook import RuleBook
from tax_rules.rulefiles import Row
from tax_rules.vat.evidence import SWISS_STATES, BusinessProof, Proof, location_warnings, prove_business
from tax_rules.vat.rate import find_rate
from tax_rules.vat.territory import TaxPlace, tax_place

DIRECTIVE = "Directive 2006/112/EC"
STANDARD_RATED, ZERO_RATED, REVERSE_CHARGED, NOT_SUBJECT = "S", "Z", "AE", "O"  # EN 16931, UNCL5305
VATEX_REVERSE_CHARGE, VATEX_NOT_SUBJECT = "VATEX-EU-AE", "VATEX-EU-O"


@dataclass(frozen=True, slots=True)
class _Case:
    """One question with everything that was found out before a rule is chosen."""

    seller: SellerFacts
    customer: Customer
    product: ProductKind
    on: date
    book: RuleBook
    place: TaxPlace
    home: TaxPlace
    proof: BusinessProof
    steps: tuple[Step, ...]

    @property
    def is_domestic(self) -> bool:
        return self.place.state is not None and self.place.state == self.home.state

    def is_registered(self, *kinds: RegistrationKind, country: str | None = None) -> bool:
        return any(self.seller.registration(kind, country, self.on) for kind in kinds)


def decide_electronic_supply(situation: Situation, product: ProductKind, book: RuleBook) -> Treatment:
    """Decide the VAT on an electronic service or licence; other consumption taxes of the world where they follow S9.

    Returns:
        A treatment; ``undetermined`` where no rule or no rate is in force, never a zero by default.
    Law:
        Directive 2006/112/EC Art. 44, 45, 58, 59c, 196, 358 to 369k; national laws as the rows name them.
    """
    seller, customer, on = situation.seller, situation.customer, situation.on
    place, home = (tax_place(address, on, book) for address in (customer.address, Address(country=seller.country)))
    proof = prove_business(customer, place, seller_state=home.state, on=on, book=book)
    steps = (_place_step(place), *_proof_steps(proof, on))
    case = _Case(seller, customer, product, on, book, place, home, proof, steps)
    try:
        treatment = _decide(case)
    except NoRuleInForce as missing:
        treatment = _undetermined(case, missing)
    return treatment.with_warnings(*_proof_warnings(case), *location_warnings(customer, place, proof, on, book))


def _decide(case: _Case) -> Treatment:
    place = case.place
    if place.state is None:
        return _outside_every_state(case)  # S0
    if place.state == "US":
        law = ("no value added tax in the United States; state sales tax is decided elsewhere",)
        return _out_of_scope(case, "S10", law)
    if case.is_domestic:
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


def _outside_every_state(case: _Case) -> Treatment:
    """S0: a territory that the EU VAT area leaves out; its own tax is collected only where the seller is registered."""
    law = (case.place.law or f"{DIRECTIVE} Art. 5-7",)
    if any(case.is_registered(RegistrationKind.VAT, RegistrationKind.GST, country=code) for code in case.place.local):
        return _charge(case, "S0", law)
    return _out_of_scope(case, "S0", law)


def _domestic(case: _Case) -> Treatment:
    law = (f"{DIRECTIVE} Art. 44, 45, 58",) if case.place.is_eu else ()
    if not case.is_registered(RegistrationKind.VAT, RegistrationKind.GST, country=case.place.state):
        return _not_collecting(case, "S3", law)
    return _charge(case, "S3", law)


def _in_the_eu(case: _Case) -> Treatment:
    if case.proof.is_accepted:
        row = case.book.in_force("vat.services_to_businesses", "EU", case.on)
        return _reverse_charge(case, "S2" if case.home.is_eu else "S4", row)
    at_destination = case.book.in_force("vat.electronic_services_at_destination", "EU", case.on)
    if case.home.is_eu and case.seller.is_below_eu_threshold(case.on):
        return _at_origin(case)
    scheme = RegistrationKind.OSS_UNION if case.home.is_eu else RegistrationKind.OSS_NON_UNION
    scheme_law = "Art. 369a-369k" if case.home.is_eu else "Art. 358a-369"
    if case.is_registered(scheme):
        return _charge(case, "S1", (at_destination.law, f"{DIRECTIVE} {scheme_law}"), at_destination)
    if case.is_registered(RegistrationKind.VAT, country=case.place.state):
        return _charge(case, "S1", (at_destination.law,), at_destination)
    return _not_collecting(case, "S1", (at_destination.law, f"{DIRECTIVE} {scheme_law}"), at_destination)


def _at_origin(case: _Case) -> Treatment:
    """S1a: below the threshold of Art. 59c the consumer is taxed at the seller's home rate."""
    threshold = case.book.in_force("vat.origin_taxation_threshold", "EU", case.on)
    if not case.is_registered(RegistrationKind.VAT, country=case.home.state):
        return _not_collecting(case, "S1a", (threshold.law,), threshold)
    return _charge(case, "S1a", (threshold.law,), threshold, place=case.home)


def _in_great_britain(case: _Case) -> Treatment:
    if case.proof.is_accepted:
        row = case.book.in_force("vat.services_to_businesses", "GB", case.on)
        return _reverse_charge(case, "S6", row)
    row = case.book.in_force("vat.electronic_services_at_destination", "GB", case.on)
    if case.is_registered(RegistrationKind.VAT, country="GB"):
        return _charge(case, "S5", (row.law,), row)
    return _not_collecting(case, "S5", (row.law,), row)


def _in_switzerland(case: _Case) -> Treatment:
    """S7: one VAT area with two laws; a registration in Switzerland covers Liechtenstein (treaty of 28.10.1994)."""
    row = case.book.in_force("vat.services_to_businesses", case.place.state or "", case.on)
    if any(case.is_registered(RegistrationKind.VAT, country=state) for state in sorted(SWISS_STATES)):
        return _charge(case, "S7", (row.law,), row)
    return _out_of_scope(case, "S7a", ("MWSTG Art. 45(1)(a), 45a",), row).with_warnings(_no_registration(case))


def _in_norway(case: _Case) -> Treatment:
    if case.proof.is_accepted:
        row = case.book.in_force("vat.services_to_businesses", "NO", case.on)
        return _reverse_charge(case, "S8a", row)
    row = case.book.in_force("vat.electronic_services_at_destination", "NO", case.on)
    if case.is_registered(RegistrationKind.VAT, country="NO"):
        return _charge(case, "S8", (row.law,), row)
    return _not_collecting(case, "S8", (row.law,), row)


def _elsewhere(case: _Case) -> Treatment:
    """S9: the local tax of a registered seller; otherwise outside the scope of every tax we collect."""
    abroad = f"{DIRECTIVE} Art. 44, 58 (place outside the EU)" if case.home.is_eu else "no registration in the country"
    none = case.book.find("vat.not_levied", case.place.rates, case.on)
    if none is not None:
        return _out_of_scope(case, "S9", (none.law,), none)
    if not case.is_registered(RegistrationKind.VAT, RegistrationKind.GST, country=case.place.state):
        return _out_of_scope(case, "S9", (abroad,)).with_warnings(_no_registration(case))
    if not case.proof.is_accepted:
        return _charge(case, "S9", ())
    row = case.book.find("vat.services_to_businesses", case.place.state or "", case.on)
    if row is None:
        return _charge(case, "S9", ()).with_warnings(Caution("business_rule_unknown", _country_fact(case)))
    if row.value == "not_taxed":
        return _out_of_scope(case, "S9", (row.law,), row)
    return _reverse_charge(case, "S9", row) if row.value == "reverse_charge" else _charge(case, "S9", (row.law,), row)


def _charge(case: _Case, rule: str, law: tuple[str, ...], *read: Row, place: TaxPlace | None = None) -> Treatment:
    """Tax at the rate of the place, named as zero rated where that rate is 0 %."""
    place = place or case.place
    found = find_rate(case.product, place, case.on, case.book)
    zero = found.rate == 0
    rows = (*read, found.row)
    step = Step("rate", (("rate", format_percent(found.rate)), ("place", place.code)), found.row.law, found.row.id)
    warnings = []
    if caution := found.row.attribute("caution"):
        warnings.append(Caution(caution, (("country", place.code),)))
    if found.is_assumed:
        warnings.append(Caution("rate_assumed", (("product", case.product.value), ("country", place.code))))
    return _treatment(
        case, rule, rows, law,
        outcome=Outcome.ZERO_RATED if zero else Outcome.CHARGE,
        reason=found.reason,
        place=place,
        rate=found.rate,
        tax=(found.row.tax_type or "vat", found.row.tax_name),
        category=(ZERO_RATED if zero else STANDARD_RATED, None),
        steps=(Step(f"rule_{rule.lower()}", _country_fact(case), law[0] if law else None), step),
        warnings=tuple(warnings),
        confidence=found.confidence,
    )  # fmt: skip


def _reverse_charge(case: _Case, rule: str, row: Row) -> Treatment:
    """The customer accounts for the tax; inside the EU with the words of Art. 226(11a) and category AE."""
    law = [row.law]
    if case.place.is_eu:
        law += [f"{DIRECTIVE} Art. 226(4), 226(11a)"] + ([f"{DIRECTIVE} Art. 262"] if case.home.is_eu else [])
        law += ["UStG § 3a(2), 18a"] if case.home.state == "DE" else []
        law += ["UStG § 13b(2) Nr. 1, 13b(5)"] if case.place.state == "DE" else []
        category: tuple[str, str | None] = (REVERSE_CHARGED, VATEX_REVERSE_CHARGE)
    else:
        category = (NOT_SUBJECT, VATEX_NOT_SUBJECT)
        law += [f"{DIRECTIVE} Art. 44"] if case.home.is_eu else []
    return _treatment(
        case, rule, (row,), tuple(law),
        outcome=Outcome.REVERSE_CHARGE,
        reason=Reason.REVERSE_CHARGE,
        tax=("vat", None),
        category=category,
        steps=(Step(f"rule_{rule.lower()}", _country_fact(case), row.law, row.id),),
        notices=_mentions(case),
    )  # fmt: skip


def _out_of_scope(case: _Case, rule: str, law: tuple[str, ...], *read: Row) -> Treatment:
    return _treatment(
        case, rule, read, law,
        outcome=Outcome.OUT_OF_SCOPE,
        reason=Reason.NOT_SUBJECT_TO_TAX,
        category=(NOT_SUBJECT, VATEX_NOT_SUBJECT),
        steps=(Step(f"rule_{rule.lower()}_out", _country_fact(case), law[0]),),
    )  # fmt: skip


def _not_collecting(case: _Case, rule: str, law: tuple[str, ...], *read: Row) -> Treatment:
    """Taxable there, but the seller has no registration to collect under: nothing is charged, and it is said."""
    return _treatment(
        case, rule, read, law,
        outcome=Outcome.NOT_COLLECTING,
        reason=Reason.NOT_COLLECTING,
        tax=("vat", None),
        category=(NOT_SUBJECT, VATEX_NOT_SUBJECT),
        steps=(Step("not_collecting", _country_fact(case), law[0] if law else None),),
        warnings=(_no_registration(case),),
    )  # fmt: skip


def _undetermined(case: _Case, missing: NoRuleInForce) -> Treatment:
    facts = (("parameter", missing.parameter), ("jurisdiction", missing.jurisdiction), ("date", missing.on.isoformat()))
    return Treatment(
        outcome=Outcome.UNDETERMINED,
        reason=Reason.UNDETERMINED,
        rule="none",
        jurisdiction=_jurisdiction(case.place, case.book),
        rows=case.place.rows,
        steps=(*case.steps, Step("no_rule", facts)),
        warnings=(Caution("no_rule_in_force", facts),),
        confidence=Confidence.LOW,
    )


def _treatment(
    case: _Case, rule: str, read: tuple[Row, ...], law: tuple[str, ...], *,
    outcome: Outcome, reason: Reason, category: tuple[str, str | None], steps: tuple[Step, ...],
    place: TaxPlace | None = None, rate: Decimal = ZERO, tax: tuple[str | None, str | None] = (None, None),
    warnings: tuple[Caution, ...] = (), notices: tuple[Notice, ...] = (), confidence: Confidence = Confidence.HIGH,
) -> Treatment:  # fmt: skip
    place = place or case.place
    rows = tuple({row.id: row for row in (*case.place.rows, *(RowRead.of(row) for row in read))}.values())
    return Treatment(
        outcome=outcome,
        reason=reason,
        rule=rule,
        jurisdiction=_jurisdiction(place, case.book),
        rate=rate,
        tax_type=tax[0],
        tax_name=tax[1],
        vat_category=category[0],
        vatex=category[1],
        law=unique((*law, *(row.law for row in read), *_assertion(case.proof))),
        rows=rows,
        steps=(*case.steps, *steps),
        warnings=warnings,
        notices=notices,
        confidence=weakest(confidence, *(row.confidence for row in rows)),
    )


def _jurisdiction(place: TaxPlace, book: RuleBook) -> Jurisdiction:
    country = place.state or place.given
    name = place.territory_name or book.countries.get(country, {}).get("name", country)
    return Jurisdiction(country=country, name=name, code=place.territory)


def _country_fact(case: _Case) -> tuple[tuple[str, str], ...]:
    return (("country", case.place.code), ("seller_country", case.home.state or case.seller.country))


def _no_registration(case: _Case) -> Caution:
    return Caution("not_registered", _country_fact(case))


def _place_step(place: TaxPlace) -> Step:
    facts = (("given", place.given), ("place", place.territory_name or place.code), ("state", place.state or "-"))
    if place.territory is None:
        return Step("place_is_country", facts)
    code = "place_is_outside" if place.state is None else "place_is_territory"
    return Step(code, facts, place.law, place.rows[0].id if place.rows else None)


def _proof_steps(proof: BusinessProof, on: date) -> tuple[Step, ...]:
    tax_id = proof.tax_id
    if tax_id is None:
        return (Step(f"business_{proof.proof.value}", (), "Implementing Regulation 282/2011 Art. 18"),)
    facts = (
        ("number_country", tax_id.country),
        ("status", tax_id.status.value),
        ("valid_from", tax_id.valid_from.isoformat() if tax_id.valid_from else "-"),
        ("date", on.isoformat()),
    )
    code = f"business_{proof.proof.value}" + ("_asserted" if proof.is_accepted and tax_id.asserted else "")
    return (Step(code, facts, "Implementing Regulation 282/2011 Art. 18, 25"),)


def _assertion(proof: BusinessProof) -> tuple[str, ...]:
    """The law line says when a status was asserted by the caller and not answered by a register."""
    if proof.tax_id is None or not proof.tax_id.asserted:
        return ()
    return (f"status of the tax ID asserted: {proof.tax_id.status.value} (Implementing Regulation 282/2011 Art. 18)",)


def _proof_warnings(case: _Case) -> tuple[Caution, ...]:
    """S2b and its neighbours: why a number that was given did not change the tax, and what happens next."""
    tax_id = case.proof.tax_id
    if tax_id is None or case.is_domestic or case.place.state is None:
        return ()
    facts = (("number_country", tax_id.country), ("status", tax_id.status.value))
    if case.proof.proof is Proof.NOT_CONFIRMED:
        code = "tax_id_not_checked" if tax_id.status is TaxIdStatus.NOT_CHECKED else "tax_id_not_confirmed"
        return (Caution(code, facts),)
    if case.proof.proof is Proof.NOT_YET_VALID:
        valid_from = tax_id.valid_from.isoformat() if tax_id.valid_from else "-"
        return (Caution("tax_id_not_yet_valid", (*facts, ("valid_from", valid_from))),)
    if case.proof.proof is Proof.REFUSED:
        return (Caution("tax_id_refused", facts),)
    if case.proof.proof is Proof.OTHER_STATE:
        return (Caution("tax_id_proves_nothing_here", (*facts, ("customer_country", case.place.given))),)
    if case.proof.is_accepted and tax_id.country == "XI":
        return (Caution("northern_ireland_number_for_services", facts),)
    return ()


def _mentions(case: _Case) -> tuple[Notice, ...]:
    """The words of Art. 226(11a) in the customer's and the seller's language and in English."""
    if case.place.state == "GB":
        return (Notice("reverse_charge_uk", "en", case.book.wording("en")["notices"]["reverse_charge_uk"]),)
    languages = [
        case.book.countries.get(c or "", {}).get("language", "en") for c in (case.place.state, case.home.state)
    ]
    notices = []
    for language in unique((*languages, "en")):
        row = case.book.find("vat.reverse_charge_mention", language, case.on)
        if row is not None:
            notices.append(Notice("reverse_charge", language, str(row.value)))
    return tuple(notices)
