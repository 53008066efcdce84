"""The calculation's baseline: our whole application, in which that one view reads and writes but does not calculate.

Routing, guard, strict JSON, request schema, response schema, headers, metrics and log line are the real ones; between
the schemas stands an answer that was calculated once, at start.
"""

from typing import Any

from app.actor import Scope
from app.api.calculations import CalculationOut, bp, json_body
from app.api.house import idempotent_if_asked
from app.auth import requires
from app.cli.serve import Server
from app.config import Settings
from app.factory import create_app
from app.logs import configure_logs
from app.schemas.calculate import calculation_from_request
from app.schemas.calculations import read_calculation
from app.services.read_sellers import sellers_in_force
from servers.request import CALCULATION


class Constant(Server):
    """Our server with that view."""

    def load(self) -> object:
        app = create_app(self.settings)
        desk = app.extensions["desk"]
        answer = calculation_from_request(CALCULATION, sellers=sellers_in_force(desk), book=desk.book, may_assert=False)

        @requires(Scope.BILLING, Scope.PAYMENTS)
        @idempotent_if_asked
        @bp.response(200, CalculationOut)
        def constant() -> Any:
            read_calculation(json_body())
            return answer

        assert "Calculations.create" in app.view_functions
        app.view_functions["Calculations.create"] = constant
        return app


if __name__ == "__main__":
    settings = Settings.from_environment(None)
    configure_logs(settings)
    Constant(settings, workers=1, threads=8).run()
