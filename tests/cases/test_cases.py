"""One runner for all cases that a tax person can write: facts in, decision out."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from tax_rules.adjust.charged import ChargedLine
from tax_rules.adjust.late_tax_id import LateTaxId, decide_late_tax_id
from tax_rules.adjust.transport import TransportProof
from tax_rules.amounts import PricedLine, tax_lines
from tax_rules.calculate import calculate
from tax_rules.facts import Address, ExchangeRate, ProductKind, RoundingBasis, TaxBehavior
from tax_rules.rulebook import RuleBook, load_rulebook
from tests.tax_rules.factories import make_customer, make_line, make_sale, make_seller, make_tax_id

HERE = Path(__file__).parent
SUPPLIES = ("electronic_services.yaml", "electronic_services_edges.yaml", "goods.yaml", "goods_territories.yaml")


@pytest.fixture(scope="session")
def book() -> RuleBook:
    return load_rulebook()


def cases(*names: str) -> list[Any]:
    """The cases of the files, each a parameter with its own sentence as name."""
    found = [case for name in names for case in yaml.safe_load((HERE / name).read_text("utf-8"))["cases"]]
    sentences = [case.pop("case") for case in found]
    assert len(set(sentences)) == len(sentences), "two cases have the same name"
    return [pytest.param(case, id=sentence) for case, sentence in zip(found, sentences, strict=True)]


@pytest.mark.parametrize("case", cases(*SUPPLIES))
def test_a_supply_is_taxed_as_the_case_says(case: dict[str, Any], book: RuleBook) -> None:
    given, sale, expect = case["customer"], case["sale"], case["expect"]
    tax_id = given.pop("tax_id", None)
    ids = (make_tax_id(book, home=given["country"], on=sale["date"], **tax_id),) if tax_id else ()
    asked = make_sale(
        seller=make_seller(**case["seller"]),
        customer=make_customer(**given, tax_ids=ids),
        tax_date=sale["date"],
        currency=sale.get("currency", "EUR"),
        ship_from=Address(**case["stock"]) if "stock" in case else None,
        exchange_rates=tuple(
            ExchangeRate(currency=currency, rate=Decimal(rate), on=sale["date"], source="stated")
            for currency, rate in sale.get("rates", {}).items()
        ),
        lines=(
            make_line(
                product=sale["product"],
                amount=sale["net"],
                quantity=Decimal(sale.get("quantity", "1")),
                tax_behavior=TaxBehavior(sale.get("behavior", "exclusive")),
            ),
        ),
    )
    calculation = calculate(asked, book)
    treatment = calculation.lines[0].treatment
    assert (treatment.outcome, treatment.rule) == (expect["outcome"], expect["rule"])
    assert treatment.rate == (None if expect["rate"] is None else Decimal(expect["rate"]))
    assert calculation.tax == (None if expect["tax"] is None else Decimal(expect["tax"]))
    warnings = {warning.code for warning in calculation.warnings}
    found = {
        "place": treatment.jurisdiction.code or treatment.jurisdiction.country,
        "category": treatment.vat_category,
        "vatex": treatment.vatex,
        "confidence": calculation.confidence,
    }
    for name in found.keys() & expect.keys():
        assert found[name] == expect[name], name
    assert expect.get("warning") in {None, *warnings}
    assert expect.get("notice") in {None, *(notice.code for notice in calculation.notices)}
    assert expect.get("law", "") in " | ".join(treatment.law)
    assert treatment.law or expect["outcome"] == "undetermined"


@pytest.mark.parametrize("case", cases("rounding.yaml"))
def test_amounts_are_rounded_as_the_case_says(case: dict[str, Any], book: RuleBook) -> None:
    currency = book.currency(case["document"]["currency"])
    lines = [
        PricedLine(
            amount=Decimal(line.get("gross") or line["net"]),
            behavior=TaxBehavior.INCLUSIVE if "gross" in line else TaxBehavior.EXCLUSIVE,
            rate=Decimal(line["rate"]),
            group="tax",
        )
        for line in case["lines"]
        for _ in range(line.get("times", 1))
    ]
    taxed = tax_lines(lines, RoundingBasis(case["document"]["basis"]), currency)
    sums = {name: currency.format(sum(getattr(line, name) for line in taxed)) for name in ("net", "tax", "gross")}
    assert sums == case["expect"]


@pytest.mark.parametrize("case", cases("late_tax_ids.yaml"))
def test_a_late_tax_id_changes_what_the_case_says(case: dict[str, Any], book: RuleBook) -> None:
    charged, expect = case["charged"], case["expect"]
    facts = LateTaxId(
        seller=make_seller(**case["seller"]),
        customer=make_customer(country=charged["country"]),
        currency=charged["currency"],
        supply_date=charged["date"],
        lines=tuple(
            ChargedLine(
                reference=str(n),
                product_kind=ProductKind(charged["product"]),
                **{name: Decimal(value) for name, value in line.items()},
            )
            for n, line in enumerate(charged["lines"])
        ),
        tax_id=make_tax_id(book, home=charged["country"], on=charged["date"], **case["tax_id"]),
        transport_proofs=tuple(TransportProof(kind, str(n)) for n, kind in enumerate(case.get("transport", ()))),
    )
    decision = decide_late_tax_id(facts, book)
    assert (decision.outcome, decision.rule) == (expect["outcome"], expect["rule"])
    assert decision.tax_refund == Decimal(expect["refund"])
    assert decision.tax_after == Decimal(expect["after"])
    assert list(decision.documents) == expect["documents"]
    assert decision.vat_category == expect.get("category", decision.vat_category)
    assert expect.get("warning") in {None, *(warning.code for warning in decision.warnings)}
    assert expect.get("law", "") in " | ".join(decision.law)
