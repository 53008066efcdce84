"""The order of right-to-left text: Unicode's annex 9, by the library FriBidi.

Pango needs FriBidi, so it is there wherever the house's other documents are drawn, and orders them in the same way.
Python packages give a reordered string; a shaper needs each character's embedding level.
"""

import ctypes
import ctypes.util
import unicodedata
from collections.abc import Sequence
from functools import cache

from app.documents.errors import DrawingFailed

_NAMES = ("libfribidi.so.0", "libfribidi.0.dylib", "libfribidi.dylib")
_BY_FIRST_LETTER = 0x40  # FRIBIDI_PAR_ON: the first strong letter decides; left to right when there is none
_RIGHT_TO_LEFT = frozenset(("R", "AL", "AN"))


def levels(paragraph: str) -> list[int]:
    """The embedding level of each character of one paragraph: odd is right to left.

    Raises DrawingFailed ``render_failed`` when the paragraph has such letters and FriBidi cannot be loaded.
    """
    length = len(paragraph)
    if not any(unicodedata.bidirectional(letter) in _RIGHT_TO_LEFT for letter in paragraph):
        return [0] * length
    library = _library()
    text = (ctypes.c_uint32 * length)(*map(ord, paragraph))
    types, brackets = (ctypes.c_uint32 * length)(), (ctypes.c_uint32 * length)()
    found, direction = (ctypes.c_int8 * length)(), ctypes.c_uint32(_BY_FIRST_LETTER)
    library.fribidi_get_bidi_types(text, length, types)
    library.fribidi_get_bracket_types(text, length, types, brackets)
    if not library.fribidi_get_par_embedding_levels_ex(types, brackets, length, ctypes.byref(direction), found):
        raise DrawingFailed("render_failed", "The order of a right-to-left text could not be found: FriBidi failed.")
    return list(found)


def visual_order(levels_of: Sequence[int]) -> list[int]:
    """The indexes of a line's parts from left to right, given each part's level (rule L2)."""
    order = list(range(len(levels_of)))
    for level in range(max(levels_of, default=0), 0, -1):
        start = 0
        while start < len(order):
            end = start
            while end < len(order) and levels_of[order[end]] >= level:
                end += 1
            order[start:end] = reversed(order[start:end])
            start = end + 1
    return order


@cache
def _library() -> ctypes.CDLL:
    for name in (*_NAMES, ctypes.util.find_library("fribidi")):
        try:
            if name:
                return ctypes.CDLL(name)
        except OSError:
            continue
    raise DrawingFailed("render_failed", "FriBidi was not found; right-to-left text needs it (Debian: libfribidi0).")
