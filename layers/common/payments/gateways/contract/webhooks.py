"""Webhooks: the request as received, and the event that an adapter reads from it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from payments.record import record


class EventKind(StrEnum):
    """What an event is about. IGNORED events are logged as a delivery and not applied."""

    PAYMENT = "payment"
    REFUND = "refund"
    DISPUTE = "dispute"
    IGNORED = "ignored"


@record
class GatewayEvent:
    """One event of a webhook whose proof was checked.

    `id` is the same for every copy of one delivery. `event_type` is the gateway's name of the event, `state` the status
    that it reports. Neither is trusted: the caller fetches the subject.

    PAYMENT and REFUND: `subject_id` is our id, "" if the gateway does not echo it. `subject_ref` is the gateway's id:
    a `webhook_ref` or `payment_ref` of the attempt, or the refund's id. DISPUTE: `subject_ref` is the dispute's id.

    An event of a refund without our id has the kind PAYMENT and names the refunded payment. `refund_ref` is then that
    refund's id, at gateways where the payment's status does not show it.
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
    """A webhook as received: the raw body, and the headers with names in lower case."""

    body: bytes
    headers: Mapping[str, str]
