"""What a comparison says."""

from dataclasses import dataclass
from enum import StrEnum

ALIKE = 90  # a score from here on is the same party, as far as its name can tell
SIMILAR = 65  # a score from here on deserves a person's look


class Verdict(StrEnum):
    """A score in a word. What decides is a person; a register's own comparison comes before ours."""

    ALIKE = "alike"
    SIMILAR = "similar"
    DIFFERENT = "different"
    NOT_COMPARED = "not_compared"  # one side tells nothing: no statement, and no bad mark either


class Code(StrEnum):
    """Why a score is what it is."""

    IDENTICAL = "identical"
    NOT_TOLD = "not_told"
    CASE_OR_MARKS = "case_or_marks"  # capitals, accents, dots, blanks
    LEGAL_FORM_WRITTEN_OTHERWISE = "legal_form_written_otherwise"  # GmbH, Gesellschaft mit beschränkter Haftung
    LEGAL_FORM_MISSING = "legal_form_missing"
    LEGAL_FORM_DIFFERS = "legal_form_differs"
    OTHER_SCRIPT = "other_script"  # compared by its sound in Latin letters
    WORD_ORDER = "word_order"
    WORDS_JOINED = "words_joined"
    WORDS_MORE = "words_more"  # one side says more: a branch, a place, a former name
    ABBREVIATED = "abbreviated"
    SPELLING = "spelling"
    OTHER_WORDS = "other_words"
    POSTAL_CODE_DIFFERS = "postal_code_differs"
    NUMBER_DIFFERS = "number_differs"  # of the house
    STREET_DIFFERS = "street_differs"
    CITY_DIFFERS = "city_differs"
    PART_MISSING = "part_missing"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason. ``told`` and ``found`` are the words meant, folded; they are personal data of a sole trader."""

    code: Code
    told: str = ""
    found: str = ""


@dataclass(frozen=True, slots=True)
class Likeness:
    """A score from 0 to 100 and its reasons, the weightiest first."""

    score: int
    reasons: tuple[Reason, ...]

    @property
    def verdict(self) -> Verdict:
        """The score in a word."""
        if any(reason.code is Code.NOT_TOLD for reason in self.reasons):
            return Verdict.NOT_COMPARED
        if self.score >= ALIKE:
            return Verdict.ALIKE
        return Verdict.SIMILAR if self.score >= SIMILAR else Verdict.DIFFERENT


NOTHING_TOLD = Likeness(0, (Reason(Code.NOT_TOLD),))
