"""One VAT question with all that was found out before a rule is chosen, and the treatments a rule can answer with."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tax_rules.decision import (
    Caution,
    Confidence,
    Notice,
    Outcome,
    Reason,
    Step,
    Treatment,
    unique,
    weakest,
)
from tax_rules.errors import NoRuleInForce
from tax_rules.facts import Consignment, Customer, ProductKind, RegistrationKind, SellerFacts, TaxIdStatus
from tax_rules.money import ZERO, format_percent
from tax_rules.rulebook import RuleBook
from tax_rules.rulefiles import Row
from tax_rules.vat.evidence import BusinessProof, Proof
from tax_rules.vat.mentions import mentions
from tax_rules.vat.rate import find_rate
from tax_rules.vat.rows import each_once, row_read
from tax_rules.vat.territory import TaxPlace, jurisdiction_of

DIRECTIVE = "Directive 2006/112/EC"
ARTICLE_18 = "Implementing Regulation 282/2011 Art. 18"
EXPORTED, INTRA_COMMUNITY = "G", "K"  # EN 16931, UNCL5305
STANDARD_RATED, ZERO_RATED, REVERSE_CHARGED, NOT_SUBJECT = "S", "Z", "AE", "O"
VATEX_REVERSE_CHARGE, VATEX_NOT_SUBJECT = "VATEX-EU-AE", "VATEX-EU-O"
VATEX_EXPORT, VATEX_INTRA_COMMUNITY = "VATEX-EU-G", "VATEX-EU-IC"
OUT = (NOT_SUBJECT, VATEX_NOT_SUBJECT)

Facts = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Case:
    """One question. ``place`` is where the supply goes, ``home`` where the seller is established.

    ``stock`` is where goods lie when their transport begins, None for services; ``consignment`` what they are worth.
    """

    seller: SellerFacts
    customer: Customer
    product: ProductKind
    on: date
    book: RuleBook
    place: TaxPlace
    home: TaxPlace
    proof: BusinessProof
    steps: tuple[Step, ...]
    stock: TaxPlace | None = None
    consignment: Consignment | None = None

    def is_registered(self, *kinds: RegistrationKind, country: str | None = None) -> bool:
        """Whether a registration of one of the kinds is in force, in the country where one is named.

        A VAT registration that names a state is for a territory of that country alone, such as the Canary Islands.
        """
        return any(
            registration.kind in kinds
            and country in (None, registration.country)
            and registration.state is None
            and registration.is_in_force(self.on)
            for registration in self.seller.registrations
        )

    def is_registered_locally(self, code: str | None) -> bool:
        """Whether the seller is registered for the VAT or GST of a country, or of a territory such as ES-CN."""
        return self.is_registered(RegistrationKind.VAT, RegistrationKind.GST, country=code) or any(
            code in (registration.state, f"{registration.country}-{registration.state}")
            and registration.kind is RegistrationKind.VAT
            and registration.is_in_force(self.on)
            for registration in self.seller.registrations
            if registration.state
        )

    @property
    def place_facts(self) -> Facts:
        """Where the supply goes and where the seller is, for sentences."""
        return (("country", self.place.code), ("seller_country", self.home.state or self.seller.country))


def charge(
    case: Case, rule: str, law: tuple[str, ...], *read: Row,
    place: TaxPlace | None = None, step: str | None = None, mention: str | None = None,
) -> Treatment:  # fmt: skip
    """Tax at the rate of the place, named as zero rated where that rate is 0 %; ``step`` where a rule has several.

    Raises:
        NoRuleInForce: the place has no rate on the date.
    """
    place = place or case.place
    is_arriving = case.stock is not None and case.stock.rates != place.rates
    found = find_rate(case.product, place, case.on, case.book, is_arriving=is_arriving)
    zero = found.rate == 0
    row = found.row
    rate_step = Step("rate", (("rate", format_percent(found.rate)), ("place", place.code)), row.law, row.id)
    assumed = Caution("rate_assumed", (("product", case.product.value), ("country", place.code)))
    return _treatment(
        case, rule, (*read, row), law,
        outcome=Outcome.ZERO_RATED if zero else Outcome.CHARGE,
        reason=found.reason,
        place=place,
        rate=found.rate,
        tax=(row.tax_type or "vat", row.tax_name),
        category=(ZERO_RATED if zero else place.category or STANDARD_RATED, None),
        steps=(Step(f"rule_{(step or rule).lower()}", case.place_facts, law[0] if law else None), rate_step),
        warnings=(assumed,) if found.is_assumed else (),
        notices=_mentions(case, mention) if mention else (),
        confidence=found.confidence,
    )  # fmt: skip


def reverse_charge(
    case: Case, rule: str, row: Row, law: tuple[str, ...], *read: Row, category: tuple[str, str | None] = OUT
) -> Treatment:
    """The customer accounts for the tax."""
    return _treatment(
        case, rule, (row, *read), (row.law, *law),
        outcome=Outcome.REVERSE_CHARGE,
        reason=Reason.REVERSE_CHARGE,
        tax=("vat", None),
        category=category,
        steps=(Step(f"rule_{rule.lower()}", case.place_facts, row.law, row.id),),
        notices=_reverse_charge_mentions(case),
    )  # fmt: skip


def exempt_supply(case: Case, rule: str, row: Row, law: tuple[str, ...], *read: Row, outcome: Outcome) -> Treatment:
    """No tax on goods that leave the state: an export, or an intra-community supply that the customer taxes at home."""
    is_export = outcome is Outcome.EXPORT
    is_eu = case.stock is not None and case.stock.is_eu
    vatex = VATEX_EXPORT if is_export else VATEX_INTRA_COMMUNITY
    code = "export" if is_export else "intra_community_supply"
    return _treatment(
        case, rule, (row, *read), (row.law, *law),
        outcome=outcome,
        reason=Reason(code),
        place=case.stock,
        tax=("vat", None),
        category=(EXPORTED if is_export else INTRA_COMMUNITY, vatex if is_eu else None),
        steps=(Step(code, case.place_facts, row.law, row.id),),
        warnings=(Caution("keep_exit_proof" if is_export else "keep_transport_proof", case.place_facts),),
        notices=_mentions(case, code),
    )  # fmt: skip


def out_of_scope(case: Case, rule: str, law: tuple[str, ...], *read: Row) -> Treatment:
    """Nothing that this seller collects is due on the supply."""
    return _treatment(
        case, rule, read, law,
        outcome=Outcome.OUT_OF_SCOPE,
        reason=Reason.NOT_SUBJECT_TO_TAX,
        category=OUT,
        steps=(Step(f"rule_{rule.lower()}_out", case.place_facts, law[0]),),
        notices=_mentions(case, "outside_scope") if case.home.is_eu else (),
    )  # fmt: skip


def not_collecting(case: Case, rule: str, law: tuple[str, ...], *read: Row) -> Treatment:
    """Taxable there, but the seller has no registration to collect under: nothing is charged, and it is said."""
    return _treatment(
        case, rule, read, law,
        outcome=Outcome.NOT_COLLECTING,
        reason=Reason.NOT_COLLECTING,
        tax=("vat", None),
        category=OUT,
        steps=(Step("not_collecting", case.place_facts, law[0] if law else None),),
        warnings=(not_registered(case),),
    )  # fmt: skip


def no_rule(case: Case, missing: NoRuleInForce) -> Treatment:
    """Undetermined: the book has no row for what a rule wanted to read."""
    facts = (("parameter", missing.parameter), ("jurisdiction", missing.jurisdiction), ("date", missing.on.isoformat()))
    return undetermined(case, "none", Step("no_rule", facts), Caution("no_rule_in_force", facts))


def undetermined(case: Case, rule: str, step: Step, warning: Caution, *read: Row) -> Treatment:
    """No rate, no amount, and what is missing."""
    return Treatment(
        outcome=Outcome.UNDETERMINED,
        reason=Reason.UNDETERMINED,
        rule=rule,
        jurisdiction=jurisdiction_of(case.place, case.book),
        rows=each_once((*case.place.rows, *(row_read(row, case.book) for row in read))),
        steps=(*case.steps, step),
        warnings=(warning,),
        confidence=Confidence.LOW,
    )


def not_registered(case: Case, place: TaxPlace | None = None) -> Caution:
    """A warning: no registration of the seller is in force for the place."""
    facts = case.place_facts if place is None else (("country", place.code), case.place_facts[1])
    return Caution("not_registered", facts)


def union_scheme_warning(case: Case) -> tuple[Caution, ...]:
    """A seller in the Union scheme has opted for taxation at destination, which origin taxation contradicts.

    Law:
        Directive 2006/112/EC Art. 59c(3).
    """
    if not case.is_registered(RegistrationKind.OSS_UNION):
        return ()
    return (Caution("union_scheme_with_origin_taxation", case.place_facts),)


def _treatment(
    case: Case, rule: str, read: tuple[Row, ...], law: tuple[str, ...], *,
    outcome: Outcome, reason: Reason, category: tuple[str, str | None], steps: tuple[Step, ...],
    place: TaxPlace | None = None, rate: Decimal = ZERO, tax: tuple[str | None, str | None] = (None, None),
    warnings: tuple[Caution, ...] = (), notices: tuple[Notice, ...] = (), confidence: Confidence = Confidence.HIGH,
) -> Treatment:  # fmt: skip
    place = place or case.place
    book = case.book
    reads = [row_read(row, book) for row in read]
    rows = each_once((*case.place.rows, *place.rows, *reads))
    return Treatment(
        outcome=outcome,
        reason=reason,
        rule=rule,
        jurisdiction=jurisdiction_of(place, book),
        rate=rate,
        tax_type=tax[0],
        tax_name=tax[1],
        vat_category=category[0],
        vatex=category[1],
        law=unique((*law, *(row.law for row in read), *_assertion(case.proof))),
        rows=rows,
        steps=(*case.steps, *steps),
        warnings=(*_row_cautions(read, place), *warnings),
        notices=notices,
        confidence=weakest(confidence, *(row.confidence for row in rows)),
    )


def _row_cautions(read: tuple[Row, ...], place: TaxPlace) -> tuple[Caution, ...]:
    """The warnings that rows carry themselves."""
    cautions = [row.attribute("caution") for row in read if row.attributes]
    return tuple(Caution(caution, (("country", place.code),)) for caution in cautions if caution)


def _assertion(proof: BusinessProof) -> tuple[str, ...]:
    """The law line says when a status was asserted by the caller and not answered by a register."""
    if proof.tax_id is None or not proof.tax_id.asserted:
        return ()
    return (f"status of the tax ID asserted: {proof.tax_id.status.value} ({ARTICLE_18})",)


def proof_steps(proof: BusinessProof, on: date) -> tuple[Step, ...]:
    """What the customer's tax IDs proved, as a step of the reasoning."""
    tax_id = proof.tax_id
    if tax_id is None:
        return (Step(f"business_{proof.proof.value}", (), ARTICLE_18),)
    facts = (
        ("number_country", tax_id.country),
        ("status", tax_id.status.value),
        ("valid_from", tax_id.valid_from.isoformat() if tax_id.valid_from else "-"),
        ("date", on.isoformat()),
    )
    code = f"business_{proof.proof.value}" + ("_asserted" if proof.is_accepted and tax_id.asserted else "")
    return (Step(code, facts, f"{ARTICLE_18}, 25"),)


def proof_warnings(case: Case) -> tuple[Caution, ...]:
    """S2b and its neighbours: why a number that was given did not change the tax, and what happens next."""
    tax_id = case.proof.tax_id
    if tax_id is None or case.proof.is_accepted:
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
    return (Caution("tax_id_proves_nothing_here", (*facts, ("customer_country", case.place.given))),)


def _reverse_charge_mentions(case: Case) -> tuple[Notice, ...]:
    return _mentions(case, "reverse_charge_uk" if case.place.state == "GB" else "reverse_charge")


def _mentions(case: Case, code: str) -> tuple[Notice, ...]:
    return mentions(code, case.place.state or case.place.given, case.home.state, case.on, case.book)
