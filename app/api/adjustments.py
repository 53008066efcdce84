"""``/v1/adjustments``: what was given back or asked for, and the decision of a second person."""

from typing import Any

from app.actor import Scope
from app.api.house import ApiBlueprint, actor, desk, etag_of, idempotent, with_etag
from app.auth import requires
from app.schemas.answers import AdjustmentOut, RefundOut, adjustment_answer, refund_answer
from app.schemas.refunds import DecisionSchema
from app.services.approve_adjustment import approve_adjustment, read_adjustment, reject_adjustment

bp = ApiBlueprint("Adjustments", __name__, url_prefix="/v1/adjustments", description="Refunds that wait for approval")


@bp.get("/<adjustment_id>")
@requires(Scope.BILLING, Scope.PAYMENTS, Scope.AUDITOR)
@bp.response(200, AdjustmentOut)
@bp.doc(operationId="getAdjustment", summary="A later change of an order's tax or price")
def get_adjustment(adjustment_id: str) -> Any:
    answer = adjustment_answer(read_adjustment(desk(), actor(), adjustment_id))
    return with_etag(AdjustmentOut().dump(answer), etag_of(f"{adjustment_id}:{answer['status']}"))


@bp.post("/<adjustment_id>/approve")
@requires(Scope.PAYMENTS)
@idempotent
@bp.arguments(DecisionSchema)
@bp.response(200, RefundOut)
@bp.doc(operationId="approveAdjustment", summary="Issue a refund that another person asked for")
def post_approval(given: dict[str, Any], adjustment_id: str) -> Any:  # noqa: ARG001 - an approval needs no words
    return refund_answer(approve_adjustment(desk(), actor(), adjustment_id), dry_run=False)


@bp.post("/<adjustment_id>/reject")
@requires(Scope.PAYMENTS)
@idempotent
@bp.arguments(DecisionSchema)
@bp.response(200, RefundOut)
@bp.doc(operationId="rejectAdjustment", summary="Close a refund that another person asked for; nothing goes back")
def post_rejection(given: dict[str, Any], adjustment_id: str) -> Any:
    return refund_answer(reject_adjustment(desk(), actor(), adjustment_id, given["note"]), dry_run=False)
