"""What there is to do now, and who did what: the reading side of the work queue and the timeline."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.actor import Actor
from app.desk import Desk
from app.store.adjustments import StoredAdjustment
from app.store.documents import StoredDocument
from app.store.orders import StoredOrder, list_orders
from app.store.work import list_undrawn, list_unsettled, names_of

MOST = 50
NEWEST = 10


@dataclass(frozen=True, slots=True)
class Work:
    """The work queue: up to 50 entries of each kind, longest waiting first, and the newest orders."""

    unsettled: tuple[tuple[StoredAdjustment, StoredOrder], ...]
    undrawn: tuple[StoredDocument, ...]
    newest: tuple[StoredOrder, ...]


def find_work(desk: Desk, actor: Actor) -> Work:
    """What waits for somebody, of the clients that the actor may see."""
    with desk.database.reading() as session:
        return Work(
            unsettled=tuple(list_unsettled(session, client=actor.client, limit=MOST)),
            undrawn=tuple(list_undrawn(session, client=actor.client, limit=MOST)),
            newest=tuple(list_orders(session, client=actor.client, limit=NEWEST)[:NEWEST]),
        )


def name_actors(desk: Desk, actors: Iterable[str]) -> dict[str, str]:
    """People and API keys by the name that the audit trail has for them (``user:usr_…``, ``key:…``)."""
    wanted = {actor.partition(":")[::2] for actor in actors}
    users = {name for kind, name in wanted if kind == "user"}
    keys = {name for kind, name in wanted if kind == "key"}
    with desk.database.reading() as session:
        names = names_of(session, users=users, keys=keys)
    return {f"{kind}:{name}": names[name] for kind, name in wanted if name in names}
