"""Sealing personal data at rest: AES-256-GCM under keys derived from ``TAXDESK_FIELD_KEYS``, the newest one first.

A sealed value is ``version.key id.nonce.ciphertext``, the last two in URL-safe base64 without padding. Its place
(table, row, field) is authenticated with it, so a value that was copied to another row or field does not open there.
Only lengths are visible. Nonces are random: one key seals four billion values safely (NIST SP 800-38D section 8.3).
"""

import base64
import hmac
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION = "v1"
FINGERPRINT_VERSION = "f1"
NONCE_BYTES = 12
KEY_BYTES = 32
KEY_ID_BYTES = 5  # eight letters of base32
SHOWN = 4


class VaultError(Exception):
    """A sealed value cannot be opened; the text names its place and key, never a value."""


class UnknownKey(VaultError):
    """The value was sealed, or the fingerprint made, with a key that is not among ``TAXDESK_FIELD_KEYS``."""

    def __init__(self, key_id: str, where: str) -> None:
        super().__init__(f"{where} needs the field key {key_id}, which is not among TAXDESK_FIELD_KEYS")
        self.key_id = key_id


class SealBroken(VaultError):
    """The value was altered, was moved here from another place, or was never sealed."""

    def __init__(self, where: str) -> None:
        super().__init__(f"{where} does not open: it was altered, moved from another place, or never sealed")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed value lives: the table, the row's primary key, and the column with the JSON Pointer inside it."""

    table: str
    row: str
    field: str

    def __str__(self) -> str:
        return f"{self.table} {self.row} {self.field}"


class _Key:
    """What one secret gives, each use with a key of its own (RFC 5869)."""

    def __init__(self, secret: str) -> None:
        self.id = base64.b32encode(_derived(secret, "key id", KEY_ID_BYTES)).decode().lower()
        self.cipher = AESGCM(_derived(secret, "seal", KEY_BYTES))
        self.fingerprint = _derived(secret, "fingerprint", KEY_BYTES)


class Vault:
    """Seals with the newest key and opens with every key it was given."""

    def __init__(self, secrets_newest_first: Sequence[str]) -> None:
        if not secrets_newest_first:
            raise ValueError("a vault needs at least one secret")
        keys = [_Key(secret) for secret in secrets_newest_first]
        self._newest = keys[0]
        self._keys = {key.id: key for key in keys}

    @property
    def newest(self) -> str:
        """The id of the key that seals."""
        return self._newest.id

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The ids of all keys, newest first."""
        return tuple(self._keys)

    def seal(self, text: str, place: Place) -> str:
        """The text, sealed for this place with the newest key; sealing it twice gives two different values."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        key = self._newest
        ciphertext = key.cipher.encrypt(nonce, text.encode("utf-8", "surrogatepass"), _bound(key.id, place))
        return f"{VERSION}.{key.id}.{_encoded(nonce)}.{_encoded(ciphertext)}"

    def open(self, sealed: str, place: Place) -> str:
        """The text that was sealed for this place.

        Raises:
            UnknownKey: the key that sealed it is not here.
            SealBroken: altered, sealed for another place, or not a sealed value at all.
        """
        version, _, rest = sealed.partition(".")
        key_id, _, rest = rest.partition(".")
        nonce, _, ciphertext = rest.partition(".")
        if version != VERSION or not ciphertext:
            raise SealBroken(str(place))
        key = self._keys.get(key_id)
        if key is None:
            raise UnknownKey(key_id, str(place))
        try:
            opened = key.cipher.decrypt(_decoded(nonce), _decoded(ciphertext), _bound(key_id, place))
        except (InvalidTag, ValueError):
            raise SealBroken(str(place)) from None
        return opened.decode("utf-8", "surrogatepass")

    def reseal(self, sealed: str, place: Place) -> str:
        """The same text sealed with the newest key; raises what :meth:`open` raises."""
        return self.seal(self.open(sealed, place), place)

    def fingerprint(self, text: str, purpose: str) -> str:
        """A keyed digest by which equal texts of one purpose are recognised and nothing else is learnt.

        A plain digest of a tax number or an account is no secret: all possible numbers are tried in minutes.
        """
        return f"{FINGERPRINT_VERSION}.{self._newest.id}.{_mac(self._newest, text, purpose)}"

    def matches(self, fingerprint: str, text: str, purpose: str) -> bool:
        """Whether a fingerprint, made with any of the keys, is that of the text.

        Raises:
            UnknownKey: it was made with a key that is not here.
        """
        version, _, rest = fingerprint.partition(".")
        key_id, _, digest = rest.partition(".")
        if version != FINGERPRINT_VERSION:
            return False
        if key_id not in self._keys:
            raise UnknownKey(key_id, f"a fingerprint of {purpose}")
        return hmac.compare_digest(digest, _mac(self._keys[key_id], text, purpose))


def last_four(number: str) -> str:
    """The last four letters and digits of a number, fewer of a short one: never more than half of it is shown."""
    letters = "".join(letter for letter in number if letter.isalnum())
    shown = min(SHOWN, len(letters) // 2)
    return letters[len(letters) - shown :]


def _derived(secret: str, use: str, length: int) -> bytes:
    derivation = HKDF(SHA256(), length, salt=b"taxdesk field key", info=f"{VERSION} {use}".encode())
    return derivation.derive(secret.encode())


def _bound(key_id: str, place: Place) -> bytes:
    return json.dumps([VERSION, key_id, place.table, place.row, place.field]).encode()


def _mac(key: _Key, text: str, purpose: str) -> str:
    return hmac.new(key.fingerprint, json.dumps([purpose, text]).encode(), sha256).hexdigest()


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    """Raises ValueError where it is not base64, padding and stray letters included."""
    if not text.isascii() or "=" in text:
        raise ValueError("not base64")
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
