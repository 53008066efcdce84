"""Documents by the dozen without drawing them, and an export in somebody else's hands: altered, and verified."""

import hashlib
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app import clock
from app.desk import Desk
from app.ids import new_code, new_id
from app.models.documents import DocumentRow
from app.store import audit

Files = dict[str, bytes]


def put_documents(desk: Desk, count: int, *, bytes_each: int = 400, ready: bool = True, series: str = "T") -> list[str]:
    """Issue and draw so many documents as the services would, their bytes apart; returns their ids."""
    made = []
    for first in range(0, count, 500):
        with desk.database.writing() as session:
            for n in range(first, min(first + 500, count)):
                document_id, number = new_id("doc"), f"{series}-{n + 1:06d}"
                pdf = (f"%PDF-1.7 {series} {n} ".encode() * (bytes_each // 10))[:bytes_each]
                session.add(_row(document_id, number, pdf if ready else None))
                audit.record(
                    session, actor="system", action="document.issued", subject=document_id, kind="credit_note",
                    number=number,
                )  # fmt: skip
                if ready:
                    _record_ready(session, document_id, desk.blobs.put(pdf))
                made.append(document_id)
    return made


def draw(desk: Desk, document_id: str) -> None:
    """Draw a document that was issued without."""
    pdf = f"%PDF-1.7 {document_id}".encode()
    with desk.database.writing() as session:
        row = session.get_one(DocumentRow, document_id)
        row.status, row.sha256, row.drawn_at = "ready", desk.blobs.put(pdf), clock.now()
        row.size = len(pdf)
        _record_ready(session, document_id, row.sha256)


def verify(export: Path) -> subprocess.CompletedProcess[str]:
    """Run the verifier that lies in the export, as an auditor would: in another folder, with a Python of its own."""
    script = export.parent / "verify.py"
    script.write_bytes(zipfile.ZipFile(export).read("verify.py"))
    command = [getattr(sys, "_base_executable", sys.executable), "-I", str(script), str(export)]
    return subprocess.run(command, capture_output=True, text=True, cwd=export.parent, env={}, check=False, timeout=60)


def files_of(export: Path) -> Files:
    """Every file of the archive."""
    with zipfile.ZipFile(export) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def altered(export: Path, change: Callable[[Files], None], *, mended: bool) -> Path:
    """A copy of the export after ``change``; ``mended``: by somebody who wrote the new hashes into the manifest."""
    files = files_of(export)
    change(files)
    if mended:
        manifest: dict[str, Any] = json.loads(files["manifest.json"])
        known = {entry["name"]: entry for entry in manifest["files"]}
        manifest["files"] = [
            known.get(name, {"name": name}) | {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
            for name, content in sorted(files.items())
            if name != "manifest.json"
        ]
        files["manifest.json"] = json.dumps(manifest).encode()
    copy = export.with_name("altered.zip")
    with zipfile.ZipFile(copy, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return copy


def _row(document_id: str, number: str, pdf: bytes | None) -> DocumentRow:
    return DocumentRow(
        id=document_id,
        idempotency=document_id,
        kind="credit_note",
        number=number,
        code=new_code(),
        language="en",
        issued_on=clock.today(),
        facts={},
        status="ready" if pdf else "queued",
        sha256=hashlib.sha256(pdf).hexdigest() if pdf else None,
        size=len(pdf) if pdf else None,
        pages=1 if pdf else None,
        created_at=clock.now(),
        drawn_at=clock.now() if pdf else None,
    )


def _record_ready(session: Any, document_id: str, sha256: str) -> None:
    audit.record(session, actor="system", action="document.ready", subject=document_id, sha256=sha256)
