"""What Razorpay reports about a pending payment, and after an end: the adapter on the simulator."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway_simulators.razorpay.settings import Settings
from payments.domain.records.dispute import DisputeMoney, DisputePhase, DisputeStatus
from payments.domain.records.payment import Attempt
from payments.domain.values.money import Money
from payments.domain.values.status import Failure, FailureCode, Status
from payments.domain.values.terms import MethodType, Terms
from payments.gateways.contract.disputes import CanDispute
from payments.gateways.contract.errors import OutcomeUnknown, Rejected, Unavailable
from payments.gateways.contract.webhooks import EventKind
from payments.gateways.razorpay import disputes
from tests.contract.razorpay import RazorpayHarness
from tests.contract.steps import AUTHORIZED_FIRST, opened, paid, refunded
from tests.gateways.fakes import NOW
from tests.gateways.razorpay.calls import ORDER_REF, PAID, Wire, a_gateway, a_payment, a_refund_entity, listed

DAY = timedelta(days=1)
ALL, SOME = Money(49900, "INR"), Money(500, "INR")
EVERY_EVENT = Settings().webhook_events


@pytest.fixture
def sim() -> RazorpayHarness:
    return RazorpayHarness(events=EVERY_EVENT)


@pytest.fixture
def gateway(sim: RazorpayHarness) -> Any:
    assert isinstance(sim.gateway, CanDispute)
    return sim.gateway


def where(**habits: Any) -> RazorpayHarness:
    return RazorpayHarness(events=EVERY_EVENT, **habits)


def events(sim: RazorpayHarness, subject: str) -> list[Any]:
    return [sim.gateway.read_webhook(request) for request in sim.webhooks(subject)]


# In progress, or abandoned.


def test_a_payment_at_the_bank_is_in_progress_days_after_the_expiry(sim: RazorpayHarness) -> None:
    attempt = opened(sim)
    assert not sim.gateway.fetch_payment(attempt).is_in_progress
    sim.act(attempt, "wait")
    for _ in range(4):
        sim.pass_time(DAY.total_seconds())
        snapshot = sim.gateway.fetch_payment(attempt)
        assert (snapshot.status, snapshot.is_in_progress) == (Status.PENDING, True)


@pytest.mark.parametrize(("end", "status"), [("complete", Status.COMPLETED), ("deny", Status.FAILED)])
def test_only_the_bank_ends_it(sim: RazorpayHarness, end: str, status: Status) -> None:
    attempt = opened(sim)
    sim.act(attempt, "wait")
    sim.pass_time(2 * DAY.total_seconds())
    sim.control("POST", f"/_sim/pending/{attempt.id}", {"act": end})
    snapshot = sim.gateway.fetch_payment(attempt)
    assert (snapshot.status, snapshot.is_in_progress) == (status, False)
    assert {event.subject_ref for event in events(sim, attempt.checkout_ref)} == {attempt.checkout_ref}


def test_what_the_bank_approves_after_three_days_lapses_at_once(sim: RazorpayHarness) -> None:
    attempt = opened(sim)
    sim.act(attempt, "wait")
    sim.pass_time(3 * DAY.total_seconds() + 1)
    sim.control("POST", f"/_sim/pending/{attempt.id}", {"act": "complete"})
    sim.pass_time(0)
    assert sim.gateway.fetch_payment(attempt).status is Status.EXPIRED


def test_an_order_that_was_tried_and_failed_is_not_in_progress(sim: RazorpayHarness) -> None:
    attempt = opened(sim)
    sim.act(attempt, "fail_one_try")
    snapshot = sim.gateway.fetch_payment(attempt)
    assert (snapshot.status, snapshot.is_in_progress) == (Status.FAILED, False)


# A lapse.


def test_a_lapsed_authorization_has_expired_and_its_refund_webhooks_name_the_order(sim: RazorpayHarness) -> None:
    attempt = opened(sim, terms=AUTHORIZED_FIRST)
    sim.pay(attempt)
    assert sim.gateway.fetch_payment(attempt).status is Status.AUTHORIZED
    sim.pass_time(0)
    sim.posted.clear()
    sim.pass_time(3 * DAY.total_seconds())
    sim.pass_time(10)
    snapshot = sim.gateway.fetch_payment(attempt)
    assert (snapshot.status, snapshot.failure) == (Status.EXPIRED, Failure(FailureCode.EXPIRED, "refunded"))
    assert snapshot.returned is None
    reported = [sim.gateway.read_webhook(request) for request in sim.all_webhooks()]
    assert [(event.kind, event.event_type, event.subject_ref) for event in reported] == [
        (EventKind.PAYMENT, "refund.created", attempt.checkout_ref),
        (EventKind.PAYMENT, "refund.processed", attempt.checkout_ref),
    ]
    assert (sim.captured(attempt), sim.refunded(attempt)) == (0, 0)


# The fee that the payer bore.


def test_a_fee_that_the_payer_bears_completes_the_order_by_its_own_amount() -> None:
    sim = where(payer_bears_fee=True)
    attempt = opened(sim, 50000)
    sim.pay(attempt)
    snapshot = sim.gateway.fetch_payment(attempt)
    assert (snapshot.status, snapshot.amount, snapshot.fee) == (
        Status.COMPLETED,
        Money(50000, "INR"),
        Money(1180, "INR"),
    )
    assert sim.captured(attempt) == 50000


def test_an_authorization_with_a_fee_is_captured_by_the_orders_amount() -> None:
    sim = where(payer_bears_fee=True)
    gateway: Any = sim.gateway
    attempt = opened(sim, 50000, AUTHORIZED_FIRST)
    sim.pay(attempt)
    authorized = gateway.fetch_payment(attempt)
    assert (authorized.status, authorized.amount, authorized.fee) == (
        Status.AUTHORIZED,
        Money(50000, "INR"),
        Money(1180, "INR"),
    )
    used = gateway.capture_payment(attempt, attempt.amount)
    assert (used.status, used.amount) == (Status.COMPLETED, Money(50000, "INR"))


def test_no_more_than_the_orders_amount_is_refunded() -> None:
    sim = where(payer_bears_fee=True)
    attempt = paid(sim, 50000)
    with pytest.raises(Rejected):
        sim.gateway.create_refund(sim.new_refund(attempt, 50001), attempt)
    assert refunded(sim, sim.new_refund(attempt, 50000), attempt).status is Status.COMPLETED
    assert sim.gateway.fetch_payment(attempt).returned == Money(50000, "INR")


# Refunds by others.


def test_the_total_has_every_refund_no_matter_who_made_it(sim: RazorpayHarness) -> None:
    attempt = paid(sim)
    assert sim.gateway.fetch_payment(attempt).returned == Money(0, "INR")
    sim.gateway.create_refund(sim.new_refund(attempt, 10000), attempt)
    sim.control("POST", "/_sim/dashboard_refunds", {"order": attempt.id, "amount": 500})
    assert sim.gateway.fetch_payment(attempt).returned == Money(10500, "INR")
    sim.pass_time(10)
    assert sim.gateway.fetch_payment(attempt).returned == Money(10500, "INR")


@pytest.mark.parametrize("ends", ["fail", "return"])
def test_a_refund_that_failed_is_not_counted_as_gone_back(sim: RazorpayHarness, ends: str) -> None:
    attempt = paid(sim)
    lost, stored = sim.new_refund(attempt, 10000), sim.new_refund(attempt, 500)
    sim.gateway.create_refund(lost, attempt)
    sim.pass_time(10 if ends == "return" else 0)
    sim.control("POST", f"/_sim/refunds/{lost.id}", {"act": ends})
    sim.gateway.create_refund(stored, attempt)
    assert sim.gateway.fetch_payment(attempt).returned == SOME


def test_the_refunds_themselves_are_summed_where_the_payments_sum_may_lag() -> None:
    wire = Wire(
        listed(a_payment(amount_refunded=10500)),
        listed(a_refund_entity("failed"), a_refund_entity(id="r2", amount=500)),
    )
    assert a_gateway(wire).fetch_payment(PAID).returned == SOME
    assert wire.paths == [f"GET /v1/orders/{ORDER_REF}/payments", f"GET /v1/payments/{PAID.payment_ref}/refunds"]


def test_refunds_are_not_fetched_where_nothing_went_back() -> None:
    wire = Wire(listed(a_payment(amount_refunded=0)))
    assert a_gateway(wire).fetch_payment(PAID).returned == Money(0, "INR")
    assert len(wire.sent) == 1


def test_a_payment_without_a_sum_has_no_total() -> None:
    assert a_gateway(Wire(listed(a_payment()))).fetch_payment(PAID).returned is None


def test_refunds_without_sense_are_no_answer() -> None:
    wire = Wire(listed(a_payment(amount_refunded=1)), listed(a_refund_entity(amount=None)))
    with pytest.raises(Unavailable, match="amount"):
        a_gateway(wire).fetch_payment(PAID)


def test_a_refund_that_came_back_has_failed(sim: RazorpayHarness) -> None:
    attempt = paid(sim)
    refund = sim.new_refund(attempt, 10000)
    assert refunded(sim, refund, attempt).status is Status.COMPLETED
    sim.control("POST", f"/_sim/refunds/{refund.id}", {"act": "return"})
    snapshot = sim.gateway.fetch_refund(refund, attempt)
    assert (snapshot.status, snapshot.amount) == (Status.FAILED, Money(10000, "INR"))
    assert snapshot.failure == Failure(FailureCode.OTHER, "refund_failed")
    last = events(sim, refund.id)[-1]
    assert (last.kind, last.event_type, last.subject_id) == (EventKind.REFUND, "refund.failed", refund.id)


def qr_code(sim: RazorpayHarness) -> Attempt:
    attempt = sim.new_attempt(terms=Terms(method_type=MethodType.UPI))
    return replace(attempt, checkout_ref=sim.gateway.create_checkout(attempt, sim.order()).ref)


@pytest.mark.parametrize(
    ("flow", "make", "named"),
    [
        ("checkout", opened, lambda attempt, snapshot: attempt.checkout_ref),
        ("qr", qr_code, lambda attempt, snapshot: snapshot.ref),  # Such a payment has no order.
    ],
)
def test_a_refund_of_the_dashboard_names_its_payment(
    flow: str, make: Callable[[RazorpayHarness], Attempt], named: Callable[[Attempt, Any], str]
) -> None:
    sim = RazorpayHarness(flow, EVERY_EVENT)
    attempt = make(sim)
    sim.pay(attempt)
    made = sim.control("POST", "/_sim/dashboard_refunds", {"order": attempt.id, "amount": 500})["refund"]
    sim.pass_time(10)
    snapshot = sim.gateway.fetch_payment(attempt)
    reported = events(sim, made)
    assert [event.event_type for event in reported] == ["refund.created", "refund.processed"]
    assert {(event.kind, event.subject_ref) for event in reported} == {(EventKind.PAYMENT, named(attempt, snapshot))}
    assert snapshot.returned == SOME


def test_a_refund_is_refused_while_the_balance_is_too_low() -> None:
    sim = where(opening_balance=0)
    attempt = paid(sim)
    with pytest.raises(Rejected):
        sim.gateway.create_refund(sim.new_refund(attempt, 49900), attempt)
    paid(sim)
    assert sim.gateway.create_refund(sim.new_refund(attempt, 49900), attempt).status is Status.PROCESSING


# Disputes.


def dispute_of(sim: RazorpayHarness, attempt: Attempt, **more: Any) -> str:
    reported = sim.control("POST", "/_sim/disputes", {"order": attempt.id, "amount": 20000, **more})
    return str(reported["dispute"])


def end(sim: RazorpayHarness, ref: str, act: str) -> None:
    sim.control("POST", f"/_sim/disputes/{ref}", {"act": act})


def test_a_dispute_is_reported_by_webhook_and_fetched(sim: RazorpayHarness, gateway: Any) -> None:
    attempt = paid(sim)
    ref = dispute_of(sim, attempt, reason="goods_not_received", respond_in_s=3 * DAY.total_seconds())
    [event] = [event for event in events(sim, ref) if event.kind is EventKind.DISPUTE]
    assert (event.event_type, event.subject_ref, event.subject_id) == ("payment.dispute.created", ref, "")
    dispute = gateway.fetch_dispute(ref)
    assert (dispute.ref, dispute.subject_ref, dispute.amount) == (ref, attempt.payment_ref, Money(20000, "INR"))
    assert (dispute.phase, dispute.status, dispute.money) == (
        DisputePhase.CHARGEBACK,
        DisputeStatus.OPEN,
        DisputeMoney.DEBITED,
    )
    assert (dispute.reason_code, dispute.opened_at) == ("goods_not_received", sim.now())
    assert dispute.respond_by == sim.now() + 3 * DAY


@pytest.mark.parametrize(
    ("phase", "act", "status", "money"),
    [
        ("chargeback", "win", DisputeStatus.WON, DisputeMoney.RETURNED),
        ("chargeback", "lose", DisputeStatus.LOST, DisputeMoney.DEBITED),
        ("chargeback", "withdraw", DisputeStatus.CLOSED, DisputeMoney.RETURNED),
        ("inquiry", "win", DisputeStatus.WON, DisputeMoney.NONE),
        ("inquiry", "withdraw", DisputeStatus.CLOSED, DisputeMoney.NONE),
        ("inquiry", "lose", DisputeStatus.LOST, DisputeMoney.DEBITED),
        ("arbitration", "lose", DisputeStatus.LOST, DisputeMoney.DEBITED),
    ],
)
def test_a_dispute_ends_and_says_where_the_money_is(
    sim: RazorpayHarness, gateway: Any, phase: str, act: str, status: DisputeStatus, money: DisputeMoney
) -> None:
    ref = dispute_of(sim, paid(sim), phase=phase)
    end(sim, ref, act)
    dispute = gateway.fetch_dispute(ref)
    assert (dispute.phase, dispute.status, dispute.money) == (DisputePhase(phase), status, money)
    assert dispute.money == {each.ref: each.money for each in sim.app.model.ledger_disputes()}[ref]
    assert events(sim, ref)[-1].state == status


def test_what_was_won_may_be_raised_again_in_the_next_phase(sim: RazorpayHarness, gateway: Any) -> None:
    ref = dispute_of(sim, paid(sim))
    end(sim, ref, "win")
    end(sim, ref, "reopen")
    dispute = gateway.fetch_dispute(ref)
    assert (dispute.phase, dispute.status, dispute.money) == (
        DisputePhase.PRE_ARBITRATION,
        DisputeStatus.OPEN,
        DisputeMoney.DEBITED,
    )


def test_accepting_twice_accepts_once(sim: RazorpayHarness, gateway: Any) -> None:
    ref = dispute_of(sim, paid(sim))
    sim.fault("lose_answer", "dispute")
    with pytest.raises(OutcomeUnknown):
        gateway.accept_dispute(ref)
    assert gateway.accept_dispute(ref).status is DisputeStatus.LOST


def test_a_dispute_that_was_won_is_not_accepted(sim: RazorpayHarness, gateway: Any) -> None:
    ref = dispute_of(sim, paid(sim))
    end(sim, ref, "win")
    with pytest.raises(Rejected):
        gateway.accept_dispute(ref)


def test_a_dispute_that_razorpay_does_not_know_is_404(gateway: Any) -> None:
    with pytest.raises(Rejected) as refusal:
        gateway.fetch_dispute("disp_00000000000000")
    assert refusal.value.http_status == 404
    with pytest.raises(Rejected) as refusal:
        gateway.fetch_dispute("D1")
    assert refusal.value.http_status == 400


def test_an_unknown_status_of_a_dispute_is_passed_on(sim: RazorpayHarness, gateway: Any) -> None:
    ref = dispute_of(sim, paid(sim))
    sim.report_code("escalated")
    dispute = gateway.fetch_dispute(ref)
    assert (dispute.status, dispute.reported_status, dispute.money) == (None, "chargeback escalated", DisputeMoney.NONE)
    sim.say_next(phase="council")
    dispute = gateway.fetch_dispute(ref)
    assert (dispute.phase, dispute.reported_status, dispute.money) == (None, "council open", DisputeMoney.NONE)


def test_every_dispute_of_the_requested_days_is_listed_a_hundred_at_a_time(sim: RazorpayHarness, gateway: Any) -> None:
    attempt = paid(sim)
    refs = {dispute_of(sim, attempt) for _ in range(101)}
    first = gateway.list_disputes(sim.now() - DAY, sim.now() + DAY)
    second = gateway.list_disputes(sim.now() - DAY, sim.now() + DAY, first.next_cursor)
    assert (first.next_cursor, second.next_cursor) == ("100", "")
    assert {dispute.ref for dispute in (*first.disputes, *second.disputes)} == refs
    assert gateway.list_disputes(sim.now() - 2 * DAY, sim.now() - DAY).disputes == ()


RESPONSE: dict[str, Any] = {
    "id": "disp_1", "payment_id": "pay_1", "amount": 100, "currency": "INR", "status": "open", "phase": "fraud",
}  # fmt: skip


@pytest.mark.parametrize("code", ["open", "under_review", "won", "lost", "closed"])
@pytest.mark.parametrize(
    ("phase", "ours"),
    [
        ("fraud", DisputePhase.INQUIRY),
        ("retrieval", DisputePhase.INQUIRY),
        ("chargeback", DisputePhase.CHARGEBACK),
        ("pre_arbitration", DisputePhase.PRE_ARBITRATION),
        ("arbitration", DisputePhase.ARBITRATION),
    ],
)
def test_a_dispute_is_read_from_status_and_phase(phase: str, ours: DisputePhase, code: str) -> None:
    dispute = disputes.from_dispute({**RESPONSE, "phase": phase, "status": code})
    is_debited = code == "lost" or (ours is not DisputePhase.INQUIRY and code in ("open", "under_review"))
    is_returned = ours is not DisputePhase.INQUIRY and code in ("won", "closed")
    money = DisputeMoney.DEBITED if is_debited else DisputeMoney.RETURNED if is_returned else DisputeMoney.NONE
    assert (dispute.phase, dispute.status, dispute.money) == (ours, DisputeStatus(code), money)
    assert dispute.reported_status == f"{phase} {code}"


def test_a_fraud_notice_is_an_inquiry() -> None:
    dispute = disputes.from_dispute(RESPONSE)
    assert (dispute.phase, dispute.money, dispute.respond_by) == (DisputePhase.INQUIRY, DisputeMoney.NONE, None)


@pytest.mark.parametrize("name", ["id", "amount", "currency", "status", "phase"])
def test_a_dispute_without_what_we_rely_on_is_garbage(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        disputes.from_dispute({**RESPONSE, name: None})


def test_the_list_is_requested_by_time_and_by_how_many_were_read() -> None:
    wanted = disputes.to_list(NOW, NOW + DAY, "")
    at = int(NOW.timestamp())
    assert wanted == {"from": str(at), "to": str(at + 86_400), "count": "100", "skip": "0"}
    assert disputes.to_list(NOW, NOW + DAY, "200") == wanted | {"skip": "200"}


@pytest.mark.parametrize(("count", "cursor", "after"), [(100, "", "100"), (100, "200", "300"), (99, "200", "")])
def test_the_next_page_skips_all_that_were_read(count: int, cursor: str, after: str) -> None:
    page = disputes.from_list({"items": [RESPONSE | {"id": f"disp_{n}"} for n in range(count)]}, cursor)
    assert (len(page.disputes), page.next_cursor) == (count, after)


def test_a_cursor_that_is_not_ours_is_refused() -> None:
    with pytest.raises(ValueError, match="cursor"):
        disputes.to_list(NOW, NOW, "-1")


def test_a_webhook_of_a_dispute_is_a_hint_only(sim: RazorpayHarness, gateway: Any) -> None:
    ref = dispute_of(sim, paid(sim))
    body = json.dumps({"event": "payment.dispute.lost", "payload": {"dispute": {"entity": {"id": ref}}}}).encode()
    assert gateway.read_webhook(sim.signed(body)).subject_ref == ref
    assert gateway.fetch_dispute(ref).status is DisputeStatus.OPEN
