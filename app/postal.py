"""Postal addresses as lines, in the order that the country writes them."""

from app.facts import Address
from app.i18n import Language

# Where the postal code stands on the line of the city; elsewhere it stands before it, as in most of Europe.
_AFTER_STATE = frozenset({"US", "CA", "AU", "PR"})  # Austin, TX 78701
_OWN_LINE = frozenset({"GB", "XI", "IE", "IM", "JE", "GG", "GI", "HK", "KE", "ZA"})  # London / SW1A 1AA
_AFTER_CITY = frozenset({"NZ", "SG", "IN", "ID", "TH", "VN", "BD", "PK", "PH", "KR", "TW"})  # Wellington 6011


def address_lines(address: Address, language: Language) -> tuple[str, ...]:
    """The lines of an address below the name; the country's name comes last, in ``language``."""
    lines = [address.line1, address.line2, *_town(address), language.country(address.country).upper()]
    return tuple(line for line in lines if line)


def _town(address: Address) -> list[str]:
    city, code, state = address.city or "", address.postal_code or "", address.state or ""
    if address.country in _AFTER_STATE:
        region = f"{state} {code}".strip()
        return [", ".join(part for part in (city, region) if part)]
    if address.country in _OWN_LINE:
        return [city, state, code]
    if address.country in _AFTER_CITY:
        return [f"{city} {code}".strip(), state]
    if address.country == "JP":
        return [f"〒{code}" if code else "", f"{state} {city}".strip()]
    return [f"{code} {city}".strip(), state]
