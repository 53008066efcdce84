"""``/v1/tax/rates``: which rates are in force at a place on a day."""

from typing import Any

from app import clock
from app.actor import Scope
from app.api.house import ApiBlueprint, desk
from app.auth import requires
from app.schemas.rates import RatesOut, RatesQuery, rates_answer
from app.services.read_rates import read_rates
from tax_rules.facts import Address

bp = ApiBlueprint("Rates", __name__, url_prefix="/v1/tax/rates", description="Rates in force at a place")


@bp.get("")
@requires(Scope.BILLING, Scope.PAYMENTS, Scope.AUDITOR)
@bp.arguments(RatesQuery, location="query")
@bp.response(200, RatesOut)
@bp.doc(operationId="listTaxRates", summary="Rates in force at a place on a day, each with its law and source")
def list_rates(query: dict[str, Any]) -> Any:
    on = query.pop("date") or clock.today()
    address = Address(**query)
    return rates_answer(read_rates(desk(), address, on), address, on.isoformat(), desk().book)
