"""Kill -9 while real documents are issued and drawn: each becomes ready once, numbers have no gap (F1, F2, F3).

The three faults strike the same documents, on one installation a stack: the web process dies between its commit and
the wake-up of a worker, the pool process in the middle of a drawing, and then the worker with its pool in the middle of
the next.
"""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import httpx
import pytest

from app.actor import SYSTEM, Scope
from app.config import Settings
from app.registers.double import RegisterDouble
from app.services.grant_access import create_api_key
from app.services.load_sellers import store_sellers
from tests.api.conftest import FRENCH_ID
from tests.torture.installation import Installation, install, kill_session, wait_for
from tests.torture.refunds import (
    add_order,
    check_every_document_became_ready_once,
    confirmed_check,
    drawing_processes,
    refund,
    statuses,
)

pytestmark = [pytest.mark.torture, pytest.mark.timeout(3600)]

ROUNDS = int(os.environ.get("TAXDESK_TORTURE_ROUNDS", "3"))
LINES = 30  # enough that a drawing takes long enough to be caught in
READY_SECONDS = 90.0
DEATH = (httpx.RemoteProtocolError, httpx.ReadError)


@pytest.fixture
def installation(stack: Settings) -> Iterator[Installation]:
    """A scheduler, a web process that dies after its first commit of a job, and the example sellers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with RegisterDouble() as double, install(replace(stack, port=port, vies_url=double.vies_url)) as installed:
        store_sellers(installed.desk)
        installed.start("scheduler")
        installed.start("serve", failpoint="after_commit_before_wake:kill")
        yield installed


def test_documents_become_ready_once_whoever_dies(installation: Installation) -> None:
    desk = installation.desk
    worker = installation.start("worker", "--concurrency", "1")
    check_id = confirmed_check(desk)
    web = _web(installation)
    refunds = 0
    for number in range(ROUNDS):
        asked_by_web, asked_here = f"W-{number}", f"H-{number}"
        for reference in (asked_by_web, asked_here):
            add_order(desk, reference, lines=LINES)

        _ask_and_let_it_die(installation, web, asked_by_web, check_id)
        refund(desk, asked_here, check_id)
        refunds += 2

        _kill_while_drawing(installation)
        wait_for(lambda: bool(drawing_processes(installation)), seconds=READY_SECONDS, what=installation.log)
        kill_session(worker)
        worker = installation.start("worker", "--concurrency", "1")

        wait_for(
            lambda: set(statuses(desk)) == {"ready"} and set(installation.states()) == {"done"},
            seconds=READY_SECONDS,
            what=lambda: f"documents {statuses(desk)}, jobs {installation.states()}\n{installation.log()}",
        )
    web.close()
    check_every_document_became_ready_once(installation, refunds=refunds)


def _web(installation: Installation) -> httpx.Client:
    """A caller of the web process."""
    key = create_api_key(installation.desk, SYSTEM, name="torture", scopes=[Scope.PAYMENTS])
    address = f"http://127.0.0.1:{installation.settings.port}"
    return httpx.Client(base_url=address, headers={"Authorization": f"Bearer {key}"}, timeout=30)


def _ask_and_let_it_die(installation: Installation, web: httpx.Client, reference: str, check_id: str) -> None:
    """F3: the caller gets no answer; what was committed stays, and the same request again doubles nothing."""

    def answers() -> bool:
        with suppress(httpx.TransportError):
            return web.get("/livez").status_code == 200
        return False

    wait_for(answers, seconds=READY_SECONDS, what=installation.log)
    body = {"reason": "vat_id_provided", "tax_id": {"number": FRENCH_ID, "check_id": check_id}}
    with pytest.raises(DEATH):
        web.post(f"/v1/orders/{reference}/tax-refunds", json=body, headers={"Idempotency-Key": f"torture-{reference}"})


def _kill_while_drawing(installation: Installation) -> None:
    """F1: kill -9 a pool process that holds the lease of a drawing."""
    killed = False
    while not killed:
        wait_for(lambda: bool(drawing_processes(installation)), seconds=READY_SECONDS, what=installation.log)
        for pid in drawing_processes(installation):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                killed = True
