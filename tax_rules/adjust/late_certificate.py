"""An exemption certificate that comes after the sale: whether it counts for a sale that was made before it."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from tax_rules.decision import Caution, RowRead
from tax_rules.facts import Exemption
from tax_rules.rulebook import RuleBook

LATE_DAYS = "adjust.late_certificate_days"
TERM_UNCERTAIN = Caution("late_certificate_term_uncertain")


class CertificateFault(StrEnum):
    """Why a certificate does not count for a sale."""

    NOT_ACCEPTED = "certificate_not_accepted"
    ANOTHER_STATE = "certificate_for_another_state"
    EXPIRED = "certificate_expired"
    TOO_LATE = "certificate_too_late"


def accept_late_certificate(
    exemption: Exemption, state: str, on: date, book: RuleBook
) -> tuple[Exemption | None, CertificateFault | None, tuple[RowRead, ...]]:
    """The exemption as it counts for a sale of ``on``, or why it does not count; and the rows that were read.

    One that was in force on the day of the sale counts whenever it comes. One that begins later counts where it begins
    within the days in which the law of the state takes late certificates.

    Args:
        state: where the sale is taxed, such as ``TX``.
    Law:
        Streamlined Sales and Use Tax Agreement Sec. 317(C) (ninety days); the row names it.
    """
    if not exemption.is_accepted:
        return None, CertificateFault.NOT_ACCEPTED, ()
    if exemption.states and state not in exemption.states:
        return None, CertificateFault.ANOTHER_STATE, ()
    if exemption.valid_to is not None and exemption.valid_to < on:
        return None, CertificateFault.EXPIRED, ()
    if exemption.valid_from is None or exemption.valid_from <= on:
        return exemption, None, ()
    row = book.find(LATE_DAYS, f"US-{state}", on) or book.find(LATE_DAYS, "US", on)
    days = row.value if row is not None else None
    if row is None or not isinstance(days, Decimal) or exemption.valid_from > on + timedelta(days=int(days)):
        return None, CertificateFault.TOO_LATE, (RowRead.of(row),) if row is not None else ()
    return replace(exemption, valid_from=on), None, (RowRead.of(row),)
