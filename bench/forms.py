# ruff: noqa: E402 - run as a file, this module would stand before the package of the same name
"""Filling a form against pypdf filling the same one, and against copying and hashing as many bytes; the read-back too.

    python bench/forms.py [DIRECTORY]       with fw9.pdf and fw8ben.pdf; without it the installed ones

All in turn in this process, warm, medians of processor time. pypdf gets the compiled blank and the same values: it is
spared what our compiler did once. Wanted: 100 times faster than pypdf on the six-page W-9, 50 times on a form of one
page; at most 15 times a copy with its SHA-256; a read-back of at most 5 ms. A form that is not there is named.
"""

import gc
import hashlib
import logging
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

sys.path[0] = str(Path(__file__).parents[1])

from pypdf import PdfReader, PdfWriter

from app.config import Settings
from app.documents.filling import folder
from app.documents.filling.compile import compile_blank
from app.documents.filling.fill import Info, fill
from app.documents.filling.plan import CompiledBlank
from app.documents.filling.read_back import read_back
from forms.blanks import shipped_blanks

ROUNDS = 200
MANY_LETTERS = 150.0  # points
PYPDF_ROUNDS = 9
READ_BACK_MS = 5.0
COPY_RATIO = 15.0
INFO = Info(
    title="Form W-9 (Rev. March 2024)",
    subject="Order ORD-1001",
    author="Beispiel Commerce Inc.",
    created=datetime(2026, 5, 1, 12, tzinfo=UTC),
    document_id="doc_01hzzzzzzzzzzzzzzzzzzzzzzz",
    number="US-W9-2026-000001",
    code="0123456789abcdefghjk",
)


@dataclass(frozen=True, slots=True)
class Case:
    """A form to be filled, and how many times faster than pypdf that must be."""

    form: str
    file: str
    wanted: float


CASES = (Case("w9", "fw9.pdf", 100.0), Case("w8ben", "fw8ben.pdf", 50.0))


def milliseconds(call: Callable[[], object]) -> float:
    """Processor time of one call: neighbours on the machine do not count."""
    begin = time.process_time_ns()
    call()
    return (time.process_time_ns() - begin) / 1e6


def values_for(blank: CompiledBlank) -> dict[str, str | bool]:
    """A form as it is usually filled: names and addresses, a number in cells, a tick."""
    widgets = blank.widgets.values()
    texts = [
        widget for widget in widgets if widget.kind == "text" and not widget.cells and widget.box[0] > MANY_LETTERS
    ]
    values: dict[str, str | bool] = {widget.name: "Beispiel Commerce GmbH"[: widget.max_length] for widget in texts[:7]}
    values |= {widget.name: "123456789"[: widget.cells] for widget in [w for w in widgets if w.cells][-2:]}
    tick = next(widget for widget in widgets if widget.kind == "check")
    return values | {tick.name: True}


def fill_with_pypdf(blank: CompiledBlank, values: Mapping[str, str | bool]) -> bytes:
    """The same values by pypdf, fillable, with appearances."""
    writer = PdfWriter(clone_from=PdfReader(BytesIO(blank.pdf)))
    by_page: dict[int, dict[str, str]] = {}
    for name, value in values.items():
        widget = blank.widgets[name]
        given = f"/{widget.on_state}" if value is True else str(value)
        by_page.setdefault(widget.page, {})[widget.field] = given
    for number, given_here in by_page.items():
        writer.update_page_form_field_values(writer.pages[number], given_here, auto_regenerate=False)
    target = BytesIO()
    writer.write(target)
    return target.getvalue()


def measure(case: Case, pdf: bytes) -> bool:
    """Print one line of figures; whether all are as wanted."""
    blank = compile_blank(pdf)
    values = values_for(blank)
    filled = fill(blank, values, info=INFO)
    given = filled.pdf

    def copy_and_hash() -> object:
        return hashlib.sha256(bytearray(given)).digest()

    calls: dict[str, Callable[[], object]] = {
        "fill": lambda: fill(blank, values, info=INFO),
        "copy": copy_and_hash,
        "read back": lambda: read_back(given, blank, values, info=INFO),
    }
    fill_with_pypdf(blank, values)
    for call in calls.values():
        call()
    times: dict[str, list[float]] = {name: [] for name in (*calls, "pypdf")}
    gc.collect()
    for n in range(ROUNDS):
        for name, call in calls.items():
            times[name].append(milliseconds(call))
        if n % (ROUNDS // PYPDF_ROUNDS) == 0:
            times["pypdf"].append(milliseconds(lambda: fill_with_pypdf(blank, values)))
    median = {name: statistics.median(found) for name, found in times.items()}
    faster, slower = median["pypdf"] / median["fill"], median["fill"] / median["copy"]
    print(
        f"{case.file}, {filled.pages} pages, {len(given) // 1000} kB, {len(values)} values: "
        f"fill {median['fill']:.3f} ms, pypdf {median['pypdf']:.1f} ms ({faster:.0f} times, wanted {case.wanted:.0f}), "
        f"copy and hash {median['copy']:.3f} ms ({slower:.1f} times, at most {COPY_RATIO:.0f}), "
        f"read back {median['read back']:.2f} ms (at most {READ_BACK_MS:.0f})"
    )
    return faster >= case.wanted and slower <= COPY_RATIO and median["read back"] <= READ_BACK_MS


def find(case: Case, directory: Path | None) -> bytes | None:
    """The blank from a directory, or the installed one."""
    if directory is not None:
        return (directory / case.file).read_bytes()
    root, blank = Settings.from_environment().forms_dir, shipped_blanks().current(case.form)
    there = folder.installed(root, blank) if root and blank else None
    return there.path.read_bytes() if there else None


def main() -> int:
    """Measure every form that is there; exit 1 when one is slower than wanted."""
    logging.getLogger("pypdf").setLevel(logging.ERROR)
    directory = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    found = [(case, find(case, directory)) for case in CASES]
    good = True
    for case, pdf in found:
        if pdf is None:
            print(f"{case.file}: not installed (taxdesk forms install), not measured")
        else:
            good &= measure(case, pdf)
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
