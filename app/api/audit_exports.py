"""``/v1/audit-exports``: a period, or a sample of it, as an archive that proves itself."""

from typing import Any

from flask import Response

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
from app.attachments import attached_file
from app.auth import requires
from app.facts import AuditExportAsked
from app.schemas.audit_exports import AuditExportOut, AuditExportRequestSchema, export_answer
from app.services.export_audit import (
    archive_name,
    ask_export,
    check_content,
    export_content,
    find_exports,
    read_export,
    wait_for_export,
)

bp = ApiBlueprint("Audit exports", __name__, url_prefix="/v1/audit-exports", description="A period for an auditor")


@bp.post("")
@requires(Scope.AUDITOR)
@idempotent
@bp.arguments(AuditExportRequestSchema)
@bp.response(202, AuditExportOut)
@bp.doc(operationId="exportAudit", summary="Ask for a period's documents, tables and chain proof as a ZIP")
def create(asked: AuditExportAsked) -> Any:
    under = "/sample/period" if asked.sample_size else "/period"
    export = ask_export(desk(), actor(), asked, idempotency=idempotency(), under=under)
    if seconds := preferred_wait(0.0):
        export = wait_for_export(desk(), actor(), export.id, seconds=seconds)
    return export_answer(export), 202, {"Location": f"/v1/audit-exports/{export.id}"}


@bp.get("")
@requires(Scope.AUDITOR)
@bp.arguments(PageQuery, location="query")
@bp.response(200, page_of(AuditExportOut))
@bp.doc(operationId="listAuditExports", summary="Exports, newest first")
def list_all(query: dict[str, Any]) -> Any:
    rows = find_exports(desk(), actor(), before=read_cursor(query["cursor"]), limit=query["limit"])
    return page_answer(rows, limit=query["limit"], position=lambda export: export.id, dump=export_answer)


@bp.get("/<export_id>")
@requires(Scope.AUDITOR)
@bp.response(200, AuditExportOut)
@bp.doc(operationId="getAuditExport", summary="How an export stands")
def get(export_id: str) -> Any:
    export = read_export(desk(), actor(), export_id)
    etag = etag_of(f"{export.id}:{export.status}:{export.done}:{export.total}:{export.failed}:{export.purged_at}")
    return with_etag(export_answer(export), etag)


@bp.get("/<export_id>/content")
@requires(Scope.AUDITOR)
@bp.response(
    200,
    {"type": "string", "format": "binary"},
    content_type="application/zip",
    description="The archive; `verify.py` in it tells whether it is genuine",
)
@bp.doc(operationId="getAuditExportContent", summary="The archive, checked against its digest")
def content(export_id: str) -> Response:
    export = check_content(read_export(desk(), actor(), export_id))
    return attached_file(
        lambda: export_content(desk(), actor(), export_id),
        content_type="application/zip",
        name=archive_name(export),
        size=export.size or 0,
        sha256=export.sha256 or "",
    )
