"""Value added tax: where a supply is taxed, at which rate, who accounts for it, and what a late VAT ID changes."""
