"""Offline check of one VAT or GST number: python-stdnum behind our own result model. Nothing is asked of anybody."""

import unicodedata
from dataclasses import dataclass

from tax_rules.identifiers.examine import Reason, examine
from tax_rules.identifiers.shapes import Shape, same_numbers, shapes
from tax_rules.identifiers.suggest import suggest

LONGEST = 64  # characters of a typed number, blanks around it not counted; the longest real one has 24
LONGEST_COUNTRY = 8


@dataclass(frozen=True, slots=True)
class IdentifierCheck:
    """What the number itself says; whether it was ever issued only a register knows.

    ``valid`` is None where we have no rule for the country or the kind; ``reason`` is then ``unsupported``.
    """

    country: str  # as VAT uses it: EL, XI; FR for Monaco, GB for the Isle of Man
    kind: str
    number: (
        str  # canonical, with its prefix; of a number that is not valid what was typed, without noise, at most 64 signs
    )
    register_number: str  # as registers want it, without prefix; empty unless valid
    display: str  # as it is printed on documents, e.g. CHE-109.578.122 MWST
    valid: bool | None
    reason: Reason | None = None
    expected: str | None = None  # the shape in words
    suggestion: str | None = None  # the canonical number that one slip explains
    suggestion_country: str | None = None  # its country, where that is another one
    confidence: str | None = None  # in our rule for the country: high (official source), medium or low


def check_identifier(country: str, number: str, *, kind: str = "vat") -> IdentifierCheck:
    """Check a number by shape, check digits and components. Never raises, whatever the strings hold.

    Args:
        country: ISO 3166-1 alpha-2 of the address, or ``EL``, ``XI``, ``EU``; upper or lower case.
        number: as typed; blanks, dots and hyphens between groups are noise, with or without prefix.
        kind: ``vat``, or ``gst`` where the tax is called so.
    Law:
        Directive 2006/112/EC Art. 215 (prefix); sources by country in ``vat.yaml``.
    """
    code = canonical_country(country)
    shape = shapes().get(code)
    typed = number.strip()
    if shape is None or kind not in shape.kinds:
        return _unsupported(code, kind, typed)
    if len(typed) > LONGEST:
        return _refused(shape, kind, typed, "length")
    compacted = shape.compact(typed)
    if code == "GB" and compacted.startswith("XI"):
        shape = shapes()["XI"]  # a trader in Northern Ireland: the address says GB, the number XI
    found = examine(shape, compacted)
    if found.reason is None:
        return _accepted(shape, kind, compacted, found.body)
    return _refused(shape, kind, typed, found.reason, compacted)


def canonical_country(country: str) -> str:
    """The code whose numbers hold in ``country``; an unknown code comes back in upper case, made harmless."""
    code = _harmless(country.strip()[:LONGEST_COUNTRY])
    code = code.upper() if code.isascii() else code
    return same_numbers().get(code, code)


def _accepted(shape: Shape, kind: str, compacted: str, body: str) -> IdentifierCheck:
    number = shape.prefix + body
    return IdentifierCheck(
        country=shape.country,
        kind=kind,
        number=number,
        register_number=body.removesuffix("MVA") if shape.country == "NO" else body,
        display=_display(shape, number, compacted),
        valid=True,
        expected=shape.expected,
        confidence=shape.confidence,
    )


def _display(shape: Shape, number: str, compacted: str) -> str:
    """As documents print it. Switzerland: with the tax's name in the language typed, German otherwise."""
    if shape.country != "CH":
        return number
    suffix = compacted.lstrip("CHE")[9:] or "MWST"
    return f"{number[:3]}-{number[3:6]}.{number[6:9]}.{number[9:12]} {suffix}"


def _refused(shape: Shape, kind: str, typed: str, reason: Reason, compacted: str = "") -> IdentifierCheck:
    meant = suggest(shape, typed, reason) if compacted else None
    shown = _harmless((compacted or typed)[:LONGEST])
    return IdentifierCheck(
        country=shape.country,
        kind=kind,
        number=shown,
        register_number="",
        display=shown,
        valid=False,
        reason=reason,
        expected=shape.expected,
        suggestion=meant.number if meant else None,
        suggestion_country=meant.country if meant and meant.country != shape.country else None,
        confidence=shape.confidence,
    )


def _unsupported(country: str, kind: str, typed: str) -> IdentifierCheck:
    shown = _harmless(typed[:LONGEST])
    return IdentifierCheck(country, _harmless(kind[:LONGEST]), shown, "", shown, None, "unsupported")


def _harmless(text: str) -> str:
    """``text`` with every sign that cannot be stored or printed replaced by U+FFFD."""
    if text.isascii() and text.isprintable():
        return text
    return "".join("\ufffd" if unicodedata.category(sign)[0] == "C" else sign for sign in text)
