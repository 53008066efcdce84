"""Reading the example situations through the same schemas as the API."""

from pathlib import Path

import yaml

from app.schemas.orders import OrderSchema, PaymentSchema
from app.services.seed import Situation

ORDERS = Path(__file__).parent / "orders.yaml"


def situations(path: Path = ORDERS) -> tuple[Situation, ...]:
    """All examples, checked as a caller's request would be."""
    rows = yaml.safe_load(path.read_text("utf-8"))
    return tuple(
        Situation(
            reference=row["reference"],
            about=row["about"],
            order=OrderSchema().load(row["order"]),
            payments=tuple(PaymentSchema().load(payment) for payment in row.get("payments", [])),
            tax_id=row.get("tax_id"),
        )
        for row in rows
    )
