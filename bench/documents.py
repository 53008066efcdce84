"""A credit note drawn and read back, against the bare WeasyPrint call for the same HTML: at most 1.3 times.

Both sides run in turn, warm, the bare call in this process and ours as a worker draws: in a process apart, the pipes
between them included. The figures are medians. The bare call is ``HTML(...).write_pdf`` with the same bundled fonts,
style sheet and PDF/A variant, and nothing else: no facts, no checks, no reading back.
"""

import gc
import statistics
import sys
import time
from collections.abc import Callable

from app.documents import fonts
from app.documents.apart import DRAWER, draw_apart
from app.documents.check import check
from app.documents.examples import credit_note
from app.documents.page import TEMPLATES, compose
from app.documents.read_back import read_back
from app.documents.render import VARIANT, fetcher

LIMIT = 1.3
ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 25


def processor_time() -> float:
    """Seconds of processor time of this process and of the one that draws."""
    drawing = time.clock_gettime((~DRAWER.pid << 3) | 2) if DRAWER.pid else 0.0  # Linux: a process id as a clock
    return time.process_time() + drawing


def timed(call: Callable[[], object]) -> float:
    """Milliseconds of processor time of one call: neighbours on the machine do not count."""
    begin = processor_time()
    call()
    return (processor_time() - begin) * 1000


def measure(language: str, rows: int) -> float:
    """Print one line of figures; returns the ratio of the medians."""
    fonts.prepare()
    from weasyprint import HTML

    facts = credit_note(language, rows=rows)
    as_json = facts.to_json()
    html = compose(check(facts.kind, as_json))
    css = TEMPLATES / "print" / "print.css"

    def bare() -> bytes:
        page = HTML(string=html, url_fetcher=fetcher(), base_url="asset:")
        return page.write_pdf(font_config=fonts.configuration(), stylesheets=[css], pdf_variant=VARIANT)

    pdf = draw_apart(facts.kind, as_json).pdf
    bare()
    gc.collect()
    ours, theirs, reading = [], [], []
    for _ in range(ROUNDS):
        theirs.append(timed(bare))
        ours.append(timed(lambda: draw_apart(facts.kind, as_json)))
        reading.append(timed(lambda: read_back(pdf, facts)))
    ratio = statistics.median(ours) / statistics.median(theirs)
    print(
        f"credit note {language}, {rows:>2} rows: bare {statistics.median(theirs):6.1f} ms, drawn and read back "
        f"{statistics.median(ours):6.1f} ms (reading {statistics.median(reading):5.1f} ms), ratio {ratio:.2f}"
    )
    return ratio


if __name__ == "__main__":
    ratios = [measure("en", 2), measure("fr", 2), measure("de", 40)]
    worst = max(ratios)
    print(f"worst ratio {worst:.2f}, limit {LIMIT}")
    raise SystemExit(0 if worst <= LIMIT else 1)
