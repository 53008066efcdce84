"""US sales tax: states, counties, cities and districts."""

from tax_rules.sales_tax.us.decide import decide_us_sales_tax
from tax_rules.sales_tax.us.state import COUNTRY as UNITED_STATES

__all__ = ["UNITED_STATES", "decide_us_sales_tax"]
