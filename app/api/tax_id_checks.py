"""``/v1/tax-id-checks`` and ``/v1/registers``."""

from typing import Any

from marshmallow import Schema, fields, validate

from app import clock
from app.actor import Scope
from app.api.house import (
    ApiBlueprint,
    PageQuery,
    actor,
    desk,
    etag_of,
    idempotency,
    idempotent,
    page_answer,
    page_of,
    preferred_wait,
    read_cursor,
    with_etag,
)
from app.auth import requires
from app.facts import TaxIdAsked
from app.schemas.tax_ids import TaxIdCheckRequestSchema, TaxIdCheckSchema
from app.services.check_tax_id import WAIT_SECONDS, check_tax_id, find_checks, read_check

bp = ApiBlueprint("Tax IDs", __name__, url_prefix="/v1", description="Tax IDs, offline and in the registers")


class CheckQuery(PageQuery):
    """How checks are looked for."""

    order_reference = fields.String(load_default=None, validate=validate.Length(max=64))
    number = fields.String(
        load_default=None, validate=validate.Length(max=64), metadata={"description": "canonical, with its prefix"}
    )


class RegisterOut(Schema):
    """A register and whether it answers."""

    name = fields.String()
    availability = fields.String()
    asked_at = fields.String()
    countries = fields.Dict(keys=fields.String(), values=fields.String())
    error_code = fields.String(allow_none=True)


class RegistersOut(Schema):
    """The registers that are asked; ``mode`` is live, double or off."""

    mode = fields.String()
    data = fields.List(fields.Nested(RegisterOut))


@bp.post("/tax-id-checks")
@requires(Scope.BILLING, Scope.PAYMENTS)
@idempotent
@bp.arguments(TaxIdCheckRequestSchema)
@bp.response(201, TaxIdCheckSchema)
@bp.doc(operationId="checkTaxId", summary="Check a tax ID offline and, where one answers, in its register")
def create(asked: TaxIdAsked) -> Any:
    check = check_tax_id(desk(), actor(), asked, idempotency=idempotency(), wait_seconds=preferred_wait(WAIT_SECONDS))
    return check, 201, {"Location": f"/v1/tax-id-checks/{check.id}"}


@bp.get("/tax-id-checks")
@requires(Scope.BILLING, Scope.PAYMENTS, Scope.AUDITOR)
@bp.arguments(CheckQuery, location="query")
@bp.response(200, page_of(TaxIdCheckSchema))
@bp.doc(operationId="listTaxIdChecks", summary="Checks of an order or a number, newest first")
def list_checks(query: dict[str, Any]) -> Any:
    rows = find_checks(
        desk(),
        actor(),
        order_reference=query["order_reference"],
        number=query["number"],
        before=read_cursor(query["cursor"]),
        limit=query["limit"],
    )
    return page_answer(rows, limit=query["limit"], position=lambda check: check.id, dump=TaxIdCheckSchema().dump)


@bp.get("/tax-id-checks/<check_id>")
@requires(Scope.BILLING, Scope.PAYMENTS, Scope.AUDITOR)
@bp.response(200, TaxIdCheckSchema)
@bp.doc(operationId="getTaxIdCheck", summary="A check as it stands now")
def get(check_id: str) -> Any:
    check = read_check(desk(), actor(), check_id)
    etag = etag_of(f"{check.id}:{check.status}:{check.attempts}:{check.evidence_document_id}")
    return with_etag(TaxIdCheckSchema().dump(check), etag)


@bp.get("/registers")
@requires(Scope.BILLING, Scope.PAYMENTS, Scope.AUDITOR)
@bp.response(200, RegistersOut)
@bp.doc(operationId="listRegisters", summary="The registers that we ask, and whether they answer now")
def registers() -> Any:
    statuses = [register.status() for register in desk().registers.all]
    return {
        "mode": str(desk().registers.mode),
        "data": [
            {
                "name": status.register,
                "availability": str(status.availability),
                "asked_at": clock.rfc3339(status.asked_at),
                "countries": {country: str(found) for country, found in status.countries.items()},
                "error_code": status.error_code,
            }
            for status in statuses
        ],
    }
