"""Decisions a second: cold, repeated and stacked, start-up, and beside two public libraries on the same EU consumers.

``python -m bench.treatments``. Everything is asked in turns in one run in processor time, and the best of each counts.
The baseline multiplies and rounds a line and knows no law. pyvat and sales-tax are installed by their ordinary clients
into a temporary folder; where they cannot be had they are skipped by name. Both answer with a rate only: no law, no
steps, no reduced rates of software, no dated history of rates, no amounts.
"""

import json
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from pathlib import Path
from time import process_time

from tax_rules.calculate import calculate
from tax_rules.facts import (
    Address,
    Customer,
    CustomerKind,
    ProductKind,
    Registration,
    RegistrationKind,
    Sale,
    SaleLine,
    SellerFacts,
    Situation,
)
from tax_rules.rulebook import RuleBook, load_rulebook
from tax_rules.treatment import decide_treatment, decide_treatments

PYVAT, SALES_TAX = "1.3.18", "2.23.0"
BESIDE = 3.0  # a library may give so many times the rates
START_UP = 1.5
WANTED = {"cold": (25_000, 200), "stacked": (8_000, 500), "repeated": (100_000, 100)}
"""What is aimed at in a second on one core of our own, and at most how many times the bare arithmetic of a line."""
REPEATS, DAYS, LINES = 5, 150, 10
EU = (
    *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU"),
    *("IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
)
STATES = (("NY", "10001"), ("TX", "78701"), ("WA", "98101"), ("TN", "37201"))
SINCE = date(2015, 1, 1)
CENT = Decimal("0.01")


def _registration(kind: RegistrationKind, country: str, state: str | None = None) -> Registration:
    return Registration(kind=kind, country=country, state=state, number="1", valid_from=SINCE)


GERMAN = SellerFacts(
    code="de",
    country="DE",
    registrations=(_registration(RegistrationKind.VAT, "DE"), _registration(RegistrationKind.OSS_UNION, "DE")),
)
AMERICAN = SellerFacts(
    code="us",
    country="US",
    registrations=tuple(_registration(RegistrationKind.SALES_TAX, "US", state) for state, _ in STATES),
)


def _consumer(country: str, state: str | None = None, postal_code: str | None = None) -> Customer:
    return Customer(kind=CustomerKind.CONSUMER, address=Address(country=country, state=state, postal_code=postal_code))


def _days() -> list[date]:
    return [date(2026, 1, 1) + timedelta(days=day) for day in range(DAYS)]


EU_SITUATIONS = [Situation(seller=GERMAN, customer=_consumer(country), on=on) for on in _days() for country in EU]
US_SITUATIONS = [
    Situation(seller=AMERICAN, customer=_consumer("US", *place), on=on) for on in _days() for place in STATES
]
SALE_LINES = tuple(
    SaleLine(
        reference=str(n),
        product_kind=(ProductKind.SAAS, ProductKind.EBOOK)[n % 2],
        amount=Decimal(999 + 7 * n).scaleb(-2),
    )
    for n in range(LINES)
)
REPEATED = [
    Sale(seller=GERMAN, customer=_consumer(country), currency="EUR", tax_date=date(2026, 3, 1), lines=SALE_LINES)
    for country in EU
    for _ in range(DAYS // LINES)
]


def bare() -> int:
    """Multiply and round a line for every EU consumer: no law."""
    for _ in EU_SITUATIONS:
        assert (SALE_LINES[0].amount * 20 / 100).quantize(CENT, ROUND_HALF_UP) > 0
    return len(EU_SITUATIONS)


def cold(book: RuleBook) -> int:
    """Every situation is new: nothing that was decided before can help."""
    for situation in EU_SITUATIONS:
        assert decide_treatment(situation, ProductKind.SAAS, book).rate
    return len(EU_SITUATIONS)


def remembered(book: RuleBook) -> int:
    """The same consumers again and again on one day, as the libraries are asked."""
    asked = EU_SITUATIONS[: len(EU)]
    for _ in range(DAYS):
        for situation in asked:
            assert decide_treatments(situation, (ProductKind.SAAS,), book)
    return len(asked) * DAYS


def stacked(book: RuleBook) -> int:
    """State and local taxes on software on a disk, every situation new."""
    for situation in US_SITUATIONS:
        assert decide_treatment(situation, ProductKind.SOFTWARE_PHYSICAL, book).parts
    return len(US_SITUATIONS)


def repeated(book: RuleBook) -> int:
    """Ten lines a sale with their amounts, from customers of 27 states."""
    for sale in REPEATED:
        assert calculate(sale, book).tax
    return len(REPEATED) * LINES


def per_second(call: Callable[[], int]) -> float:
    """How many of what it counts a call does in a second of processor time."""
    began = process_time()
    done = call()
    return done / (process_time() - began)


_PYVAT = """
import datetime, json, sys, time
import pyvat
days, countries, seller = 150, sys.argv[1:], pyvat.Party("DE", True)
start = datetime.date(2026, 1, 1)
began = time.process_time()
done = 0
for day in range(days):
    for country in countries:
        buyer = pyvat.Party(country, False)
        on = start + datetime.timedelta(days=day)
        charge = pyvat.get_sale_vat_charge(on, pyvat.ItemType.generic_electronic_service, buyer, seller)
        assert charge.rate > 0
        done += 1
print(json.dumps(done / (time.process_time() - began)))
"""
_NODE = """
const tax = require('sales-tax');
tax.setTaxOriginCountry('DE', false);
const countries = process.argv.slice(2);
(async () => {
  const began = process.cpuUsage();
  let done = 0;
  for (let day = 0; day < 150; day++) {
    for (const country of countries) {
      const found = await tax.getSalesTax(country, null, null);
      if (!(found.rate > 0)) throw new Error(country);
      done += 1;
    }
  }
  const spent = process.cpuUsage(began);
  console.log(JSON.stringify(done / ((spent.user + spent.system) / 1e6)));
})();
"""


def pyvat_per_second(folder: Path) -> float:
    """pyvat in a venv of its own, on the same consumers and days."""
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv" / "bin" / "python"
    _run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", f"pyvat=={PYVAT}")
    return _answer(_run(python, "-c", _PYVAT, *EU))


def sales_tax_per_second(folder: Path) -> float:
    """The npm package sales-tax, on the same consumers; it knows today's rates only."""
    _run("npm", "install", "--silent", "--no-audit", "--no-fund", f"sales-tax@{SALES_TAX}", cwd=folder)
    script = folder / "ask.js"
    script.write_text(_NODE)
    return _answer(_run("node", script.name, *EU, cwd=folder))


def _run(*command: str | Path, cwd: Path | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True, timeout=120)
    return done.stdout


def _answer(printed: str) -> float:
    return float(json.loads(printed.strip().splitlines()[-1]))


def beside(name: str, measure: Callable[[Path], float], best: dict[str, float]) -> bool:
    """Compare with a library, and say so where it cannot be had; whether remembered decisions are fast enough."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            theirs = max(measure(Path(folder)) for _ in range(2))
        except (OSError, subprocess.SubprocessError) as error:
            print(f"treatments: skipped {name}: {type(error).__name__}")
            return True
    remembered = theirs / best["remembered"]
    print(
        f"treatments: {name} gives {theirs:.0f} bare rates a second, {theirs / best['cold']:.1f} times our cold "
        f"decisions, {remembered:.2f} times remembered ones (wanted <= {BESIDE})"
    )
    return remembered <= BESIDE


def measure_all() -> tuple[dict[str, float], float, int]:
    """The best of each a second, the seconds of start-up, and how many rows the book has."""
    best: dict[str, float] = {"bare": 0.0}
    start_up, rows = float("inf"), 0
    for _ in range(REPEATS):
        began = process_time()
        book = load_rulebook()
        start_up, rows = min(start_up, process_time() - began), len(list(book.rows()))
        best["bare"] = max(best["bare"], per_second(bare))
        for call in (cold, stacked, repeated, remembered):
            best[call.__name__] = max(best.get(call.__name__, 0.0), per_second(partial(call, book)))
    return best, start_up, rows


def main() -> int:
    """Measure and print; exit 1 when slower than wanted, as ratios: what a machine does in a second is its own."""
    best, start_up, rows = measure_all()
    is_fast = start_up < START_UP
    for name, (least, most) in WANTED.items():
        ratio = best["bare"] / best[name]
        is_fast = is_fast and ratio <= most
        print(
            f"treatments: {name} {best[name]:.0f} a second (goal {least}), "
            f"{ratio:.1f} times bare arithmetic (wanted <= {most})"
        )
    print(f"treatments: start-up {start_up:.3f} s, {rows} rows (wanted < {START_UP} s)")
    is_fast = beside(f"pyvat {PYVAT}", pyvat_per_second, best) and is_fast
    is_fast = beside(f"sales-tax {SALES_TAX}", sales_tax_per_second, best) and is_fast
    return 0 if is_fast else 1


if __name__ == "__main__":
    sys.exit(main())
