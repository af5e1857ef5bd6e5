"""Ways to an attempt that is open, authorized, paid or refunded, as the system gets there."""

from __future__ import annotations

from dataclasses import replace

from payments.domain.records.dispute import DisputeSnapshot
from payments.domain.records.payment import Attempt
from payments.domain.records.refund import Refund
from payments.domain.records.snapshot import Snapshot
from payments.domain.values.status import Status
from payments.domain.values.terms import AS_IT_COMES, CaptureMode, Terms
from payments.gateways.contract.payments import CanAuthorize, CanCapture
from payments.gateways.contract.webhooks import GatewayEvent
from tests.contract.harness import Harness

OPEN = (Status.CREATED, Status.PENDING)
AUTHORIZED_FIRST = Terms(capture=CaptureMode.MANUAL)
REFUND_STEPS_S = 10.0
DAY_S = 86400.0


def opened(harness: Harness, minor: int = 49900, terms: Terms = AS_IT_COMES) -> Attempt:
    attempt = harness.new_attempt(minor, terms)
    return replace(attempt, checkout_ref=harness.gateway.create_checkout(attempt, harness.order()).ref)


def looked_at(harness: Harness, attempt: Attempt) -> Snapshot:
    """A check with its follow-up calls."""
    gateway = harness.gateway
    snapshot = gateway.fetch_payment(attempt)
    if snapshot.is_approved and isinstance(gateway, CanAuthorize):
        snapshot = gateway.authorize_payment(attempt)
    if snapshot.status is Status.AUTHORIZED and isinstance(gateway, CanCapture) and not attempt.terms.is_manual:
        return gateway.capture_payment(attempt, attempt.amount)
    return snapshot


def paid(harness: Harness, minor: int = 49900) -> Attempt:
    attempt = opened(harness, minor)
    harness.pay(attempt)
    return replace(attempt, status=Status.COMPLETED, payment_ref=looked_at(harness, attempt).ref)


def authorized(harness: Harness, minor: int = 49900) -> Attempt:
    """Only where the gateway authorizes; by a token where a checkout cannot."""
    attempt = harness.new_authorized(minor)
    snapshot = looked_at(harness, attempt)
    assert snapshot.status is Status.AUTHORIZED
    return replace(attempt, status=Status.AUTHORIZED, payment_ref=snapshot.ref)


def refunded(harness: Harness, refund: Refund, attempt: Attempt) -> Snapshot:
    ref = harness.gateway.create_refund(refund, attempt).ref
    harness.pass_time(REFUND_STEPS_S)
    harness.pass_time(REFUND_STEPS_S)
    return harness.gateway.fetch_refund(replace(refund, refund_ref=ref), attempt)


def paid_and_names(harness: Harness) -> tuple[Attempt, set[str]]:
    """A paid attempt, and all ids by which the system knows it."""
    attempt = harness.new_attempt()
    checkout = harness.gateway.create_checkout(attempt, harness.order())
    attempt = replace(attempt, checkout_ref=checkout.ref)
    harness.pay(attempt)
    attempt = replace(attempt, status=Status.COMPLETED, payment_ref=looked_at(harness, attempt).ref)
    return attempt, {attempt.id, attempt.payment_ref, checkout.webhook_ref} - {""}


def events_since(harness: Harness, before: int) -> list[GatewayEvent]:
    return [harness.gateway.read_webhook(webhook) for webhook in harness.all_webhooks()[before:]]


def reported(harness: Harness) -> int:
    return len(harness.all_webhooks())


def name_of(event: GatewayEvent | DisputeSnapshot) -> str:
    return event.subject_id or event.subject_ref
