"""Rate and boundary files: what stands in them is read as it is meant, and every fault is told with its line."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tax_rules.errors import DataFault
from tax_rules.sales_tax.us.sst import (
    LONGEST_LINE,
    BoundaryRow,
    FileKind,
    FileName,
    RateRow,
    Record,
    read_boundaries,
    read_file_name,
    read_rates,
)
from tests.sst_files import BOUNDARIES, LAWRENCE, RATES, boundary, street, zip4, zip5


def rates(*lines: str | bytes) -> list[RateRow | DataFault]:
    return list(read_rates(map(_bytes, lines), name="F", fips="20"))


def boundaries(*lines: str | bytes) -> list[BoundaryRow | DataFault]:
    return list(read_boundaries(map(_bytes, lines), name="F", fips="20"))


def row(line: str) -> BoundaryRow:
    (found,) = boundaries(line)
    assert isinstance(found, BoundaryRow), found
    return found


def _bytes(line: str | bytes) -> bytes:
    return line.encode() + b"\r\n" if isinstance(line, str) else line


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("KSR2026Q4AUG19.zip", ("KS", FileKind.RATES, "2026Q4")),
        ("KSB2026Q4AUG19.csv", ("KS", FileKind.BOUNDARIES, "2026Q4")),
        ("mnb2026q2feb8-sample.CSV", ("MN", FileKind.BOUNDARIES, "2026Q2")),
        ("KSR2026Q4AUG19 (1).zip", ("KS", FileKind.RATES, "2026Q4")),
        ("KSR2026Q5AUG19.zip", None),
        ("KSX2026Q4AUG19.zip", None),
        ("KSR2026Q4AUG19.txt", None),
        ("KSR2026Q4AUG19zip.csv", None),
        ("rates.csv", None),
    ],
)
def test_a_name_says_state_kind_and_quarter(name: str, found: tuple[str, FileKind, str] | None) -> None:
    assert read_file_name(name) == (found and FileName(name, *found))


def test_rates_are_read_with_their_days() -> None:
    found = rates(*RATES)
    assert all(isinstance(one, RateRow) for one in found)
    first, last = found[0], found[-1]
    assert isinstance(first, RateRow)
    assert isinstance(last, RateRow)
    assert (first.type, first.code, first.interstate) == ("45", "20", Decimal("0.065"))
    assert (first.begins, first.ends) == (date(2015, 7, 1), date(2022, 12, 31))
    assert last.line == len(RATES)


@pytest.mark.parametrize("end", ["29991231", "99991231", "20991231", "20781231"])
def test_a_far_end_is_an_open_one(end: str) -> None:
    (found,) = rates(f"20,00,177,.01,.01,.01,.01,20230401,{end}")
    assert isinstance(found, RateRow)
    assert found.ends is None


def test_leading_zeros_that_are_missing_are_put_back() -> None:
    county, place, state = rates(
        "20,0,45,0,0,0,0,20230401,20991231", "20,1,7000,0,0,0,0,20230401,20991231", "20,45,20,0,0,0,0,20230401,20991231"
    )
    assert [(one.type, one.code) for one in (county, place, state) if isinstance(one, RateRow)] == [
        ("00", "045"),
        ("01", "07000"),
        ("45", "20"),
    ]


def test_a_byte_order_mark_and_blank_lines_are_passed_over() -> None:
    found = rates(b"\xef\xbb\xbf" + RATES[0].encode() + b"\n", b"\n", b"  \r\n", RATES[1].encode())
    assert [one.line for one in found] == [1, 4]
    assert all(isinstance(one, RateRow) for one in found)


@pytest.mark.parametrize("columns", [89, 90])
@pytest.mark.parametrize("record", ["A", "a", "4", "Z", "z"])
def test_records_of_every_kind_case_and_length_are_read(record: str, columns: int) -> None:
    cells = {"H": "MAIN", "P": "66604", "D": "1", "E": "9"} if record in "Aa" else {"R": "66604", "T": "66604"}
    cells |= {"S": "1", "U": "12"} if record == "4" else {}
    found = row(boundary(record, columns=columns, **cells))
    assert found.record == Record(record.upper())
    assert (found.zip_low, found.zip_high) == (66604, 66604)


def test_a_boundary_names_county_place_and_districts_but_no_location_codes() -> None:
    found = row(zip5("66044", **LAWRENCE, AG="ST", AH="L1726", AI="45", CI="ST", CJ="99", CK="63")).taxed_by
    assert (found.has_state, found.county, found.place) == (True, "045", "38900")
    assert found.districts == (("63", "21215"), ("63", "00099"))


def test_a_range_of_zip4_may_go_over_into_the_next_zip_code() -> None:
    found = row(zip4("66044-9990", "66045-10"))
    assert (found.zip_low, found.plus4_low, found.zip_high, found.plus4_high) == (66044, 9990, 66045, 10)


def test_an_address_has_its_street_in_parts_and_both_sides_where_none_is_said() -> None:
    found = row(street("1", "99", "", direction="N", name="MAIN", zip_code="66604"))
    assert (found.street, found.low, found.high, found.parity) == (("N", "MAIN", "AVE"), "1", "99", "B")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("20,00,177,.01,.01,.01,.01,20230401", "8 columns, not 9"),
        ("27,00,177,.01,.01,.01,.01,20230401,20991231", "column 1 is '27'; the file's name says state 20"),
        ("20,XY,177,.01,.01,.01,.01,20230401,20991231", "column 2"),
        ("20,00,,.01,.01,.01,.01,20230401,20991231", "column 3"),
        ("20,00,177,,.01,.01,.01,20230401,20991231", "column 4"),
        ("20,00,177,-.01,.01,.01,.01,20230401,20991231", "column 4"),
        ("20,00,177,1.5,.01,.01,.01,20230401,20991231", "column 4 is '1.5'; a rate is at most 1"),
        ("20,00,177,1e-2,.01,.01,.01,20230401,20991231", "column 4"),
        ("20,00,177,.01,.01,.01,٠.٠١,20230401,20991231", "column 7"),
        ("20,00,177,.01,.01,.01,.01,20230431,20991231", "column 8 is '20230431'; there is no such day"),
        ("20,00,177,.01,.01,.01,.01,2023-4-1,20991231", "column 8"),
        ("20,00,177,.01,.01,.01,.01,20230401,20230331", "column 9 is '20230331'; it lies before the begin"),
        (b"20,00,177,.01,.01,.01,.01,20230401,\xff\n", "not CSV in UTF-8"),
        (b"x" * (LONGEST_LINE + 1), f"more than {LONGEST_LINE} bytes"),
        ('20,00,"177,.01,.01,.01,.01,20230401,20991231', "not CSV"),
    ],
)
def test_a_fault_in_a_rate_file_is_told_with_its_line(line: str | bytes, told: str) -> None:
    found = rates(RATES[0], line, RATES[1])
    assert isinstance(found[0], RateRow)
    assert isinstance(found[-1], RateRow)
    (fault,) = found[1:-1]
    assert isinstance(fault, DataFault)
    assert fault.line == 2
    assert told in fault.detail


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (boundary("Q"), "column 1 is 'Q'; a record is A, 4 or Z"),
        (zip5("6604"), "column 18"),
        (zip5("66605", "66604"), "column 20 is '66604'; the range ends before it begins"),
        (zip4("66604-99999", "66605-1"), "column 19"),
        (zip5("66604", W="27", X=""), "column 23"),
        (zip5("66604", X="27"), "column 24"),
        (zip5("66604", Y="1.7"), "column 25"),
        (zip5("66604", AD="ST", AF="63"), "column 31"),
        (street("1", "9", "X", direction="", name="MAIN", zip_code="66604"), "column 6"),
        (street("1", "9", "B", direction="", name="", zip_code="66604"), "column 8"),
        (boundary("Z", columns=91, R="66604", T="66604"), "91 columns, not 89 or 90"),
    ],
)
def test_a_fault_in_a_boundary_file_is_told_with_its_line(line: str, told: str) -> None:
    fault = boundaries(BOUNDARIES[0], line)[1]
    assert isinstance(fault, DataFault)
    assert fault.line == 2
    assert told in fault.detail


def test_all_faults_of_a_line_are_told() -> None:
    found = rates("27,00,177,x,.01,.01,.01,20230431,20991231")
    assert [one.detail[:8] for one in found if isinstance(one, DataFault)] == ["column 1", "column 4", "column 8"]


@pytest.mark.parametrize("lines", [(), (b"\n", b"\r\n")])
def test_an_empty_file_is_a_fault(lines: tuple[bytes, ...]) -> None:
    assert [one.detail for one in rates(*lines) if isinstance(one, DataFault)] == ["the file is empty"]


@given(st.lists(st.binary(max_size=300), max_size=5), st.booleans())
def test_no_bytes_break_the_reader(lines: list[bytes], is_rates: bool) -> None:
    read = read_rates if is_rates else read_boundaries
    for found in read(lines, name="F", fips="20"):
        assert isinstance(found, (DataFault, RateRow, BoundaryRow))


@given(st.data())
def test_no_cell_breaks_the_reader(data: st.DataObject) -> None:
    line = data.draw(st.sampled_from((*BOUNDARIES, *RATES)))
    cells = line.split(",")
    cells[data.draw(st.integers(0, len(cells) - 1))] = data.draw(st.text(max_size=12))
    read = read_rates if line in RATES else read_boundaries
    for found in read([",".join(cells).encode("utf-8", "replace")], name="F", fips="20"):
        assert isinstance(found, (DataFault, RateRow, BoundaryRow))
