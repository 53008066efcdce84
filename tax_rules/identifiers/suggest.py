"""What was probably meant: the one number that one slip of the typist explains. Suggested, never taken."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from tax_rules.identifiers.examine import Reason, examine
from tax_rules.identifiers.shapes import Shape, labels, lookalikes, mistyped, same_numbers, shapes


@dataclass(frozen=True, slots=True)
class Meant:
    """A valid number and the country it belongs to."""

    country: str
    number: str


def suggest(shape: Shape, typed: str, reason: Reason) -> Meant | None:
    """The number that one slip turns into ``typed``; None where none does, or more than one could.

    Tried in this order: pasted words, look-alike signs, a letter for a digit, a missing or foreign prefix or ending,
    and, where only the check digits fail, two neighbouring digits swapped.
    """
    for reading in _readings(shape, typed):
        found = examine(shape, reading)
        if found.reason is None:
            return Meant(shape.country, shape.prefix + found.body)
    return _of_another_country(shape, typed) or (_swapped(shape, typed) if reason == "checksum" else None)


def _readings(shape: Shape, typed: str) -> Iterator[str]:
    compacted = shape.compact(typed)
    latin = shape.compact(_latin(typed))
    plain = _plain(shape, latin)
    bare = _without_label(plain)
    for text in dict.fromkeys((latin, plain, bare)):
        if text != compacted:
            yield text
        body = shape.body(text)
        yield body.translate(mistyped())
        yield from (pattern[1].format(*m.groups()) for pattern in shape.rewrites if (m := pattern[0].fullmatch(body)))
        yield shape.body(_without_foreign_prefix(shape, body))


def _latin(typed: str) -> str:
    """The same signs in their Latin form: full width, other digits, look-alike letters; marks nobody sees left out."""
    digits = (str(unicodedata.decimal(sign, sign)) for sign in unicodedata.normalize("NFKC", typed))
    return "".join(sign for sign in digits if unicodedata.category(sign) not in {"Cf", "Cc", "Mn"}).translate(
        lookalikes()
    )


def _plain(shape: Shape, text: str) -> str:
    """``text`` without signs that no number of the country holds."""
    return "".join(sign for sign in text if (sign.isascii() and sign.isalnum()) or sign in shape.also)


def _without_label(text: str) -> str:
    """``text`` without the longest label that it begins with."""
    return next((text[len(label) :] for label in labels() if text.startswith(label)), text)


def _without_foreign_prefix(shape: Shape, body: str) -> str:
    """The number when only its two letters are those of another code for the same place (XI for GB, MC for FR)."""
    same = {code for code, target in same_numbers().items() if target == shape.country}
    same |= {"GB", "XI"} if shape.country in {"GB", "XI"} else set()
    return body[2:] if body[:2] in same else body


def _of_another_country(shape: Shape, typed: str) -> Meant | None:
    """The number as that of the country whose prefix it carries."""
    bare = _without_label(_plain(shape, shape.compact(_latin(typed))))
    code = "CH" if bare.startswith("CHE") else same_numbers().get(bare[:2], bare[:2])
    other = shapes().get(code)
    if other is None or other is shape or not other.prefix:
        return None
    found = examine(other, other.compact(bare))
    return Meant(other.country, other.prefix + found.body) if found.reason is None else None


def _swapped(shape: Shape, typed: str) -> Meant | None:
    body = shape.body(shape.compact(typed))
    meant = set()
    for place in range(len(body) - 1):
        first, second = body[place], body[place + 1]
        if first != second and first.isdigit() and second.isdigit():
            found = examine(shape, body[:place] + second + first + body[place + 2 :])
            if found.reason is None:
                meant.add(found.body)
    return Meant(shape.country, shape.prefix + meant.pop()) if len(meant) == 1 else None
