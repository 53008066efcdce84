"""What can go wrong between facts and a PDF. Details name fields and characters' code points, never a value."""

from app.errors import DomainError, Fault


class InvalidFacts(DomainError):
    """The facts cannot be drawn: a field is missing, unknown, of the wrong kind, too long or contradicts another."""

    code = "invalid_facts"

    def __init__(self, *faults: Fault) -> None:
        super().__init__("The facts of this document are not complete and consistent.", *faults)


class TooManyRows(InvalidFacts):
    """More rows than one document may have; split the statement into linked parts."""

    code = "too_many_rows"


class DrawingFailed(DomainError):
    """The document could not be drawn; ``code`` says why. Nothing was stored.

    ``glyph_missing``: no bundled font has the characters; ``resource_refused``: the page asked for something outside
    the bundle; ``document_too_large``: memory or pages ran out; ``drawing_timed_out``: the queue's soft limit;
    ``drawing_interrupted``: something else ended the drawing again and again; ``render_failed``: the renderer refused
    the page.
    """

    def __init__(self, code: str, detail: str, *faults: Fault) -> None:
        super().__init__(detail, *faults, code=code)
        self.code = code


class ReadBackFailed(DrawingFailed):
    """The drawn bytes do not say what they must; ``missing`` names the facts by field, never by value."""

    def __init__(self, missing: tuple[str, ...]) -> None:
        shown = ", ".join(missing[:20]) + (f" and {len(missing) - 20} more" if len(missing) > 20 else "")
        super().__init__("read_back_failed", f"The drawn document was read back and is not complete: {shown}.")
        self.missing = missing


class BlankRefused(DomainError):
    """A PDF cannot serve as the blank of a form; ``code`` says why and ``detail`` what was found."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail, code=code)
        self.code = code
