"""The process that draws: ``python -m app.documents.drawer BYTES``, with so many bytes of memory and nothing to lose.

It answers questions from its standard input until that ends or its parent is gone. It knows no database, no key and no
setting. ``app/documents/apart.py`` is the other side of the pipes.
"""

import json
import os
import resource
import signal
import struct
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from app.documents import fonts
from app.documents.limits import limit_memory
from app.documents.render import TOO_LARGE, draw, stylesheet
from app.errors import DomainError
from app.orphans import die_with_parent

QUESTION = struct.Struct(">I")  # bytes of JSON that follow
ANSWER = struct.Struct(">II")  # bytes of JSON, then of PDF, that follow
TAKEN = b"!"  # said before a drawing begins: from here on a death is the document's doing
MOST_DRAWINGS = 500
MOST_RESIDENT = 300 * 1024 * 1024  # bytes; a process that has ever held more is not used again


def serve(questions: BinaryIO, answers: BinaryIO) -> None:
    """Draw what is asked for until nobody asks any more, or until this process had better be replaced."""
    for n in range(1, MOST_DRAWINGS + 1):
        head = questions.read(QUESTION.size)
        if len(head) < QUESTION.size:
            return
        asked = questions.read(*QUESTION.unpack(head))
        answers.write(TAKEN)
        answers.flush()
        answer, pdf = _drawn(asked)
        # what a failed page left behind must not be missing to the next one
        is_last = answer.get("code") == "document_too_large" or n == MOST_DRAWINGS or _peak() > MOST_RESIDENT
        head = json.dumps(answer | {"is_last": is_last}).encode("ascii")
        answers.write(ANSWER.pack(len(head), len(pdf)) + head)
        answers.write(pdf)
        answers.flush()
        if is_last:
            return


def _drawn(asked: bytes) -> tuple[dict[str, Any], bytes]:
    try:
        question = json.loads(asked)
        drawn = draw(question["kind"], question["facts"])
    except DomainError as refusal:
        faults = [(fault.pointer, fault.code, fault.detail) for fault in refusal.faults]
        code = getattr(refusal, "code", "render_failed")
        return {"code": code, "detail": refusal.detail, "faults": faults, "where": _where(refusal.__cause__)}, b""
    except MemoryError:
        return {"code": "document_too_large", "detail": TOO_LARGE, "faults": [], "where": ""}, b""
    except Exception as error:
        return {"unexpected": type(error).__name__, "where": _where(error)}, b""
    return {"sha256": drawn.sha256, "pages": drawn.pages}, drawn.pdf


def _where(error: BaseException | None) -> str:
    """The innermost places of an error, without the message: that may tell values."""
    if error is None:
        return ""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    return " < ".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in reversed(frames))


def _peak() -> int:
    """The most memory this process ever had in use, in bytes; on Linux not by getrusage, that counts its parent's."""
    if sys.platform == "linux":
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # bytes on macOS


def main() -> None:
    """Speak on what was standard output; whatever else is printed goes to standard error."""
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C lets the worker finish what it has in hand
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a dump would hold what customers are called
    answers, questions = os.fdopen(os.dup(1), "wb"), os.fdopen(0, "rb", closefd=False)
    os.dup2(2, 1)
    fonts.configuration()
    stylesheet()
    limit_memory(int(sys.argv[1]))
    with suppress(BrokenPipeError), answers, questions:  # broken: nobody waits for the answer any more
        serve(questions, answers)


if __name__ == "__main__":
    main()
