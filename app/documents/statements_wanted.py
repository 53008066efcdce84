"""What must stand on an invoice, a quote and the statements: read back from the drawing and compared."""

from collections.abc import Iterator

from app.documents import labels, tax_labels
from app.documents.facts import Invoice, RefundStatement, Sale, TaxShare, TaxStatement, Totals
from app.i18n import Language

Expected = tuple[str, tuple[str, ...]]


def in_sequence(facts: Sale | TaxStatement | RefundStatement, words: Language) -> Iterator[Expected]:
    """What must stand alone or directly after its label."""
    if isinstance(facts, RefundStatement):
        yield from _refunds(facts, words)
        return
    _ = words.gettext
    if facts.supply_date:
        yield "supply_date", (_("Date of supply"), words.date(facts.supply_date))
    if facts.certificate:
        yield "certificate", (_("Exemption certificate"), facts.certificate)
    for n, row in enumerate(facts.tax_totals):
        amount = words.amount(row.tax, facts.currency)
        yield f"tax_totals/{n}", (labels.tax_total(words, row, facts.currency), amount)
    yield "totals/net", (_("Net"), words.amount(facts.totals.net, facts.currency))
    yield "totals/gross", (_("Total"), words.amount(facts.totals.gross, facts.currency))
    if isinstance(facts, TaxStatement):
        yield from _reasons(facts, words)
    else:
        yield from _sale(facts, words)


def anywhere(facts: Sale | TaxStatement | RefundStatement, words: Language) -> Iterator[tuple[str, str]]:
    """What may stand inside a sentence."""
    if isinstance(facts, Sale):
        yield "title", tax_labels.sale_title(words, facts)
        if said := tax_labels.preamble(words, facts):
            yield "preamble", said
    elif isinstance(facts, TaxStatement):
        yield "title", words.gettext("Tax statement")
        yield "rulebook_sha256", facts.rulebook_sha256
        yield from ((f"warnings/{n}", warning) for n, warning in enumerate(facts.warnings))
        for n, reasoning in enumerate(facts.reasonings):
            for k, step in enumerate(reasoning.steps):
                said = {"text": step.text, "law": step.law, "row": step.row}
                yield from ((f"reasonings/{n}/steps/{k}/{name}", text) for name, text in said.items() if text)
            for k, row in enumerate(reasoning.rows):
                said = {"id": row.id, "value": row.value, "law": row.law, "source": row.source}
                said |= {"valid_from": words.date(row.valid_from)}
                said |= {"confidence": tax_labels.confidence(words, row.confidence)}
                yield from ((f"reasonings/{n}/rows/{k}/{name}", text) for name, text in said.items() if text)
    else:
        yield "title", words.gettext("Refund statement")
        for n, adjusted in enumerate(facts.adjustments):
            yield f"adjustments/{n}/reason", labels.reason(words, adjusted.reason)
            yield from ((f"adjustments/{n}/documents/{k}", number) for k, number in enumerate(adjusted.documents))
            yield from ((f"adjustments/{n}/law/{k}", law) for k, law in enumerate(adjusted.law))


def _sale(facts: Sale, words: Language) -> Iterator[Expected]:
    _ = words.gettext
    yield "header/number", (tax_labels.own_number(words, facts), facts.header.number)
    yield from _taxes("taxes", facts.taxes, words)
    if not isinstance(facts, Invoice):
        return
    yield "amount_paid", (_("Paid"), words.amount(facts.amount_paid, facts.currency))
    yield "amount_due", (_("Amount due"), words.amount(facts.amount_due, facts.currency))
    if facts.due_on:
        yield "due_on", (_("Payment due"), words.date(facts.due_on))
    if facts.copy_of:
        yield "copy_of/number", (_("Invoice number"), facts.copy_of.number)
        yield "copy_of/issued_on", (_("Invoice date"), words.date(facts.copy_of.issued_on))


def _reasons(facts: TaxStatement, words: Language) -> Iterator[Expected]:
    yield "header/number", (words.gettext("Statement number"), facts.header.number)
    if facts.original_invoice:
        yield "original_invoice/number", (words.gettext("Invoice number"), facts.original_invoice.number)
    for n, reasoning in enumerate(facts.reasonings):
        lines, outcome = tax_labels.numbered(words, reasoning.lines), tax_labels.outcome(words, reasoning)
        yield f"reasonings/{n}", (lines, outcome)
        if len(reasoning.taxes) > 1:
            yield from _taxes(f"reasonings/{n}/taxes", reasoning.taxes, words)
    if facts.undecided:
        yield "undecided", (tax_labels.numbered(words, facts.undecided),)


def _taxes(pointer: str, taxes: tuple[TaxShare, ...], words: Language) -> Iterator[Expected]:
    for n, share in enumerate(taxes):
        cells = (tax_labels.jurisdiction(words, share), tax_labels.tax_type(words, share.tax_type))
        figures = (words.percent(share.rate_percent), words.number(share.taxable), words.number(share.tax))
        yield f"{pointer}/{n}", (*cells, *figures)


def _refunds(facts: RefundStatement, words: Language) -> Iterator[Expected]:
    _ = words.gettext
    yield "header/number", (_("Statement number"), facts.header.number)
    if facts.original_invoice:
        yield "original_invoice/number", (_("Invoice number"), facts.original_invoice.number)
    yield "supply_date", (_("Date of supply"), words.date(facts.supply_date))
    yield "charged", (_("Charged"), *_figures(facts.charged, words))
    yield "credited", (_("Credited"), *_figures(facts.credited, words))
    yield "remaining", (_("Remaining"), *_figures(facts.remaining, words))
    for n, adjusted in enumerate(facts.adjustments):
        yield f"adjustments/{n}/credited", _figures(adjusted.credited, words)
        yield f"adjustments/{n}/issued_on", (words.date(adjusted.issued_on), labels.reason(words, adjusted.reason))
    for n, moved in enumerate(facts.movements):
        said = (words.date(moved.on), tax_labels.movement(words, moved.kind), moved.option, moved.reference)
        yield f"movements/{n}", (*said, words.number(moved.amount))
    yield "paid", (_("Paid in all"), words.amount(facts.paid, facts.currency))
    yield "refunded", (_("Paid back in all"), words.amount(facts.refunded, facts.currency))
    owed = words.amount(tax_labels.owed(facts), facts.currency)
    yield "outstanding", (tax_labels.balance(words, facts), owed)


def _figures(totals: Totals, words: Language) -> tuple[str, ...]:
    return words.number(totals.net), words.number(totals.tax), words.number(totals.gross)
