"""What the book covers: which places and products have rows, since when, and how sure the newest of them are."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from tax_rules.decision import Confidence, weakest
from tax_rules.facts import ProductKind
from tax_rules.rulebook import RuleBook
from tax_rules.rulefiles import Row

NOT_LEVIED = "not_levied"


@dataclass(frozen=True, slots=True)
class ParameterCovered:
    """One parameter: the day of its first row, and the weakest of the rows that are newest in their jurisdictions."""

    parameter: str
    since: date
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class Covered:
    """A place or a product with the parameters that have rows for it."""

    code: str
    name: str
    parameters: tuple[ParameterCovered, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """The whole book. ``uncovered`` are countries without a rate and without a row that says no tax is levied."""

    countries: tuple[Covered, ...]
    territories: tuple[Covered, ...]
    states: tuple[Covered, ...]
    provinces: tuple[Covered, ...]
    products: tuple[Covered, ...]
    uncovered: tuple[str, ...]

    def groups(self) -> Iterator[tuple[str, tuple[Covered, ...]]]:
        """The groups with their titles."""
        yield "countries", self.countries
        yield "special territories", self.territories
        yield "states of the United States", self.states
        yield "provinces of Canada", self.provinces
        yield "products with rows of their own", self.products


def cover(book: RuleBook) -> Coverage:
    """What rates and exemptions the book has, by place and by product."""
    by_place: dict[str, list[Row]] = {}
    for row in book.rows():
        if row.unit == "percent" or row.parameter.endswith(NOT_LEVIED):
            by_place.setdefault(row.jurisdiction, []).append(row)
    territories = {row["code"]: row["name"] for row in book.table("vat.territories")}
    names = {code: row["name"] for code, row in book.countries.items()}
    provinces = {f"CA-{row['code']}": row["name"] for row in book.table("codes.canadian_provinces")}
    return Coverage(
        countries=_places(by_place, names),
        territories=_places(by_place, {code: name for code, name in territories.items() if code not in names}),
        states=_places(
            by_place, {code: code for code in by_place if code.startswith("US-") and code not in territories}
        ),
        provinces=_places(by_place, provinces),
        products=tuple(_products(book)),
        uncovered=tuple(sorted(names.keys() - by_place.keys() - {"US"})),
    )


def _places(by_place: dict[str, list[Row]], names: dict[str, str]) -> tuple[Covered, ...]:
    return tuple(_covered(code, names[code], by_place[code]) for code in sorted(names) if code in by_place)


def _products(book: RuleBook) -> Iterator[Covered]:
    """Kinds that a row tells apart from others; the rest bear the standard rate of the place."""
    for product in ProductKind:
        endings = (f".{product.value}_rate", f".{product.value}")
        rows = [row for row in book.rows() if row.parameter.endswith(endings)]
        if rows:
            yield _covered(product.value, product.value.replace("_", " "), rows)


def _covered(code: str, name: str, rows: list[Row]) -> Covered:
    by_parameter: dict[str, list[Row]] = {}
    for row in rows:
        by_parameter.setdefault(row.parameter, []).append(row)
    return Covered(code, name, tuple(_parameter(name, found) for name, found in sorted(by_parameter.items())))


def _parameter(name: str, rows: list[Row]) -> ParameterCovered:
    newest = {row.jurisdiction: row.confidence for row in rows}  # rows come oldest first
    return ParameterCovered(name, min(row.valid_from for row in rows), weakest(*newest.values()))
