"""Identifiers: a prefix that names the kind, then 26 letters that sort by time of making."""

import secrets
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u


def new_id(prefix: str) -> str:
    """A fresh identifier such as ``doc_01jd…``: 48 bits of milliseconds, 82 bits of chance."""
    number = (time.time_ns() // 1_000_000) << 82 | secrets.randbits(82)
    return f"{prefix}_{encode_base32(number, 26)}"


def new_code(length: int = 20) -> str:
    """An unguessable code of ``length`` letters for a document's public page (5 bits a letter)."""
    return encode_base32(secrets.randbits(5 * length), length)


def encode_base32(number: int, length: int) -> str:
    """``number`` in Crockford's base 32, padded to ``length`` letters."""
    letters = []
    for _ in range(length):
        number, rest = divmod(number, 32)
        letters.append(_ALPHABET[rest])
    return "".join(reversed(letters))
