"""A seller entity as a frozen record: who sells, where it collects tax, what it signs and where it is paid."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from app.facts import Address
from tax_rules.facts import DatedFlag, Registration, RegistrationKind, SellerFacts

SCHEMES = (RegistrationKind.OSS_UNION, RegistrationKind.OSS_NON_UNION, RegistrationKind.IOSS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """How customers reach the seller."""

    email: str | None = None
    phone: str | None = None
    website: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactPoint:
    """Whom customers ask about one thing."""

    role: str
    name: str | None = None
    email: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BankAccount:
    """An account that customers pay to: by ``iban`` and ``bic``, or by ``account`` and ``routing``."""

    currency: str
    holder: str
    bank_name: str
    iban: str | None = None
    bic: str | None = None
    account: str | None = None
    routing: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signatory:
    """Who signs for the seller, and in which capacity."""

    name: str
    title: str
    capacity: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxForm:
    """The seller's own form for its customers: ``w8bene``, ``w9`` …, the revision, and the answers by field."""

    kind: str
    revision: str
    answers: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidenceCertificate:
    """A certificate of residence that a tax office issued for a year."""

    year: int
    file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SellerEntity:
    """A legal entity of ours that is the merchant of record on orders; ``country`` is where it is established."""

    code: str
    legal_name: str
    trade_name: str | None = None
    country: str
    country_of_incorporation: str | None = None
    address: Address
    mailing_address: Address | None = None
    registrations: tuple[Registration, ...]
    below_eu_threshold: tuple[DatedFlag, ...] = ()
    below_evidence_threshold: tuple[DatedFlag, ...] = ()
    tax_form: TaxForm | None = None
    bank_accounts: tuple[BankAccount, ...] = ()
    signatories: tuple[Signatory, ...] = ()
    contact: Contact = Contact()
    contacts: tuple[ContactPoint, ...] = ()
    residence_certificates: tuple[ResidenceCertificate, ...] = ()
    series: Mapping[str, str] = field(default_factory=dict)

    def facts(self) -> SellerFacts:
        """The seller as the tax rules see it."""
        return SellerFacts(
            code=self.code,
            country=self.country,
            registrations=self.registrations,
            below_eu_threshold=self.below_eu_threshold,
            below_evidence_threshold=self.below_evidence_threshold,
        )

    def registrations_shown(self, country: str, on: date) -> tuple[Registration, ...]:
        """The registrations that belong on a document about tax of ``country`` on a civil date.

        The one of that country; where there is none, the one at home and the one-stop shop, each number once.
        """
        in_force = [registration for registration in self.registrations if registration.is_in_force(on)]
        value_added = (RegistrationKind.VAT, RegistrationKind.GST)
        there = [r for r in in_force if r.kind in value_added and r.country == country]
        elsewhere = [r for r in in_force if r.kind in value_added and r.country == self.country]
        elsewhere += [r for r in in_force if r.kind in SCHEMES]
        return tuple({r.number: r for r in reversed(there or elsewhere)}.values())[::-1]

    def as_json(self) -> dict[str, Any]:
        """The entity as plain JSON members, with the names of the YAML file."""
        members = asdict(self)
        members["registrations"] = [
            _plain({"from": r.valid_from, "to": r.valid_to}, kind=r.kind.value, country=r.country, number=r.number)
            | ({"state": r.state} if r.state else {})
            for r in self.registrations
        ]
        for name in ("below_eu_threshold", "below_evidence_threshold"):
            members[name] = [
                _plain({"from": f.valid_from, "to": f.valid_to}, value=f.value) for f in getattr(self, name)
            ]
        for name in ("bank_accounts", "signatories", "contacts", "residence_certificates"):
            members[name] = list(members[name])
        members["tax_form"] = asdict(self.tax_form) if self.tax_form else None
        return members


def _plain(dates: dict[str, date | None], **members: Any) -> dict[str, Any]:
    return members | {name: day.isoformat() if day else None for name, day in dates.items()}
