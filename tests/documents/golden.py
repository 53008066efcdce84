"""The golden pages: what every example document looked like when somebody last looked at it.

``python -m tests.documents.golden`` draws them anew and writes ``tests/golden``; the difference is for a reviewer.
"""

import json
import sys
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from pypdf import PdfReader

from app.documents.examples import EXAMPLES
from app.documents.page_text import PageReader
from app.documents.render import draw

GOLDEN = Path(__file__).parents[1] / "golden"
LANGUAGES = {
    "credit_note": ("en", "de", "fr"),
    "credit_note_tax_only": ("en",),
    "credit_note_long": ("fr",),
    "credit_note_japan": ("en",),
    "corrected_invoice": ("en", "de", "fr"),
    "corrected_invoice_domestic": ("de",),
    "tax_id_evidence": ("en", "de", "fr"),
    "vendor_fact_sheet": ("en", "de", "fr"),
    "vendor_fact_sheet_us": ("en",),
    "invoice": ("en", "de", "ja"),
    "invoice_reverse_charge": ("it",),
    "invoice_texas": ("en", "es"),
    "quote": ("pt-BR",),
    "pro_forma": ("en",),
    "tax_statement": ("de", "fr"),
    "tax_statement_texas": ("en", "ja"),
    "refund_statement": ("en", "de", "es", "it"),
    "refund_statement_untouched": ("ja",),
}
CASES = [(name, language) for name, languages in LANGUAGES.items() for language in languages]


@dataclass(frozen=True, slots=True)
class Box:
    """One text on a page: where it begins and ends and stands, in whole points."""

    text: str
    left: int
    right: int
    base: int


def pages_of(pdf: bytes) -> list[list[Box]]:
    """The boxes of every page, in drawing order."""
    reader = PdfReader(BytesIO(pdf))
    page_reader = PageReader(reader)
    return [
        [Box(r.text, round(r.left), round(r.right), round(r.base)) for r in page_reader.runs(page) if r.text]
        for page in reader.pages
    ]


def draw_example(name: str, language: str) -> bytes:
    facts = EXAMPLES[name](language)
    return draw(facts.kind, facts.to_json()).pdf


def path_of(name: str, language: str) -> Path:
    return GOLDEN / f"{name}.{language}.json"


def read(name: str, language: str) -> list[list[Box]]:
    pages = json.loads(path_of(name, language).read_text(encoding="utf-8"))
    return [[Box(*box) for box in page] for page in pages]


def write(name: str, language: str) -> None:
    """One box a line, so that a difference reads like one."""
    pages = pages_of(draw_example(name, language))
    blocks = [
        ",\n".join(json.dumps([b.text, b.left, b.right, b.base], ensure_ascii=False) for b in page) for page in pages
    ]
    text = "[[\n" + "\n],[\n".join(blocks) + "\n]]\n"
    path_of(name, language).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    for case in CASES:
        write(*case)
        sys.stdout.write(f"{path_of(*case)}\n")
