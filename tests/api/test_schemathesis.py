"""Requests made from the served description, against a real server: none finds an answer that is not described.

schemathesis reads ``/openapi.json`` as any caller would, sends valid and broken requests and follows the links between
resources; a 5xx, an unknown status, a body that is not as described or a broken request that is accepted fails.
Bounded by examples an operation; ``TAXDESK_SCHEMATHESIS_EXAMPLES`` and ``_SEED`` widen the search.
"""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from app.actor import SYSTEM, Scope
from app.desk import open_desk
from app.examples.situations import situations
from app.registers.double import RegisterDouble
from app.schemas.calculation_answers import calculation_answer
from app.services.grant_access import create_api_key
from app.services.seed import seed_orders
from app.store.schema import upgrade
from tests.conftest import make_settings
from tests.torture.installation import install

EXAMPLES = os.environ.get("TAXDESK_SCHEMATHESIS_EXAMPLES", "6")
SEED = os.environ.get("TAXDESK_SCHEMATHESIS_SEED", "2026")
CONFIGURATION = Path(__file__).with_name("schemathesis.toml")


@pytest.mark.timeout(300)
def test_no_request_made_from_the_description_finds_a_failure(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with RegisterDouble() as double:
        settings = make_settings(tmp_path, port=port, vies_url=double.vies_url)
        desk = open_desk(settings)
        upgrade(desk.database)
        seed_orders(desk, situations(), lambda calculation: calculation_answer(calculation, desk.book))
        key = create_api_key(desk, SYSTEM, name="schemathesis", scopes=[str(scope) for scope in Scope])
        desk.close()
        with install(settings) as installation:
            installation.start("serve")
            done = subprocess.run(
                (
                    Path(sys.executable).with_name("schemathesis"),
                    *("--config-file", CONFIGURATION, "run", f"{settings.base_url}/openapi.json"),
                    *("--wait-for-schema", "60", "--request-timeout", "30", "--header", f"Authorization: Bearer {key}"),
                    *("--max-examples", EXAMPLES, "--seed", SEED, "--no-color", "--warnings", "off"),
                ),
                cwd=tmp_path,
                capture_output=True,
                text=True,
                check=False,
            )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr
    assert "No issues found" in done.stdout, done.stdout[-3000:]
