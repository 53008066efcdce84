"""The chain proof of an export: every event from the first day on, recomputed while it is written.

What the caller of a client-bound key may not see is withheld: of such an event only its place and its two hashes are
there, so that the links of the chain can still be followed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from app.store.audit import AuditEvent, ChainDay, canonical, fault_of, hashed_part, head_before, read_chain_days
from app.store.audit import read_events as read_page
from app.store.audit_exports import orders_of_client
from app.store.database import Database

PAGE = 500


@dataclass(frozen=True, slots=True)
class Told:
    """An event of the trail, and whether the reader of the export may see it."""

    event: AuditEvent
    visible: bool

    def line(self) -> bytes:
        """Its line in ``audit_events.ndjson``: canonical JSON of the event beside its hashes."""
        event, place = self.event, {"day": self.event.day.isoformat(), "position": self.event.position}
        told: dict[str, Any] = {"event": hashed_part(event)} if self.visible else {"withheld": place}
        return canonical(told | {"previous": event.previous, "hash": event.hash}) + b"\n"


@dataclass(slots=True)
class Trail:
    """The days of a chain as they stood when it was opened; later events are not in it."""

    database: Database
    client: str | None
    before: str
    days: list[ChainDay]
    events: int = 0
    withheld: int = 0
    faults: list[dict[str, Any]] = field(default_factory=list)

    @property
    def after(self) -> str:
        return self.days[-1].head if self.days else self.before

    def members(self) -> dict[str, Any]:
        """What the manifest says of the chain."""
        return {
            "before": self.before,
            "after": self.after,
            "events": self.events,
            "withheld": self.withheld,
            "days": [
                {"day": d.day.isoformat(), "anchor": d.anchor, "events": d.events, "head": d.head} for d in self.days
            ],
            "faults": self.faults,
        }

    def read(self, days: list[ChainDay]) -> Iterator[Told]:
        """The events of these days in the order of the chain; what does not hold is put down in ``faults``."""
        for day in days:
            previous, position, fault = day.anchor, 0, None
            while position < day.events and (page := self._page(day, position)):
                for told in page:
                    fault = fault or fault_of(told.event, position + 1, previous)
                    previous, position = told.event.hash, told.event.position
                    yield told
            if fault is None and (position, previous) != (day.events, day.head):
                self._note(day.day, position, "the chain does not end as it was written")
            elif fault is not None:
                self._note(fault.day, fault.position, fault.why)

    def _page(self, day: ChainDay, position: int) -> list[Told]:
        most = min(PAGE, day.events - position)
        with self.database.reading() as session:
            events = read_page(session, day=day.day, after=(day.day, position), limit=most)
            if self.client is None:
                return [Told(event, visible=True) for event in events]
            named = {event.order_reference for event in events if event.order_reference}
            theirs = orders_of_client(session, named, self.client)
        return [Told(event, visible=event.order_reference in theirs) for event in events]

    def _note(self, day: date, position: int, why: str) -> None:
        self.faults.append({"day": day.isoformat(), "position": position, "why": why})


def open_trail(database: Database, first_day: date, client: str | None) -> Trail:
    """The chain from ``first_day`` to this moment."""
    with database.reading() as session:
        days = read_chain_days(session, first_day)
        before = days[0].anchor if days else head_before(session, first_day)
    return Trail(database, client, before, days)


def write_proof(trail: Trail, days: list[ChainDay], write: Callable[[bytes], None]) -> Iterator[AuditEvent]:
    """Write the days' events, and hand on those that the reader may see."""
    for told in trail.read(days):
        write(told.line())
        trail.events += 1
        if told.visible:
            yield told.event
        else:
            trail.withheld += 1
