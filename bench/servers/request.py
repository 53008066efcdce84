"""The request that is measured: three lines to a business in France, whose tax ID nobody has checked."""

CALCULATION = {
    "currency": "EUR",
    "tax_date": "2026-10-05",
    "seller": "de",
    "customer": {
        "kind": "business",
        "country": "FR",
        "city": "Lyon",
        "postal_code": "69002",
        "tax_ids": [{"kind": "vat", "number": "FR40303265045"}],
    },
    "lines": [
        {"reference": "1", "product_kind": "saas", "quantity": "2", "amount": "100.00"},
        {"reference": "2", "product_kind": "software_download", "amount": "59.90", "discount": "9.90"},
        {"reference": "3", "product_kind": "support", "amount": "240.00"},
    ],
}
