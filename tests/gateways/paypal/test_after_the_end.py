"""PayPal's adapter on its simulator, after the payer acted: pending money, lapses, disputes, returns."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from gateway_simulators.paypal.records import PAYS, Fate
from payments.domain.records.dispute import DisputeMoney, DisputePhase, DisputeStatus
from payments.domain.records.payment import Attempt
from payments.domain.records.snapshot import Snapshot
from payments.domain.values.money import Money
from payments.domain.values.status import FailureCode, Status
from payments.gateways.contract.errors import Rejected
from payments.gateways.contract.webhooks import EventKind, GatewayEvent
from payments.gateways.paypal.adapter import PayPal
from tests.contract.paypal import PayPalHarness
from tests.contract.steps import authorized, looked_at, opened, paid, refunded

DAY_S = 86_400.0
FULL = Money(49900, "USD")


@pytest.fixture
def harness() -> PayPalHarness:
    return PayPalHarness()


def gateway_of(harness: PayPalHarness) -> PayPal:
    assert isinstance(harness.gateway, PayPal)
    return harness.gateway


def control(harness: PayPalHarness, path: str, **body: Any) -> dict[str, Any]:
    return harness.control("POST", f"/_sim/{path}", body)


def last_event(harness: PayPalHarness) -> GatewayEvent:
    return harness.gateway.read_webhook(harness.all_webhooks()[-1])


def waiting(harness: PayPalHarness) -> Attempt:
    """The payer paid in a way that takes days, and the capture was requested."""
    attempt = opened(harness)
    control(harness, f"orders/{attempt.id}", act="wait")
    looked_at(harness, attempt)
    return attempt


# Pending money.


def test_money_under_way_outlasts_our_expiry_by_days(harness: PayPalHarness) -> None:
    attempt = waiting(harness)
    for _ in range(14):
        snapshot = harness.gateway.fetch_payment(attempt)
        assert (snapshot.status, snapshot.is_in_progress) == (Status.PENDING, True)
        harness.pass_time(DAY_S)


@pytest.mark.parametrize(("act", "status"), [("complete", Status.COMPLETED), ("deny", Status.FAILED)])
def test_money_under_way_ends_when_paypal_says_so(harness: PayPalHarness, act: str, status: Status) -> None:
    attempt = waiting(harness)
    harness.pass_time(5 * DAY_S)
    control(harness, f"pending/{attempt.id}", act=act)
    snapshot = harness.gateway.fetch_payment(attempt)
    assert (snapshot.status, snapshot.is_in_progress) == (status, False)
    event = last_event(harness)
    assert (event.kind, event.subject_id) == (EventKind.PAYMENT, attempt.id)
    assert harness.captured(attempt) == (49900 if act == "complete" else 0)


def test_an_abandoned_order_is_not_in_progress(harness: PayPalHarness) -> None:
    snapshot = harness.gateway.fetch_payment(opened(harness))
    assert (snapshot.status, snapshot.is_in_progress) == (Status.PENDING, False)


# The honor period, and the lapse.


def test_after_the_honor_period_a_capture_may_be_refused_and_the_authorization_stays_open() -> None:
    harness = PayPalHarness(pays_after_honor_period=False)
    attempt = authorized(harness)
    reported = harness.gateway.fetch_payment(attempt)
    assert reported.honored_until == attempt.created_at + timedelta(days=3)
    harness.pass_time(3 * DAY_S)
    for _ in range(2):
        with pytest.raises(Rejected) as raised:
            gateway_of(harness).capture_payment(attempt, attempt.amount)
        assert raised.value.code == "PAYER_CANNOT_PAY"
    assert harness.gateway.fetch_payment(attempt).status is Status.AUTHORIZED
    assert (harness.captured(attempt), harness.authorized(attempt)) == (0, 49900)


def test_a_new_request_for_a_refused_capture_has_a_new_id_and_works(harness: PayPalHarness) -> None:
    attempt = replace(authorized(harness), capture_requested_at=harness.now())
    model: Any = harness.app.model
    order = model.orders.find(attempt.id)
    order.fate = Fate(lasts_honor_period=True)
    harness.pass_time(3 * DAY_S)
    for fate in (order.fate, PAYS):
        order.fate = fate
        with pytest.raises(Rejected):
            gateway_of(harness).capture_payment(attempt, attempt.amount)
    anew = replace(attempt, capture_requested_at=harness.now())
    assert gateway_of(harness).capture_payment(anew, attempt.amount).status is Status.COMPLETED
    assert harness.captured(attempt) == 49900


def test_an_authorization_lapses_and_says_so(harness: PayPalHarness) -> None:
    attempt = authorized(harness)
    harness.pass_time(29 * DAY_S)
    assert gateway_of(harness).capture_payment(attempt, attempt.amount).status is Status.EXPIRED
    harness.pass_time(DAY_S)
    for snapshot in (harness.gateway.fetch_payment(attempt), gateway_of(harness).cancel_payment(attempt)):
        assert snapshot.status is Status.EXPIRED
        assert snapshot.failure is not None
        assert (snapshot.failure.code, snapshot.failure.gateway_code) == (FailureCode.EXPIRED, "VOIDED")


def test_an_authorization_that_we_voided_is_cancelled(harness: PayPalHarness) -> None:
    attempt = authorized(harness)
    assert gateway_of(harness).cancel_payment(attempt).status is Status.CANCELLED
    harness.pass_time(30 * DAY_S)
    assert harness.gateway.fetch_payment(attempt) == Snapshot(
        Status.CANCELLED, subject_id=attempt.id, merchant_ref="PAVATISIM0001"
    )


def test_an_authorization_that_was_voided_at_the_dashboard_is_cancelled(harness: PayPalHarness) -> None:
    attempt = authorized(harness)
    harness.pass_time(2 * DAY_S)
    control(harness, "dashboard_voids", order=attempt.id)
    assert harness.gateway.fetch_payment(attempt).status is Status.CANCELLED
    assert last_event(harness).subject_id == attempt.id


# Refunds, and refunds that come back.


def test_a_dashboard_refund_is_in_the_total_and_its_webhook_names_the_capture(harness: PayPalHarness) -> None:
    attempt = paid(harness)
    refunded(harness, harness.new_refund(attempt, 10000), attempt)
    control(harness, "dashboard_refunds", order=attempt.id, amount=5000)
    event = last_event(harness)
    assert (event.kind, event.subject_id, event.subject_ref) == (EventKind.PAYMENT, "", attempt.payment_ref)
    assert event.event_type == "PAYMENT.CAPTURE.REFUNDED"
    snapshot = harness.gateway.fetch_payment(attempt)
    assert (snapshot.status, snapshot.amount, snapshot.returned) == (Status.COMPLETED, FULL, Money(15000, "USD"))


def test_a_new_payment_has_the_total_zero(harness: PayPalHarness) -> None:
    assert harness.gateway.fetch_payment(paid(harness)).returned == Money(0, "USD")


@pytest.mark.parametrize("minor", [20000, 49900])
def test_a_reversal_leaves_the_payment_completed(harness: PayPalHarness, minor: int) -> None:
    attempt = paid(harness)
    harness.pass_time(20 * DAY_S)
    control(harness, "reversals", order=attempt.id, amount=minor)
    event = last_event(harness)
    assert (event.kind, event.subject_ref, event.event_type) == (
        EventKind.PAYMENT, attempt.payment_ref, "PAYMENT.CAPTURE.REVERSED",
    )  # fmt: skip
    snapshot = harness.gateway.fetch_payment(attempt)
    assert (snapshot.status, snapshot.amount, snapshot.returned) == (Status.COMPLETED, FULL, Money(minor, "USD"))


def test_a_refund_that_comes_back_has_failed_and_counts_no_more(harness: PayPalHarness) -> None:
    attempt = paid(harness)
    refund = harness.new_refund(attempt, 10000)
    snapshot = refunded(harness, refund, attempt)
    assert snapshot.status is Status.COMPLETED
    harness.pass_time(9 * DAY_S)
    control(harness, f"refunds/{refund.id}", act="return")
    event = last_event(harness)
    assert (event.kind, event.subject_id) == (EventKind.REFUND, refund.id)
    came_back = harness.gateway.fetch_refund(replace(refund, refund_ref=snapshot.ref), attempt)
    assert (came_back.status, came_back.failure is not None) == (Status.FAILED, True)
    assert harness.gateway.fetch_payment(attempt).returned == Money(0, "USD")


# Disputes.


def disputed(harness: PayPalHarness, attempt: Attempt, **more: Any) -> str:
    return str(control(harness, "disputes", order=attempt.id, amount=30000, **more)["dispute"])


@pytest.mark.parametrize("phase", list(DisputePhase))
def test_a_dispute_is_reported_by_webhook_and_fetched(harness: PayPalHarness, phase: DisputePhase) -> None:
    attempt = paid(harness)
    ref = disputed(harness, attempt, phase=phase.value, respond_in_s=DAY_S)
    event = last_event(harness)
    assert (event.kind, event.subject_id, event.subject_ref) == (EventKind.DISPUTE, "", ref)
    dispute = gateway_of(harness).fetch_dispute(ref)
    assert (dispute.phase, dispute.status, dispute.amount) == (phase, DisputeStatus.OPEN, Money(30000, "USD"))
    assert (dispute.subject_ref, dispute.money) == (attempt.payment_ref, DisputeMoney.NONE)
    assert dispute.opened_at is not None
    assert dispute.respond_by == dispute.opened_at + timedelta(days=1)


@pytest.mark.parametrize(
    ("act", "status", "money"),
    [
        ("win", DisputeStatus.WON, DisputeMoney.RETURNED),
        ("lose", DisputeStatus.LOST, DisputeMoney.DEBITED),
        ("withdraw", DisputeStatus.CLOSED, DisputeMoney.RETURNED),
    ],
)
def test_a_dispute_ends_as_paypal_decides(act: str, status: DisputeStatus, money: DisputeMoney) -> None:
    harness = PayPalHarness(takes_disputed_money_at_once=True)
    attempt = paid(harness)
    ref = disputed(harness, attempt)
    assert gateway_of(harness).fetch_dispute(ref).money is DisputeMoney.DEBITED
    control(harness, f"disputes/{ref}", act=act)
    dispute = gateway_of(harness).fetch_dispute(ref)
    assert (dispute.status, dispute.money) == (status, money)
    assert last_event(harness).event_type == "CUSTOMER.DISPUTE.RESOLVED"
    snapshot = harness.gateway.fetch_payment(attempt)
    assert (snapshot.status, snapshot.returned) == (Status.COMPLETED, Money(0, "USD"))


def test_a_dispute_that_was_won_goes_on_in_its_next_phase(harness: PayPalHarness) -> None:
    ref = disputed(harness, paid(harness))
    for act in ("win", "reopen"):
        control(harness, f"disputes/{ref}", act=act)
    dispute = gateway_of(harness).fetch_dispute(ref)
    assert (dispute.phase, dispute.status) == (DisputePhase.PRE_ARBITRATION, DisputeStatus.OPEN)


def test_a_claim_accepted_twice_is_accepted_once(harness: PayPalHarness) -> None:
    ref = disputed(harness, paid(harness))
    for _ in range(2):
        dispute = gateway_of(harness).accept_dispute(ref)
        assert (dispute.status, dispute.money) == (DisputeStatus.LOST, DisputeMoney.DEBITED)
    harness.pass_time(4 * DAY_S)  # PayPal has forgotten the call by then.
    assert gateway_of(harness).accept_dispute(ref).status is DisputeStatus.LOST


def test_an_inquiry_cannot_be_accepted(harness: PayPalHarness) -> None:
    ref = disputed(harness, paid(harness), phase="inquiry")
    with pytest.raises(Rejected):
        gateway_of(harness).accept_dispute(ref)


def test_all_disputes_are_found_page_by_page(harness: PayPalHarness) -> None:
    start, refs = harness.now(), []
    for _ in range(11):
        harness.pass_time(60)
        refs.append(disputed(harness, paid(harness)))
    assert sorted(found(harness, start, harness.now())) == sorted(refs)
    assert found(harness, start, harness.now() - timedelta(seconds=1)) == refs[-2::-1]


def found(harness: PayPalHarness, since: datetime, until: datetime) -> list[str]:
    refs, cursor = [], ""
    while True:
        page = gateway_of(harness).list_disputes(since, until, cursor)
        refs += [dispute.ref for dispute in page.disputes]
        cursor = page.next_cursor
        if not cursor:
            return refs


def test_a_change_of_an_old_dispute_is_found_too(harness: PayPalHarness) -> None:
    ref = disputed(harness, paid(harness), respond_in_s=20 * DAY_S)
    harness.pass_time(10 * DAY_S)
    since = harness.now()
    assert found(harness, since, since) == []
    control(harness, f"disputes/{ref}", act="win")
    assert found(harness, since, harness.now()) == [ref]
