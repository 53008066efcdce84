"""Proof that goods left for another member state: without it their supply stays taxed (A6)."""

from collections.abc import Sequence
from dataclasses import dataclass

LAW = "Implementing Regulation 282/2011 Art. 45a; Directive 2006/112/EC Art. 138(1)"
GERMAN_LAW = "UStDV § 17b(2) Nr. 2"
ENTRY_CERTIFICATE = "entry_certificate"
"""The buyer's confirmation that the goods arrived (German: Gelangensbestätigung); enough by itself in Germany."""
OF_TRANSPORT = frozenset({"transport_document", "cmr_note", "bill_of_lading", "airfreight_invoice", "carrier_invoice"})
"""Art. 45a(3)(a)."""
BESIDE_TRANSPORT = frozenset({"insurance_policy", "bank_payment", "official_document", "warehouse_receipt"})
"""Art. 45a(3)(b): each of them supports one document of the transport itself."""
KINDS = OF_TRANSPORT | BESIDE_TRANSPORT | {ENTRY_CERTIFICATE}


@dataclass(frozen=True, slots=True)
class TransportProof:
    """A document on the transport: its kind, one of ``KINDS``, and the reference it is found by."""

    kind: str
    reference: str


def is_proven(proofs: Sequence[TransportProof], stock_state: str | None) -> bool:
    """Whether the transport counts as proven: two different documents, at least one of them of the transport itself.

    Law:
        Implementing Regulation 282/2011 Art. 45a(1), (3); UStDV § 17a, 17b(2) Nr. 2.
    """
    if stock_state == "DE" and any(proof.kind == ENTRY_CERTIFICATE for proof in proofs):
        return True
    known = {proof for proof in proofs if proof.kind in OF_TRANSPORT | BESIDE_TRANSPORT}
    return len(known) > 1 and any(proof.kind in OF_TRANSPORT for proof in known)
