"""Where a supply goes, for taxes of states and provinces."""

from tax_rules.facts import GOODS, Address, ProductKind, Situation


def supply_address(situation: Situation, product: ProductKind) -> Address:
    """Where goods are delivered, or the customer of a service is."""
    is_moved = product in GOODS or product is ProductKind.SHIPPING
    return situation.destination if is_moved else situation.customer.address
