"""What the runs of drawn pages say, and whether the texts that must be there are what they say."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from itertools import chain

from app.documents import fonts, shaping
from app.documents.page_text import Run
from app.documents.shaping import Stretch
from app.documents.text import is_right_to_left

_SPACE = re.compile(r"\s+")
_NOTHING = "\x00"  # what a stretch says beside a text that it is no part of; never drawn
_SIDES = (("LEFT", "RIGHT"), ("LESS", "GREATER"))


class Spoken:
    """One run: its text without white space, read beside the text that should be there."""

    __slots__ = ("_orders", "_pieces", "text")

    def __init__(self, run: Run) -> None:
        self.text = squeeze(run.text) or (_NOTHING if run.pieces else "")
        self._pieces = run.pieces
        self._orders: list[tuple[str | Stretch, ...] | None] = [None, None]

    def _ordered(self, from_the_right: bool) -> tuple[str | Stretch, ...]:
        """The pieces in the order in which a text of this direction is read."""
        if self._orders[from_the_right] is None:
            order = _from_the_right if from_the_right else _from_the_left
            self._orders[from_the_right] = tuple(order(self._pieces))
        return self._orders[from_the_right] or ()

    def beside(self, text: str, *, cut: bool = True) -> str:
        """What the run says; glyphs that cannot spell say what they are in ``text``, or nothing that ever stands there.

        Args:
            cut: the first or last word may be cut by the end of the line.
        """
        if not self._pieces:
            return self.text
        pieces = self._ordered(is_right_to_left(text))
        said, last = "", len(pieces) - 1
        for n, piece in enumerate(pieces):
            if isinstance(piece, str):
                said += piece
                continue
            letters = shaping.spell(piece, text, cut=cut and n in (0, last))
            if letters is None:
                return _NOTHING
            said += squeeze(letters)
        return said


def _from_the_right(pieces: Sequence[str | Stretch]) -> Iterator[str | Stretch]:
    """Pieces of a right-to-left text squeezed, read from the right; the others among them are read to the right."""
    others: list[str | Stretch] = []
    for piece in reversed(pieces):
        if isinstance(piece, str):
            others.append(squeeze(piece))
            continue
        parts = [squeeze(p) if isinstance(p, str) else p for p in reversed(tuple(shaping.parts(piece)))]
        if not shaping.is_right_to_left(piece.script):
            others += parts
            continue
        yield from reversed(others)
        yield from parts
        others = []
    yield from reversed(others)


def _from_the_left(pieces: Iterable[str | Stretch]) -> Iterator[str | Stretch]:
    """Pieces squeezed, and right-to-left words between left-to-right ones the other way round."""
    turned: list[str | Stretch] = []
    for piece in pieces:
        if isinstance(piece, str):
            turned.append(squeeze(piece))
            is_turned = not any(unicodedata.bidirectional(letter) == "L" for letter in piece)
        else:
            turned += [squeeze(p) if isinstance(p, str) else p for p in shaping.parts(piece)]
            is_turned = shaping.is_right_to_left(piece.script)
        if not is_turned:
            yield from reversed(turned[:-1])
            yield turned[-1]
            turned = []
    yield from reversed(turned)


def find(runs: Sequence[Spoken], sequence: Sequence[str], start: int = 0) -> int | None:
    """Where the texts of ``sequence`` stand one after the other, each in whole runs; the index after the last."""
    wanted = tuple((text, squeeze(text)) for text in sequence)
    for first in range(start, len(runs)):
        at: int | None = first
        for text, squeezed in wanted:
            at = _take(runs, at, text, squeezed) if at is not None else None
        if at is not None:
            return at
    return None


def is_in(runs: Sequence[Spoken], text: str) -> bool:
    """Whether a text stands anywhere, perhaps in the middle of a sentence.

    Right-to-left words must be there each, but not in their order: that is the order of the lines.
    """
    wanted = squeeze(text)
    for cut in (False, True) if not text.isascii() else (False,):
        whole = "".join(run.beside(text, cut=cut) for run in runs)
        if wanted in whole or (_turns(wanted) and not _letters(wanted) - _letters(whole)):
            return True
    return False


def _take(runs: Sequence[Spoken], at: int, text: str, wanted: str) -> int | None:
    """The index after the runs from ``at`` on that together are exactly ``text``; None where they are not."""
    turns, found = _turns(wanted), ""
    while len(found) < len(wanted) and at < len(runs):
        said = runs[at].beside(text)
        found += said
        at += 1
        if said == _NOTHING or not (turns or wanted.startswith(found)):
            return None
    return at if found == wanted or (turns and _is_turned(wanted, found)) else None


@lru_cache(maxsize=4096)
def _turns(text: str) -> bool:
    """Whether a text may be drawn in another order than it is read."""
    return not text.isascii() and any(unicodedata.bidirectional(letter) in ("R", "AL", "AN") for letter in text)


def _is_turned(wanted: str, found: str) -> bool:
    """The same letters, each as often, and right-to-left letters in their order unless brackets part them anew."""
    if _letters(found) != _letters(wanted):
        return False
    return any(map(unicodedata.mirrored, wanted)) or _right(found) == _right(wanted)


def _right(text: str) -> list[str]:
    return [letter for letter in text if unicodedata.bidirectional(letter) in ("R", "AL")]


def _letters(text: str) -> Counter[str]:
    """How often each letter stands there; brackets that right-to-left text turns round count as one."""
    return Counter(map(_unsided, text))


@lru_cache(maxsize=1024)
def _unsided(letter: str) -> str:
    if not unicodedata.mirrored(letter):
        return letter
    name = unicodedata.name(letter)
    for one, other in _SIDES:
        name = name.replace(other, one)
    try:
        return unicodedata.lookup(name)
    except KeyError:
        return letter


def squeeze(text: str) -> str:
    """Without white space and joiners, decomposed, and one for all that fonts draw alike."""
    if text.isascii():
        return _SPACE.sub("", text)
    spelled = _SPACE.sub("", text.translate(_spelled()))
    return unicodedata.normalize("NFD", spelled).translate(fonts.twins())


@cache
def _spelled() -> dict[int, str]:
    """Characters that stand for how others look, alone or joined, to those; joiners to nothing."""
    forms = chain(range(0xFB00, 0xFE00), range(0xFE70, 0xFF00))
    compatible = ((code, unicodedata.decomposition(chr(code))) for code in forms)
    found = {code: unicodedata.normalize("NFKD", chr(code)) for code, other in compatible if other.startswith("<")}
    return found | dict.fromkeys(map(ord, "\u200c\u200d\u00ad"), "")
