"""The way to an attempt that is opened, paid or refunded."""

from __future__ import annotations

from dataclasses import replace

from payments.domain.payment import Attempt
from payments.domain.refund import Refund
from payments.domain.status import Status
from payments.gateways.contract import (
    Snapshot,
)
from tests.contract.harness import Harness

OPEN = (Status.CREATED, Status.PENDING)
REFUND_STEPS_S = 10.0


def opened(harness: Harness, minor: int = 49900) -> Attempt:
    attempt = harness.new_attempt(minor)
    return replace(attempt, checkout_ref=harness.gateway.create_checkout(attempt, harness.order()).ref)


def paid(harness: Harness, minor: int = 49900) -> Attempt:
    attempt = opened(harness, minor)
    harness.pay(attempt)
    return replace(attempt, status=Status.COMPLETED, payment_ref=harness.gateway.fetch_payment(attempt).ref)


def refunded(harness: Harness, refund: Refund, attempt: Attempt) -> Snapshot:
    harness.gateway.create_refund(refund, attempt)
    harness.pass_time(REFUND_STEPS_S)
    harness.pass_time(REFUND_STEPS_S)
    return harness.gateway.fetch_refund(refund, attempt)
