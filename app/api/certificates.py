"""``/v1/exemption-certificates``: certificates that customers gave, on file."""

from typing import Any

from flask import make_response
from marshmallow import fields, validate

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
    read_cursor,
    with_etag,
)
from app.auth import requires
from app.facts import CertificateGiven
from app.schemas.certificates import CertificateOut, CertificateSchema, RevocationSchema, certificate_answer
from app.services.file_certificate import (
    file_certificate,
    find_filed_certificates,
    read_certificate,
    revoke_certificate,
)

bp = ApiBlueprint(
    "Exemption certificates",
    __name__,
    url_prefix="/v1/exemption-certificates",
    description="Exemptions and their proof",
)


class CertificateQuery(PageQuery):
    """Whose certificates are looked for."""

    client = fields.String(load_default=None, validate=validate.Length(max=64))
    customer = fields.String(load_default=None, validate=validate.Length(max=64))


@bp.post("")
@requires(Scope.PAYMENTS, Scope.BILLING)
@idempotent
@bp.arguments(CertificateSchema)
@bp.response(201, CertificateOut)
@bp.doc(operationId="fileCertificate", summary="Put an exemption certificate on file")
def post_certificate(given: CertificateGiven) -> Any:
    certificate = file_certificate(desk(), actor(), given, idempotency=idempotency())
    response = make_response(CertificateOut().dump(certificate_answer(certificate)), 201)
    response.headers["Location"] = f"/v1/exemption-certificates/{certificate.id}"
    return response


@bp.get("")
@requires(Scope.BILLING, Scope.PAYMENTS, Scope.AUDITOR)
@bp.arguments(CertificateQuery, location="query")
@bp.response(200, page_of(CertificateOut))
@bp.doc(operationId="listCertificates", summary="Exemption certificates, newest first")
def get_certificates(query: dict[str, Any]) -> Any:
    found = find_filed_certificates(
        desk(),
        actor(),
        client=query["client"],
        customer=query["customer"],
        before=read_cursor(query["cursor"]),
        limit=query["limit"],
    )
    return page_answer(found, limit=query["limit"], position=lambda c: c.id, dump=certificate_answer)


@bp.get("/<certificate_id>")
@requires(Scope.BILLING, Scope.PAYMENTS, Scope.AUDITOR)
@bp.response(200, CertificateOut)
@bp.doc(operationId="getCertificate", summary="An exemption certificate")
def get_certificate(certificate_id: str) -> Any:
    answer = certificate_answer(read_certificate(desk(), actor(), certificate_id))
    return with_etag(CertificateOut().dump(answer), etag_of(f"{certificate_id}:{answer['status']}"))


@bp.post("/<certificate_id>/revoke")
@requires(Scope.PAYMENTS)
@idempotent
@bp.arguments(RevocationSchema)
@bp.response(200, CertificateOut)
@bp.doc(operationId="revokeCertificate", summary="Revoke a certificate for all sales that are decided from now on")
def post_revocation(given: dict[str, Any], certificate_id: str) -> Any:
    return certificate_answer(revoke_certificate(desk(), actor(), certificate_id, given["note"]))
