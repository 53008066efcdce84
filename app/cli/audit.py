"""``taxdesk audit``."""

import sys

import click

from app.cli.answers import EXIT_NO, answer, json_option, open_the_desk
from app.store.audit import verify_chains


@click.group()
def audit() -> None:
    """The audit trail."""


@audit.command("verify")
@json_option
def verify(*, as_json: bool) -> None:
    """Recompute every hash of the trail; exit code 1 and the place of the first change when one does not hold."""
    with open_the_desk() as desk, desk.database.reading() as session:
        chains = list(verify_chains(session))
    faults = [fault for _, _, fault in chains if fault]
    events = sum(length for _, length, _ in chains)
    sentence = f"genuine: {events} events in {len(chains)} days"
    if faults:
        sentence = "altered: " + "; ".join(f"{f.day.isoformat()} event {f.position}: {f.why}" for f in faults)
    members = {
        "result": "altered" if faults else "genuine",
        "days": len(chains),
        "events": events,
        "faults": [{"day": f.day.isoformat(), "position": f.position, "why": f.why} for f in faults],
    }
    answer(sentence, members, as_json=as_json)
    sys.exit(EXIT_NO if faults else 0)
