"""Tax numbers checked offline: VAT and GST numbers with what was probably meant, and US taxpayer numbers."""

from tax_rules.identifiers.check import IdentifierCheck, canonical_country, check_identifier
from tax_rules.identifiers.us_tin import TIN_KINDS, TinCheck, check_us_tin

__all__ = ["TIN_KINDS", "IdentifierCheck", "TinCheck", "canonical_country", "check_identifier", "check_us_tin"]
