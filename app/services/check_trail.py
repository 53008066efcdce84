"""Checking the audit trail as a whole: every event's hash, every link, every day's end."""

from dataclasses import dataclass

from app.desk import Desk
from app.store.audit import ChainFault, verify_chains
from app.store.work import list_chain_days


@dataclass(frozen=True, slots=True)
class TrailCheck:
    """How much there is, and the first fault of each day that has one; None where nothing was recomputed."""

    days: int
    events: int
    faults: tuple[ChainFault, ...] | None

    @property
    def holds(self) -> bool:
        return self.faults == ()


def check_trail(desk: Desk, *, at_most: int | None = None) -> TrailCheck:
    """Recompute every hash of the trail.

    Args:
        at_most: with more events than this only their number is told, and ``faults`` is None.
    """
    with desk.database.reading() as session:
        days = list_chain_days(session)
        events = sum(day.events for day in days)
        if at_most is not None and events > at_most:
            return TrailCheck(len(days), events, None)
        faults = tuple(fault for _, _, fault in verify_chains(session) if fault is not None)
    return TrailCheck(len(days), events, faults)
