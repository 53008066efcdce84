"""Rows of Streamlined rate and boundary files, made cell by cell: Kansas, FIPS 20."""

from pathlib import Path

RATES = (
    "20,45,20,0.06500,0.06500,0.06500,0.06500,20150701,20221231",
    "20,45,20,0.06500,0.06500,0.00000,0.00000,20230101,20991231",
    "20,00,177,0.01350,0.01350,0.01350,0.01350,20230401,20991231",
    "20,00,177,0.01150,0.01150,0.01150,0.01150,20051001,20230331",
    "20,00,045,0.01250,0.01000,0.01250,0.01250,20190401,20991231",
    "20,01,71000,0.01500,0.01500,0.01500,0.01500,20091001,20991231",
    "20,01,38900,0.01550,0.01550,0.01550,0.01550,20091001,20250401",
    "20,01,38900,0.01600,0.01600,0.01600,0.01600,20250401,29991231",
    "20,79,21215,0.02,0.02,0.02,0.02,20260101,20781231",
)
TOPEKA = {"Y": "177", "Z": "71000"}
LAWRENCE = {"Y": "45", "Z": "38900", "AD": "st", "AE": "21215", "AF": "63"}


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def boundary(record: str, *, columns: int = 89, begins: str = "20051001", ends: str = "20991231", **cells: str) -> str:
    """A boundary row; cells are named by the letters of their columns."""
    row = [""] * columns
    for letters, text in ({"A": record, "B": begins, "C": ends, "W": "20", "X": "20"} | cells).items():
        row[_column(letters)] = text
    return ",".join(row)


def street(low: str, high: str, parity: str, *, direction: str, name: str, zip_code: str, **cells: str) -> str:
    """An address row of an avenue."""
    where = {"D": low, "E": high, "F": parity, "G": direction, "H": name, "I": "AVE", "O": "TOPEKA", "P": zip_code}
    return boundary("A", **where, **cells)


def zip4(first: str, last: str, **cells: str) -> str:
    """A row of ZIP+4, such as ``66604-1`` to ``66604-99``."""
    low, high = first.split("-"), last.split("-")
    return boundary("4", R=low[0], S=low[1], T=high[0], U=high[1], **cells)


def zip5(first: str, last: str | None = None, *, record: str = "z", **cells: str) -> str:
    """A row of ZIP codes."""
    return boundary(record, R=first, T=last or first, **cells)


BOUNDARIES = (
    street("3700", "3716", "E", direction="SW", name="10TH", zip_code="66604", **TOPEKA),
    street("9201", "9299", "O", direction="SW", name="HAMERENS", zip_code="66604", Y="177"),
    zip4("66604-1", "66604-99", **TOPEKA),
    zip4("66044-9990", "66045-10", **LAWRENCE),
    zip5("66604", Y="177"),
    zip5("66601", "66603", record="Z", **TOPEKA),
    zip5("66044", Y="045"),
    zip5("66045", X="", Y="045"),
)


def write(folder: Path, name: str, rows: tuple[str, ...]) -> Path:
    """A file with these rows."""
    path = folder / name
    path.write_text("".join(f"{row}\r\n" for row in rows), "utf-8")
    return path
