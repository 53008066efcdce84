"""Reference data of the house: payment options, product kinds, reasons, countries, languages. Data in ``data/``."""

from app.reference.load import load_reference, reference
from app.reference.records import PaymentOption, Reference, UnknownReferenceCode

__all__ = ["PaymentOption", "Reference", "UnknownReferenceCode", "load_reference", "payment_option", "reference"]


def payment_option(code: str) -> PaymentOption | None:
    """The accepted payment option of that code, or None."""
    return reference().payment_options.get(code)
