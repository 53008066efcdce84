"""Kill -9 while sales are calculated in bulk: every row is answered once, as if nobody had died (F1, F2)."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from app.actor import SYSTEM
from app.config import Settings
from app.models.jobs import Job
from app.schemas.bulk_calculations import sales_of_ndjson
from app.schemas.calculate import calculation_from_request
from app.services import bulk_calculations
from app.services.bulk import read_rows, read_run
from app.services.bulk_calculations import ask_calculations
from app.services.keep_calculation import known_facts
from app.services.load_sellers import store_sellers
from tests.api.conftest import CALCULATION
from tests.torture.installation import Installation, install, kill_session, wait_for

pytestmark = [pytest.mark.torture, pytest.mark.timeout(1800)]

ROWS = 620
ROWS_A_CHUNK = 200
DONE_SECONDS = 120.0


@pytest.fixture
def installation(stack: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installation]:
    """A scheduler and the example sellers; chunks are small, so that there are several."""
    monkeypatch.setattr(bulk_calculations, "ROWS_A_CHUNK", ROWS_A_CHUNK)
    with install(stack) as installed:
        store_sellers(installed.desk)
        installed.start("scheduler")
        yield installed


def sales() -> list[dict[str, Any]]:
    """Sales of which every tenth cannot be calculated."""
    lines = CALCULATION["lines"]
    return [
        CALCULATION
        | {"reference": f"B-{n}", "lines": [lines[0] | {"amount": f"{n}.99"}]}
        | ({"seller": "nobody"} if n % 10 == 0 else {})
        for n in range(1, ROWS + 1)
    ]


def test_every_row_is_answered_once_whoever_dies(installation: Installation) -> None:
    desk = installation.desk
    body = io.BytesIO(b"\n".join(json.dumps(sale).encode() for sale in sales()))
    run = ask_calculations(desk, SYSTEM, sales_of_ndjson(body), idempotency="torture")

    for point in ("after_lease", "before_job_commit", "after_job_commit"):
        before = attempts(installation)
        doomed = installation.start("worker", "--concurrency", "1", "--queues", "bulk", failpoint=f"{point}:kill")
        wait_for(lambda seen=before: attempts(installation) > seen, seconds=DONE_SECONDS, what=installation.log)
        kill_session(doomed)
    installation.start("worker", "--concurrency", "2")
    installation.wait_until_done(seconds=DONE_SECONDS)

    run = read_run(desk, SYSTEM, run.id)
    assert (run.status, run.total, run.done, run.failed) == ("done", ROWS, ROWS, ROWS // 10)
    with known_facts(desk, SYSTEM) as known:
        wanted = [
            {"line": n}
            | calculation_from_request(sale, sellers=known.sellers, book=desk.book, may_assert=True, known=known)
            for n, sale in enumerate(sales(), 1)
            if n % 10
        ]
    assert list(read_rows(desk, run, "results")) == wanted
    refused = [(error["line"], error["reference"]) for error in read_rows(desk, run, "errors")]
    assert refused == [(n, f"B-{n}") for n in range(10, ROWS + 1, 10)]
    assert installation.unsettled() == 0


def attempts(installation: Installation) -> int:
    """How often a worker took a chunk."""
    with installation.desk.database.reading() as session:
        return sum(session.scalars(select(Job.attempts).where(Job.kind == "bulk_calculations")))
