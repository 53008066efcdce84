"""Orders: the list with its search, one order, and all its documents in one archive."""

from flask import Blueprint, Response, current_app, g, url_for

from app.actor import Scope
from app.auth import page
from app.facts import OrderStatus
from app.i18n import SHIPPED
from app.reference import reference as reference_data
from app.services.charged_lines import ADJUSTABLE
from app.services.find_orders import find_orders
from app.services.find_work import name_actors
from app.services.give_document import offered_kinds
from app.services.pack_order import pack_order
from app.services.read_order import OrderView, read_order
from app.web.approve import decidable
from app.web.downloads import attachment
from app.web.forms import Form, PageSchema, Text, declares_query, read_query
from app.web.order_parts import explained, newest_check
from app.web.preferences import preferences
from app.web.render import render

PAGE = 25

bp = Blueprint("order_pages", __name__)


class OrdersQuery(PageSchema):
    """What is looked for, and where the page begins."""

    query = Text(most=200)
    status = Text(most=40)
    client = Text(most=100)
    seller = Text(most=40)
    before = Text(most=60)


class OrderQuery(PageSchema):
    """The adjustment that was just made, to be told of."""

    done = Text(most=60)


@bp.get("/orders")
@page(Scope.PAYMENTS, Scope.AUDITOR)
@declares_query
def index() -> Response:
    """Orders newest first; every filter stands in the address."""
    asked = read_query(OrdersQuery)
    filters = {name: value for name, value in asked.items() if value and name != "before"}
    found = find_orders(
        current_app.extensions["desk"],
        g.actor,
        text=asked["query"] or None,
        status=asked["status"] or None,
        client=asked["client"] or None,
        seller=asked["seller"] or None,
        before=asked["before"] or None,
        limit=PAGE,
    )
    shown = found[:PAGE]
    following = url_for("order_pages.index", **filters, before=shown[-1].id) if len(found) > PAGE else None
    return render(
        "orders",
        orders=shown,
        asked=asked,
        filters=filters,
        following=following,
        first=url_for("order_pages.index", **filters) if asked["before"] else None,
        statuses=[str(status) for status in OrderStatus],
    )


@bp.get("/orders/<reference>")
@page(Scope.PAYMENTS, Scope.AUDITOR)
@declares_query
def show(reference: str) -> Response:
    """The order: parties, money, tax with its reasons, documents, and everything that happened."""
    return show_order(reference, Form(), done=read_query(OrderQuery)["done"])


def show_order(reference: str, form: Form, *, done: str = "", status: int = 200) -> Response:
    """The order's page; ``form`` is the one that issues a document, ``done`` the adjustment that was just made."""
    desk = current_app.extensions["desk"]
    view = read_order(desk, g.actor, reference)
    return render(
        "order",
        status,
        form=form,
        given=offered_kinds(desk, view.order),
        languages=SHIPPED,
        view=view,
        check=newest_check(view),
        explanation=explained(view, language=preferences().language, book=desk.book),
        names=name_actors(desk, {entry.actor for entry in view.timeline}),
        options=reference_data().payment_options,
        done=next((adjustment for adjustment in view.adjustments if adjustment.id == done), None),
        is_refundable=is_refundable(view),
        decidable=decidable(g.actor, view),
        refund_reasons={reason.code: reason for reason in reference_data().refund_reasons},
        is_price_refundable=view.order.status in ADJUSTABLE and view.order.gross > view.totals.credited,
    )


@bp.get("/orders/<reference>/archive.zip")
@page(Scope.PAYMENTS, Scope.AUDITOR)
def archive(reference: str) -> Response:
    """All documents of the order with a manifest of their hashes, in one ZIP."""
    packed = pack_order(current_app.extensions["desk"], g.actor, reference)
    return attachment(packed, "application/zip", f"{reference}.zip")


def is_refundable(view: OrderView) -> bool:
    """Whether tax is left that was not refunded: only then the page offers it; the service decides."""
    refunded = sum(adjustment.tax_refund for adjustment in view.adjustments if adjustment.status == "issued")
    return view.order.status in ADJUSTABLE and view.order.tax > refunded
