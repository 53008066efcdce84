"""How alike two names or two addresses are, as advice with its reasons: it never refuses anybody anything."""

from tax_rules.matching.addresses import compare_addresses
from tax_rules.matching.model import Code, Likeness, Reason, Verdict
from tax_rules.matching.names import compare_names

__all__ = ["Code", "Likeness", "Reason", "Verdict", "compare_addresses", "compare_names"]
