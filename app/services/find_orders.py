"""Finding orders that the caller may know of."""

from app.actor import Actor
from app.desk import Desk
from app.store.orders import StoredOrder, list_orders


def find_orders(
    desk: Desk,
    actor: Actor,
    *,
    text: str | None = None,
    status: str | None = None,
    client: str | None = None,
    seller: str | None = None,
    before: str | None = None,
    limit: int = 20,
) -> list[StoredOrder]:
    """Orders newest first, up to ``limit + 1`` so that the caller sees whether there are more.

    ``text``: every word must stand in the reference, a number, the customer's name, e-mail or tax IDs.
    """
    if actor.client is not None and client not in (None, actor.client):
        return []
    with desk.database.reading() as session:
        return list_orders(
            session,
            client=actor.client or client,
            status=status,
            seller=seller,
            text=text,
            before=before,
            limit=limit,
        )
