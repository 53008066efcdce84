"""``/v1/tax/calculations``: what tax is due on a sale, and why."""

from typing import Any

from flask import request
from werkzeug.exceptions import UnsupportedMediaType

from app.actor import Scope
from app.api.house import ApiBlueprint, actor, desk, etag_of, idempotent_if_asked, with_etag
from app.auth import requires
from app.facts import as_json
from app.schemas.calculate import calculation_from_request
from app.schemas.calculation_answers import CalculationOut
from app.schemas.calculations import CalculationRequestSchema
from app.schemas.explanations import ExplanationOut, ExplanationQuery, language_asked
from app.schemas.strict_json import parse
from app.services.explain_decision import explain_calculation
from app.services.keep_calculation import keep_calculation, known_facts, read_calculation

bp = ApiBlueprint("Calculations", __name__, url_prefix="/v1/tax/calculations", description="Tax on a sale")


@bp.post("")
@requires(Scope.BILLING, Scope.PAYMENTS)
@idempotent_if_asked
@bp.response(200, CalculationOut)
@bp.doc(
    operationId="calculateTax",
    summary="Calculate the tax on a sale; kept only when it has a reference",
    requestBody={"required": True, "content": {"application/json": {"schema": CalculationRequestSchema}}},
)
def create() -> Any:
    payload = json_body()
    with known_facts(desk(), actor()) as known:
        answer = calculation_from_request(
            payload,
            sellers=known.sellers,
            book=desk().book,
            may_assert=actor().may(Scope.ADMIN),
            known=known,
        )
    if answer.get("reference"):
        answer["id"] = keep_calculation(desk(), actor(), payload, answer)
    return answer


@bp.get("/<calculation_id>")
@requires(Scope.BILLING, Scope.PAYMENTS, Scope.AUDITOR)
@bp.response(200, CalculationOut)
@bp.doc(operationId="getCalculation", summary="A kept calculation as it was answered")
def get(calculation_id: str) -> Any:
    answer = read_calculation(desk(), actor(), calculation_id)
    return with_etag(CalculationOut().dump(answer), etag_of(calculation_id))


@bp.get("/<calculation_id>/explanation")
@requires(Scope.BILLING, Scope.PAYMENTS, Scope.AUDITOR)
@bp.arguments(ExplanationQuery, location="query")
@bp.response(200, ExplanationOut)
@bp.doc(operationId="explainCalculation", summary="The steps in words, each with its law and the row it read")
def explain(query: dict[str, Any], calculation_id: str) -> Any:
    language = language_asked(query["language"], request.accept_languages, desk().book.languages)
    return as_json(explain_calculation(desk(), actor(), calculation_id, language=language))


def json_body() -> Any:
    """The body, read strictly."""
    if request.mimetype != "application/json":
        raise UnsupportedMediaType("Send the body as application/json.")
    return parse(request.get_data())
