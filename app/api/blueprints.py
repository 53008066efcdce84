"""The API's resources, in the order in which its description shows them."""

from app.api import (
    adjustments,
    audit_events,
    audit_exports,
    bulk,
    calculations,
    certificates,
    documents,
    orders,
    rates,
    reference,
    tax_id_checks,
    webhooks,
)

API_BLUEPRINTS = (
    tax_id_checks.bp,
    calculations.bp,
    rates.bp,
    orders.bp,
    adjustments.bp,
    certificates.bp,
    documents.bp,
    bulk.bp,
    audit_events.bp,
    audit_exports.bp,
    webhooks.bp,
    reference.bp,
)
