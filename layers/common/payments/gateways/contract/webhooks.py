"""Webhooks: the request as received, and what a proven one says."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from payments.record import record


class EventKind(StrEnum):
    PAYMENT = "payment"
    REFUND = "refund"
    DISPUTE = "dispute"
    IGNORED = "ignored"


@record
class GatewayEvent:
    """One proven event. `id` is equal for every copy of one delivery; `event_type` is the gateway's name of it.

    It is about `subject_id` (ours), or where the gateway does not echo that, about `subject_ref`: a `webhook_ref` or a
    `payment_ref`. With both, `subject_ref` is the gateway's id of that attempt or refund. Of kind DISPUTE `subject_ref`
    is the dispute's own ref. News of a refund that carries no id of ours is of kind PAYMENT, about its payment;
    `refund_ref` names that refund where only its own status tells of it.
    """

    id: str
    kind: EventKind
    event_type: str
    subject_id: str = ""
    state: str = ""
    subject_ref: str = ""
    refund_ref: str = ""


@record
class WebhookRequest:
    """As received: raw body bytes, header names in lower case."""

    body: bytes
    headers: Mapping[str, str]
