"""Commands that read one request a line and print one answer a line, in the same order."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import click

from app.errors import DomainError, Fault, InvalidInput


def answer_lines(file: str, answer: Callable[[bytes], dict[str, Any]], *, longest: int) -> bool:
    """Answer every line of a file, or of standard input for ``-``, as it is read; whether one was refused.

    Args:
        answer: the members for one line; a DomainError of it becomes a problem object and the next line goes on.
        longest: bytes of a line; a longer one is refused without being held in memory.
    """
    refused = False
    with _opened(file) as lines:
        for place, line in enumerate(_read_lines(lines, longest), 1):
            if not line.strip():
                continue
            try:
                if len(line) > longest:
                    fault = Fault("", "too_long", f"At most {longest} bytes a line.")
                    raise InvalidInput("The line was refused.", fault)
                members = answer(line)
            except DomainError as error:
                refused = True
                members = _problem(error, place)
            sys.stdout.write(json.dumps(members) + "\n")
    sys.stdout.flush()
    return refused


def _problem(error: DomainError, place: int) -> dict[str, Any]:
    from app.problems import problem_document  # brings the web with it, that good lines do not need

    return problem_document(error, request_id=f"line-{place}", base_url="")


def _read_lines(lines: IO[bytes], longest: int) -> Iterator[bytes]:
    while line := lines.readline(longest + 2):
        yield line
        while not line.endswith(b"\n") and (line := lines.readline(longest + 2)):
            continue


@contextmanager
def _opened(name: str) -> Iterator[IO[bytes]]:
    if name == "-":
        yield sys.stdin.buffer
        return
    try:
        file = Path(name).open("rb")  # noqa: SIM115 - closed below
    except OSError as error:
        raise click.UsageError(f"Cannot read {name}: {error.strerror}.") from error
    with file:
        yield file
