"""Facts with rows of amounts, and whether these add up."""

from app.documents import codec
from app.documents.facts.parts import DocumentFacts, Line, TaxTotal, Totals
from app.errors import Fault

FREE = ("/quantity", "/rate_percent", "/unit_price")  # of decimals of their own


class RowFacts(DocumentFacts):
    """Facts of a document whose main part is a table of lines, with totals below it."""

    __slots__ = ()

    lines: tuple[Line, ...]
    tax_totals: tuple[TaxTotal, ...]
    totals: Totals
    currency: str

    @property
    def is_vat(self) -> bool:
        """Whether the columns may be headed VAT: no other tax is among the totals."""
        return all(row.tax_type in (None, "vat") for row in self.tax_totals)

    def contradictions(self) -> list[Fault]:
        """Sums that do not add up, and amounts that do not all have the currency's decimals."""
        faults = []
        places = self.totals.gross.as_tuple().exponent
        for pointer, amount in codec.decimals(self):
            if not pointer.endswith(FREE) and amount.as_tuple().exponent != places:
                faults.append(Fault(pointer, "wrong_decimals", "Give all amounts as many decimals as the total has."))
        for n, line in enumerate(self.lines):
            if line.net + line.tax != line.gross:
                faults.append(Fault(f"/lines/{n}/gross", "wrong_sum", "Net and tax must add up to gross."))
        totals = self.totals
        if totals.net + totals.tax != totals.gross:
            faults.append(Fault("/totals/gross", "wrong_sum", "Net and tax must add up to gross."))
        faults += [
            Fault(f"/totals/{name}", "wrong_sum", "The tax totals must add up to it.")
            for name in ("net", "tax")
            if sum(getattr(row, name) for row in self.tax_totals) != getattr(totals, name)
        ]
        if not self.lines:
            faults.append(Fault("/lines", "missing", "Send at least one line."))
        return faults
