"""Sealing: what was sealed opens at its place and nowhere else, and nothing of it shows."""

import base64
import re

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from app.vault import Place, SealBroken, UnknownKey, Vault, VaultError, last_four

OLD, NEW = "pL5sW8nEr1DkVz9Hq4Ju7Ty2Gf6Mb3Xc0AaOiRe", "Yt4nBq8sKd2wHx6mRf0pLz3vCj7gAe1uNiOo5T9I"
PLACE = Place("sellers", "us 1", "data/tax_form/answers/tin/number")
TIN = "12-3456789"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@given(st.text())
def test_whatever_was_sealed_opens_as_it_was(text: str) -> None:
    assert Vault([NEW]).open(Vault([NEW]).seal(text, PLACE), PLACE) == text


def test_a_sealed_value_has_its_version_key_nonce_and_ciphertext_and_shows_nothing() -> None:
    vault = Vault([NEW])
    sealed = vault.seal(TIN, PLACE)
    assert re.fullmatch(r"v1\.[a-z2-7]{8}\.[\w-]{16}\.[\w-]+", sealed)
    assert sealed.split(".")[1] == vault.newest
    assert TIN not in sealed
    assert vault.seal(TIN, PLACE) != sealed
    assert NEW not in sealed


def test_it_is_aes_256_gcm_under_a_key_that_hkdf_derives() -> None:
    """Another program that has the secret can open it by the description alone."""
    sealed = Vault([NEW]).seal(TIN, PLACE)
    version, key_id, nonce, ciphertext = sealed.split(".")
    key = HKDF(SHA256(), 32, salt=b"taxdesk field key", info=b"v1 seal").derive(NEW.encode())
    bound = f'["{version}", "{key_id}", "{PLACE.table}", "{PLACE.row}", "{PLACE.field}"]'
    parts = [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in (nonce, ciphertext)]
    assert AESGCM(key).decrypt(*parts, bound.encode()) == TIN.encode()


@pytest.mark.parametrize(
    "elsewhere",
    [
        Place("documents", PLACE.row, PLACE.field),
        Place(PLACE.table, "us 2", PLACE.field),
        Place(PLACE.table, PLACE.row, "data/bank_accounts/0/iban"),
        Place(PLACE.table, f"{PLACE.row} {PLACE.field}", ""),
    ],
    ids=str,
)
def test_a_value_that_was_moved_does_not_open(elsewhere: Place) -> None:
    sealed = Vault([NEW]).seal(TIN, PLACE)
    with pytest.raises(SealBroken) as broken:
        Vault([NEW]).open(sealed, elsewhere)
    assert str(elsewhere) in str(broken.value)
    assert TIN not in str(broken.value)


def test_a_change_of_any_letter_is_noticed() -> None:
    vault = Vault([NEW])
    sealed = vault.seal(TIN, PLACE)
    for n, letter in enumerate(sealed):
        other = "A" if letter != "A" else "Q"
        with pytest.raises(VaultError):
            vault.open(sealed[:n] + other + sealed[n + 1 :], PLACE)
        with pytest.raises(VaultError):
            vault.open(sealed[:n], PLACE)


@pytest.mark.parametrize("value", ["", "v1", "v1.", TIN, "v1.a.b.c", "v2.x.y.z", "v1...", "v1.\x00.ä.=", "." * 9])
def test_what_was_never_sealed_is_refused(value: str) -> None:
    with pytest.raises(VaultError):
        Vault([NEW]).open(value, PLACE)


def test_every_given_key_opens_and_the_newest_seals() -> None:
    sealed = Vault([OLD]).seal(TIN, PLACE)
    both = Vault([NEW, OLD])
    assert both.open(sealed, PLACE) == TIN
    again = both.reseal(sealed, PLACE)
    assert again.split(".")[1] == both.newest == Vault([NEW]).newest
    assert Vault([NEW]).open(again, PLACE) == TIN
    with pytest.raises(UnknownKey) as unknown:
        Vault([NEW]).open(sealed, PLACE)
    assert unknown.value.key_id == Vault([OLD]).newest
    assert both.key_ids == (both.newest, Vault([OLD]).newest)


def test_a_key_id_tells_nothing_of_the_secret_and_is_always_the_same() -> None:
    assert Vault([NEW]).newest == Vault([NEW]).newest != Vault([OLD]).newest
    assert Vault([NEW]).newest not in NEW.lower()


def test_without_a_key_there_is_no_vault() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Vault([])


def test_a_fingerprint_recognises_a_text_of_its_purpose_with_any_key_that_is_known() -> None:
    made = Vault([OLD]).fingerprint(TIN, "payee")
    both = Vault([NEW, OLD])
    assert both.matches(made, TIN, "payee")
    assert both.matches(both.fingerprint(TIN, "payee"), TIN, "payee")
    assert not both.matches(made, "12-3456780", "payee")
    assert not both.matches(made, TIN, "seller")
    assert not both.matches("0" * 64, TIN, "payee")
    with pytest.raises(UnknownKey):
        Vault([NEW]).matches(made, TIN, "payee")


def test_a_fingerprint_cannot_be_made_without_the_key() -> None:
    import hashlib

    made = Vault([NEW]).fingerprint(TIN, "payee")
    plain = {hashlib.sha256(text.encode()).hexdigest() for text in (TIN, f"payee{TIN}", f'["payee", "{TIN}"]')}
    assert made.rpartition(".")[2] not in plain
    assert made.rpartition(".")[2] != Vault([OLD]).fingerprint(TIN, "payee").rpartition(".")[2]


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("DE87 1234 5678 1234 5678 90", "7890"),
        ("12-3456789", "6789"),
        ("123-45-6789", "6789"),
        ("12345", "45"),
        ("1", ""),
        ("", ""),
    ],
)
def test_at_most_four_and_never_more_than_half_is_shown(number: str, shown: str) -> None:
    assert last_four(number) == shown
