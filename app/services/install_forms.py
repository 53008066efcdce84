"""Installing the authority's blanks: from its site or from a directory, known copies only, each one audited."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from app.actor import SYSTEM
from app.desk import Desk
from app.documents.child import MOST_BYTES
from app.documents.errors import BlankRefused
from app.documents.filling import folder
from app.documents.filling.inspect import identify_blank
from app.errors import Unavailable
from app.registers.http import Limits, NoReply, Reply, call
from app.store import audit
from forms.blanks import Blank, Copy, Registry

_DOWNLOAD = Limits(connect=5.0, read=20.0, total=60.0, size=MOST_BYTES)
_AT_ONCE = 3
Fetch = Callable[[str], Reply | NoReply]


class Result(StrEnum):
    INSTALLED = "installed"
    ALREADY_INSTALLED = "already_installed"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one file: ``origin`` is its name or address; ``code`` and ``detail`` say why it was not taken."""

    origin: str
    result: Result
    blank: Blank | None = None
    copy: Copy | None = None
    code: str | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One known blank and whether it can be filled here; ``missing`` says what to do when it cannot."""

    blank: Blank
    installed: folder.Installed | None
    missing: str | None


def list_forms(root: Path, registry: Registry) -> tuple[Listed, ...]:
    """Every known blank, and what of it is installed below ``root``. Changes nothing."""
    return tuple(_listed(root, blank) for blank in registry.blanks)


def _listed(root: Path, blank: Blank) -> Listed:
    there = folder.installed(root, blank)
    missing = None
    if there is None and folder.damaged(root, blank):
        missing = "The installed file is damaged: run taxdesk forms install again."
    elif there is None and blank.state == "current":
        missing = f"Run taxdesk forms install, or put {blank.file_name} into a directory and add --from."
    return Listed(blank=blank, installed=there, missing=missing)


def install_from_directory(desk: Desk, directory: Path, registry: Registry) -> Iterator[Outcome]:
    """Install every known copy among the PDFs of a directory, not those below it; each file gets its answer.

    Raises:
        Unavailable: the folder of forms cannot be written.
        OSError: the directory cannot be read.
    """
    for path in sorted(path for path in directory.iterdir() if path.suffix.lower() == ".pdf" and path.is_file()):
        try:
            # one byte more than may be tells that there are too many
            with path.open("rb") as file:
                content = file.read(MOST_BYTES + 1)
        except OSError as error:
            detail = f"It cannot be read: {error.strerror}."
            yield Outcome(origin=path.name, result=Result.REFUSED, code="unreadable", detail=detail)
            continue
        try:
            blank, copy = identify_blank(content, registry)
        except BlankRefused as refused:
            yield Outcome(origin=path.name, result=Result.REFUSED, code=refused.code, detail=refused.detail)
        else:
            yield _install(desk, path.name, blank, copy, content)


def install_from_authority(desk: Desk, registry: Registry, fetch: Fetch | None = None) -> list[Outcome]:
    """Download and install the current revision of every form that is not installed yet.

    A site that does not answer is told for each form; what another form needs is not kept waiting by it.

    Raises:
        Unavailable: the folder of forms cannot be written.
    """
    current = [blank for blank in registry.blanks if blank.state == "current"]
    there = {found.blank.form: found for blank in current if (found := folder.installed(_root(desk), blank))}
    wanted = [blank for blank in current if blank.form not in there]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        replies = pool.map(fetch or _fetch, [blank.address for blank in wanted])
        new = {blank.form: _answer(desk, blank, reply, registry) for blank, reply in zip(wanted, replies, strict=True)}
    return [new.get(blank.form) or _already(there[blank.form]) for blank in current]


def _fetch(address: str) -> Reply | NoReply:
    return call("GET", address, limits=_DOWNLOAD, accept="application/pdf")


def _already(found: folder.Installed) -> Outcome:
    return Outcome(origin=found.blank.address, result=Result.ALREADY_INSTALLED, blank=found.blank, copy=found.copy)


def _answer(desk: Desk, blank: Blank, reply: Reply | NoReply, registry: Registry) -> Outcome:
    if not isinstance(reply, Reply) or reply.status != 200:
        return _unreachable(blank, reply)
    try:
        known, copy = identify_blank(reply.body, registry, form=blank.form)
    except BlankRefused as refused:
        detail = f"{blank.address} serves a file that is no known copy of {blank.title}; a newer release may know it."
        detail += f" What it is: {refused.detail}"
        return Outcome(origin=blank.address, result=Result.REFUSED, blank=blank, code=refused.code, detail=detail)
    return _install(desk, blank.address, known, copy, reply.body)


def _unreachable(blank: Blank, reply: Reply | NoReply) -> Outcome:
    why = f"answers with status {reply.status}" if isinstance(reply, Reply) else "does not answer"
    host = urlsplit(blank.address).hostname
    detail = f"{host} {why}; download {blank.address} elsewhere and use --from, or try again later."
    code = f"status_{reply.status}" if isinstance(reply, Reply) else reply.code
    return Outcome(origin=blank.address, result=Result.UNREACHABLE, blank=blank, code=code, detail=detail)


def _install(desk: Desk, origin: str, blank: Blank, copy: Copy, content: bytes) -> Outcome:
    if copy in folder.intact(_root(desk), blank):
        return Outcome(origin=origin, result=Result.ALREADY_INSTALLED, blank=blank, copy=copy)
    path = folder.place(_root(desk), blank, copy)
    try:
        with desk.database.writing() as session:
            audit.record(
                session,
                actor=SYSTEM.name,
                action="form.installed",
                subject=f"form_{blank.form}",
                revision=blank.revision,
                sha256=copy.sha256,
                quality=copy.quality,
            )
            folder.write(path, content)
    except OSError as error:
        raise Unavailable(f"The folder of forms cannot be written: {error.strerror}.") from error
    except BaseException:
        path.unlink(missing_ok=True)  # what the trail does not know is not installed
        raise
    return Outcome(origin=origin, result=Result.INSTALLED, blank=blank, copy=copy)


def _root(desk: Desk) -> Path:
    root = desk.settings.forms_dir
    assert root is not None  # noqa: S101 - settings are completed when a desk is opened
    return root
