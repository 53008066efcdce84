"""Importing Streamlined files and finding the local taxes of an address in them, on both databases."""

import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.actor import SYSTEM
from app.desk import Desk, open_desk
from app.services import import_local_rates as importing
from app.services.find_local_rates import local_stacks
from app.services.import_local_rates import Imported, Result, import_local_rates
from app.store import audit
from tax_rules.facts import Address, AddressLevel, LocalStack
from tests.conftest import make_settings
from tests.sst_files import BOUNDARIES, LAWRENCE, RATES, TOPEKA, write, zip4, zip5

ON = date(2026, 9, 1)
RATE_FILE, BOUNDARY_FILE = "KSR2026Q4AUG19.csv", "KSB2026Q4AUG19.csv"
Find = Callable[..., LocalStack | None]


@pytest.fixture
def kansas(desk: Desk, tmp_path: Path) -> Desk:
    """A desk with a rate file and a boundary file of Kansas."""
    for name, rows in ((RATE_FILE, RATES), (BOUNDARY_FILE, BOUNDARIES)):
        assert import_local_rates(desk, SYSTEM, write(tmp_path, name, rows)).result is Result.IMPORTED
    return desk


@pytest.fixture
def find(kansas: Desk) -> Find:
    """The stack of an address in Kansas."""

    def find(postal_code: str | None, line1: str | None = None, on: date = ON, **changed: Any) -> LocalStack | None:
        origin = changed.pop("origin_state", None)
        address = Address(**({"country": "US", "state": "KS"} | changed), postal_code=postal_code, line1=line1)
        with kansas.database.reading() as session:
            found = local_stacks(session, [address, address], on, origin_state=origin)
        assert len(found) <= 1
        assert all(stack.address == address for stack in found)
        return found[0] if found else None

    return find


def told(stack: LocalStack | None) -> tuple[str, bool, list[tuple[str, str]]]:
    assert stack is not None
    taxes = [(tax.level, format(tax.rate.normalize(), "f")) for tax in stack.taxes]
    return stack.level.value, stack.is_ambiguous, taxes


@pytest.mark.parametrize(
    ("postal_code", "line1", "level", "is_ambiguous", "taxes"),
    [
        ("66604", "3700 SW 10th Avenue", "zip9", False, [("county", "1.35"), ("city", "1.5")]),
        ("66604", "3701 SW 10th Avenue", "zip5", True, [("county", "1.35")]),
        ("66604", "9299 Southwest Hamerens Ave, Apt 2", "zip9", False, [("county", "1.35")]),
        ("66604-0050", None, "zip9", False, [("county", "1.35"), ("city", "1.5")]),
        ("66604-0100", None, "zip5", True, [("county", "1.35")]),
        ("66604", None, "zip5", True, [("county", "1.35")]),
        ("66602", None, "zip5", False, [("county", "1.35"), ("city", "1.5")]),
        ("66044-9995", None, "zip9", False, [("county", "1"), ("city", "1.6"), ("district", "2")]),
        ("66045-0010", None, "zip9", False, [("county", "1"), ("city", "1.6"), ("district", "2")]),
        ("66044", None, "zip5", True, [("county", "1")]),
    ],
)
def test_the_most_precise_record_wins(
    find: Find, postal_code: str, line1: str | None, level: str, is_ambiguous: bool, taxes: list[tuple[str, str]]
) -> None:
    assert told(find(postal_code, line1)) == (level, is_ambiguous, taxes)


def test_where_the_state_levies_nothing_the_stack_says_so(find: Find) -> None:
    assert find("66604").has_state_tax is True  # type: ignore[union-attr]
    assert find("66045").has_state_tax is False  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("on", "county"), [(date(2023, 3, 31), "1.15"), (date(2023, 4, 1), "1.35")], ids=["day before", "on the day"]
)
def test_a_rate_changes_on_its_day(find: Find, on: date, county: str) -> None:
    assert told(find("66602", on=on))[2][0] == ("county", county)


@pytest.mark.parametrize(
    ("on", "rate"), [(date(2025, 3, 31), "1.55"), (date(2025, 4, 1), "1.6"), (date(2025, 4, 2), "1.6")], ids=str
)
def test_where_two_rows_overlap_the_later_begin_wins(find: Find, on: date, rate: str) -> None:
    assert ("city", rate) in told(find("66044-9995", on=on))[2]


def test_a_district_is_found_under_another_type_and_from_its_day(find: Find) -> None:
    assert "district" not in dict(told(find("66044-9995", on=date(2025, 12, 31)))[2])
    assert told(find("66044-9995", on=date(2026, 1, 1)))[2][-1] == ("district", "2")


def test_a_sale_within_the_state_has_its_own_rate(find: Find) -> None:
    assert told(find("66044", origin_state="KS"))[2] == [("county", "1.25")]
    assert told(find("66044", origin_state="TX"))[2] == [("county", "1")]


def test_a_tax_names_its_row_and_its_file_and_how_sure_it_is(find: Find) -> None:
    stack = find("66602")
    assert stack is not None
    county = stack.taxes[0]
    assert county.row == "sst.2026Q4/US-KS/00-177/2023-04-01"
    assert county.source == f"Streamlined Sales Tax rate file {RATE_FILE}, line 3"
    assert (county.code, county.valid_from, county.food_drug_rate) == ("177", date(2023, 4, 1), Decimal("1.35"))
    assert county.confidence == "high"
    later = find("66602", on=date(2027, 1, 1))
    assert later is not None
    assert later.taxes[0].confidence == "medium"


@pytest.mark.parametrize(
    ("postal_code", "changed"),
    [
        ("99999", {}),
        (None, {}),
        ("M5V 2T6", {}),
        ("66604", {"state": "ZZ"}),
        ("66604", {"state": "MN"}),
        ("66604", {"country": "CA"}),
        ("66602", {"on": date(2015, 6, 30)}),
        ("66602", {"on": date(2005, 9, 30)}),
    ],
)
def test_what_the_files_do_not_know_has_no_stack(find: Find, postal_code: str | None, changed: dict[str, Any]) -> None:
    assert find(postal_code, **changed) is None


@pytest.mark.parametrize("state", ["Kansas", "US-KS", " ks ", None])
def test_a_state_is_known_by_code_name_and_zip_code(find: Find, state: str) -> None:
    assert find("66602", state=state) is not None


def test_a_file_alone_is_not_enough(desk: Desk, tmp_path: Path) -> None:
    import_local_rates(desk, SYSTEM, write(tmp_path, RATE_FILE, RATES))
    with desk.database.reading() as session:
        assert local_stacks(session, [Address(country="US", state="KS", postal_code="66602")], ON) == ()


def events(desk: Desk) -> list[tuple[str, Any]]:
    with desk.database.reading() as session:
        found = audit.read_events(session)
    return [(e.action, e.facts.get("rows")) for e in found if e.action.startswith("local_rates")]


def test_the_same_file_again_changes_nothing_and_another_one_replaces_it(
    kansas: Desk, find: Find, tmp_path: Path
) -> None:
    path = tmp_path / BOUNDARY_FILE
    again = import_local_rates(kansas, SYSTEM, path)
    assert (again.result, again.rows) == (Result.UNCHANGED, len(BOUNDARIES))
    posted_later = write(tmp_path, "KSB2026Q4SEP2.csv", (zip5("66602", Y="177"),))
    assert import_local_rates(kansas, SYSTEM, posted_later).result is Result.REPLACED
    assert told(find("66602"))[2] == [("county", "1.35")]
    assert find("66604") is None
    assert events(kansas) == [
        ("local_rates.imported", len(RATES)),
        ("local_rates.imported", len(BOUNDARIES)),
        ("local_rates.replaced", 1),
    ]


def test_the_newest_quarter_speaks_and_older_ones_stay(kansas: Desk, find: Find, tmp_path: Path) -> None:
    older = write(tmp_path, "KSB2026Q3MAY20.csv", (zip5("66602", **LAWRENCE),))
    assert import_local_rates(kansas, SYSTEM, older).result is Result.IMPORTED
    assert told(find("66602"))[2] == [("county", "1.35"), ("city", "1.5")]
    newer = write(tmp_path, "KSB2027Q1NOV20.csv", (zip5("66602", Y="177"),))
    assert import_local_rates(kansas, SYSTEM, newer).result is Result.IMPORTED
    assert told(find("66602"))[2] == [("county", "1.35")]


def test_a_file_with_faults_changes_nothing_and_tells_them_all(kansas: Desk, find: Find, tmp_path: Path) -> None:
    rows = (*BOUNDARIES, zip5("6660"), zip5("66602", **TOPEKA), zip5("66602", W="27"))
    refused = import_local_rates(kansas, SYSTEM, write(tmp_path, "KSB2026Q4SEP2.csv", rows))
    assert refused.result is Result.REFUSED
    assert [fault.line for fault in refused.faults] == [9, 9, 11]
    assert told(find("66602"))[2] == [("county", "1.35"), ("city", "1.5")]
    assert len(events(kansas)) == 2


def test_reading_stops_at_more_faults_than_anybody_reads(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "MOST_FAULTS", 3)
    refused = import_local_rates(desk, SYSTEM, write(tmp_path, RATE_FILE, ("x",) * 10))
    assert ([fault.line for fault in refused.faults], refused.is_cut) == ([1, 2, 3], True)


def test_batches_leave_no_row_out(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BATCH", 3)
    done = import_local_rates(desk, SYSTEM, write(tmp_path, BOUNDARY_FILE, BOUNDARIES))
    assert (done.result, done.rows) == (Result.IMPORTED, len(BOUNDARIES))


def test_a_longer_file_needs_no_more_memory(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BATCH", 200)
    desk = open_desk(make_settings(tmp_path, database_url=sqlite_url))

    def peak(quarter: int, rows: int) -> int:
        lines = tuple(zip4(f"{66000 + n % 900}-{n % 9000}", f"{66000 + n % 900}-{n % 9000}") for n in range(rows))
        path = write(tmp_path, f"KSB2026Q{quarter}AUG19.csv", lines)
        del lines
        tracemalloc.start()
        assert import_local_rates(desk, SYSTEM, path).rows == rows
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    peak(1, 200)  # what is made once and kept
    short, long = peak(2, 1_000), peak(3, 8_000)
    desk.close()
    assert long < short + 200_000


@pytest.mark.parametrize("name", ["rates.csv", "XXR2026Q4AUG19.csv"])
def test_a_name_that_says_nothing_is_not_supported(desk: Desk, tmp_path: Path, name: str) -> None:
    assert import_local_rates(desk, SYSTEM, write(tmp_path, name, RATES)).result is Result.UNSUPPORTED


def packed(folder: Path, *members: tuple[str, bytes]) -> Path:
    path = folder / "KSR2026Q4AUG19.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


CONTENT = "\n".join(RATES).encode()


def test_an_archive_is_read_like_its_file(desk: Desk, tmp_path: Path) -> None:
    done = import_local_rates(desk, SYSTEM, packed(tmp_path, (f"rates/{RATE_FILE}", CONTENT)))
    assert (done.result, done.rows) == (Result.IMPORTED, len(RATES))


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ((), "holds 0 files"),
        (((RATE_FILE, CONTENT), ("readme.txt", b"")), "holds 2 files"),
        ((("KSR2026Q3AUG19.csv", CONTENT),), "another state, kind or quarter"),
        ((("rates.csv", CONTENT),), "another state, kind or quarter"),
        (((RATE_FILE, b"x" * 10_000),), "unpacks to more than"),
    ],
)
def test_another_archive_is_refused(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, members: tuple[tuple[str, bytes], ...], told: str
) -> None:
    monkeypatch.setattr(importing, "MOST_BYTES", 9_999)
    assert told in refusal(import_local_rates(desk, SYSTEM, packed(tmp_path, *members)))


def test_an_archive_that_lies_about_its_size_unpacks_to_no_more_than_it_says(desk: Desk, tmp_path: Path) -> None:
    path = packed(tmp_path, (RATE_FILE, b"0" * 5_000_000))
    content = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        place = content.index(signature) + offset
        content[place : place + 4] = (100).to_bytes(4, "little")
    path.write_bytes(content)
    assert "not a ZIP archive" in refusal(import_local_rates(desk, SYSTEM, path))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and nothing more", CONTENT])
def test_what_is_no_archive_is_refused(desk: Desk, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "KSR2026Q4AUG19.zip"
    path.write_bytes(content)
    assert "not a ZIP archive" in refusal(import_local_rates(desk, SYSTEM, path))


def test_a_damaged_archive_is_refused_and_leaves_nothing(desk: Desk, tmp_path: Path) -> None:
    path = packed(tmp_path, (RATE_FILE, CONTENT))
    content = bytearray(path.read_bytes())
    content[60] ^= 0xFF
    path.write_bytes(content)
    assert refusal(import_local_rates(desk, SYSTEM, path))
    assert events(desk) == []


def test_a_line_without_end_is_read_in_pieces(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / RATE_FILE
    path.write_bytes(b"x" * 3_000_000 + b"\n" + b"".join(row.encode() + b"\n" for row in RATES))
    refused = import_local_rates(desk, SYSTEM, path)
    assert [(fault.line, fault.detail) for fault in refused.faults] == [(1, "the line has more than 4096 bytes")]


def refusal(done: Imported) -> str:
    assert done.result is Result.REFUSED
    return done.faults[0].detail


def test_the_level_of_a_street_is_said_like_that_of_a_zip4(find: Find) -> None:
    stack = find("66604", "3700 SW 10th Avenue")
    assert stack is not None
    assert stack.level is AddressLevel.ZIP9
