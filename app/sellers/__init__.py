"""The seller entities: records, what their members may be, and the YAML file they come from."""

from app.sellers.entity import BankAccount, SellerEntity, TaxForm
from app.sellers.load import EXAMPLE, load_sellers
from app.sellers.schema import InvalidSellers, seller_from_json

__all__ = ["EXAMPLE", "BankAccount", "InvalidSellers", "SellerEntity", "TaxForm", "load_sellers", "seller_from_json"]
