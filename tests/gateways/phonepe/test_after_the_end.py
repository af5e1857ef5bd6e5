"""What PhonePe reports about a pending debit, and after an end: the adapter on the simulator."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from payments.domain.records.dispute import DisputeMoney, DisputePhase, DisputeStatus
from payments.domain.records.payment import Attempt
from payments.domain.values.money import Money
from payments.domain.values.status import Failure, FailureCode, Status
from payments.gateways.contract.disputes import CanDispute
from payments.gateways.contract.errors import OutcomeUnknown, Rejected, Unavailable
from payments.gateways.contract.refunds import CanFindRefund
from payments.gateways.contract.webhooks import EventKind
from payments.gateways.phonepe import disputes
from tests.contract.phonepe import PhonePeHarness
from tests.contract.steps import opened, paid, refunded
from tests.gateways.fakes import NOW
from tests.gateways.phonepe.calls import a_gateway, answers

DAY = timedelta(days=1)
PENDING, COMPLETED, FAILED = "PENDING", "COMPLETED", "FAILED"


@pytest.fixture
def sim() -> PhonePeHarness:
    return PhonePeHarness("sha256")


@pytest.fixture
def gateway(sim: PhonePeHarness) -> Any:
    assert isinstance(sim.gateway, CanDispute)
    assert isinstance(sim.gateway, CanFindRefund)
    return sim.gateway


def events(sim: PhonePeHarness, subject: str) -> list[Any]:
    return [sim.gateway.read_webhook(request) for request in sim.webhooks(subject)]


# In progress, or abandoned.


@pytest.mark.parametrize(
    ("tries", "is_in_progress"),
    [
        ([], False),
        ([FAILED], False),
        ([FAILED, FAILED], False),
        ([PENDING], True),
        ([FAILED, PENDING], True),
        ([PENDING, FAILED], True),
        ([COMPLETED], True),
        (["AWAITED"], True),
        ([None], True),
    ],
)
def test_a_pending_order_is_in_progress_while_a_try_has_not_failed(
    sim: PhonePeHarness, tries: list[str | None], is_in_progress: bool
) -> None:
    attempt = opened(sim)
    details = [{"transactionId": f"OM{n}", "state": state, "amount": 49900} for n, state in enumerate(tries)]
    sim.say_next(paymentDetails=details)
    snapshot = sim.gateway.fetch_payment(attempt)
    assert (snapshot.status, snapshot.is_in_progress) == (Status.PENDING, is_in_progress)


@pytest.mark.parametrize(("act", "status"), [("pay", Status.COMPLETED), ("decline", Status.FAILED)])
def test_what_has_ended_is_not_in_progress(sim: PhonePeHarness, act: str, status: Status) -> None:
    attempt = opened(sim)
    sim.act(attempt, act)
    snapshot = sim.gateway.fetch_payment(attempt)
    assert (snapshot.status, snapshot.is_in_progress) == (status, False)


def test_a_begun_debit_is_in_progress_days_after_the_expiry(sim: PhonePeHarness) -> None:
    attempt = opened(sim)
    sim.act(attempt, "wait")
    for _ in range(4):
        sim.pass_time(DAY.total_seconds())
        snapshot = sim.gateway.fetch_payment(attempt)
        assert (snapshot.status, snapshot.is_in_progress) == (Status.PENDING, True)


@pytest.mark.parametrize(("end", "status"), [("complete", Status.COMPLETED), ("deny", Status.FAILED)])
def test_only_the_bank_ends_a_begun_debit(sim: PhonePeHarness, end: str, status: Status) -> None:
    attempt = opened(sim)
    sim.act(attempt, "wait")
    sim.pass_time(3 * DAY.total_seconds())
    sim.control("POST", f"/_sim/pending/{attempt.id}", {"act": end})
    assert sim.gateway.fetch_payment(attempt).status is status
    assert [event.subject_id for event in events(sim, attempt.id)] == [attempt.id]


def test_an_order_whose_tries_all_failed_is_abandoned(sim: PhonePeHarness) -> None:
    attempt = opened(sim)
    sim.act(attempt, "fail_one_try")
    assert not sim.gateway.fetch_payment(attempt).is_in_progress


# Refunds: those that come back, and those of the dashboard.


def test_a_refund_that_came_back_has_failed(sim: PhonePeHarness) -> None:
    attempt = paid(sim)
    refund = sim.new_refund(attempt, 10000)
    assert refunded(sim, refund, attempt).status is Status.COMPLETED
    sim.control("POST", f"/_sim/refunds/{refund.id}", {"act": "return"})
    snapshot = sim.gateway.fetch_refund(refund, attempt)
    assert (snapshot.status, snapshot.amount) == (Status.FAILED, Money(10000, "INR"))
    assert snapshot.failure == Failure(FailureCode.DECLINED, "ZX")
    last = events(sim, refund.id)[-1]
    assert (last.kind, last.event_type, last.subject_id) == (EventKind.REFUND, "pg.refund.failed", refund.id)


def test_a_dashboard_refund_is_an_event_of_its_order_and_is_fetched_by_its_own_id(
    sim: PhonePeHarness, gateway: Any
) -> None:
    attempt = paid(sim)
    made = sim.control("POST", "/_sim/dashboard_refunds", {"order": attempt.id, "amount": 500})["refund"]
    sim.pass_time(10)
    reported = events(sim, made)
    assert {(event.kind, event.subject_id, event.refund_ref) for event in reported} == {
        (EventKind.PAYMENT, attempt.id, made)
    }
    snapshot = gateway.fetch_foreign_refund(made, attempt)
    assert (snapshot.status, snapshot.amount, snapshot.subject_id) == (Status.COMPLETED, Money(500, "INR"), made)
    assert gateway.fetch_payment(attempt).returned is None


def test_a_refund_that_phonepe_does_not_know_is_created(sim: PhonePeHarness, gateway: Any) -> None:
    assert gateway.fetch_foreign_refund("DASHBOARD-0", paid(sim)).status is Status.CREATED


def test_a_refund_of_another_order_does_not_count_as_this_ones(sim: PhonePeHarness, gateway: Any) -> None:
    first, second = paid(sim), paid(sim)
    made = sim.control("POST", "/_sim/dashboard_refunds", {"order": first.id, "amount": 500})["refund"]
    with pytest.raises(Unavailable, match="originalMerchantOrderId"):
        gateway.fetch_foreign_refund(made, second)


@pytest.mark.parametrize("payload", [{"merchantRefundId": "D1"}, {"originalMerchantOrderId": "att_1"}, {}])
def test_a_refund_webhook_without_ids_is_ignored(sim: PhonePeHarness, payload: dict[str, str]) -> None:
    body = json.dumps({"event": "pg.refund.completed", "payload": payload}).encode()
    assert sim.gateway.read_webhook(sim.signed(body)).kind is EventKind.IGNORED


# Disputes.


def dispute_of(sim: PhonePeHarness, attempt: Attempt, amount: int = 20000) -> str:
    reported = sim.control("POST", "/_sim/disputes", {"order": attempt.id, "amount": amount, "reason": "FRAUD"})
    return str(reported["dispute"])


def test_a_dispute_is_reported_by_webhook_and_fetched(sim: PhonePeHarness, gateway: Any) -> None:
    attempt = paid(sim)
    ref = dispute_of(sim, attempt)
    [event] = events(sim, ref)
    assert (event.kind, event.event_type, event.subject_ref) == (EventKind.DISPUTE, "payment.dispute.created", ref)
    assert event.state == "ACTION_REQUIRED"
    dispute = gateway.fetch_dispute(ref)
    assert (dispute.ref, dispute.subject_id, dispute.amount) == (ref, attempt.id, Money(20000, "INR"))
    assert (dispute.phase, dispute.status) == (DisputePhase.CHARGEBACK, DisputeStatus.OPEN)
    assert (dispute.money, dispute.reason_code) == (DisputeMoney.NONE, "FRAUD")
    assert (dispute.opened_at, dispute.respond_by) == (sim.now(), sim.now() + 7 * DAY)


@pytest.mark.parametrize(
    ("act", "status", "money"),
    [("win", DisputeStatus.WON, DisputeMoney.NONE), ("lose", DisputeStatus.LOST, DisputeMoney.DEBITED)],
)
def test_a_dispute_ends_won_or_lost(
    sim: PhonePeHarness, gateway: Any, act: str, status: DisputeStatus, money: DisputeMoney
) -> None:
    ref = dispute_of(sim, paid(sim))
    sim.control("POST", f"/_sim/disputes/{ref}", {"act": act})
    dispute = gateway.fetch_dispute(ref)
    assert (dispute.status, dispute.money) == (status, money)
    assert {event.subject_ref for event in events(sim, ref)} == {ref}


def test_accepting_twice_accepts_once(sim: PhonePeHarness, gateway: Any) -> None:
    ref = dispute_of(sim, paid(sim))
    assert gateway.accept_dispute(ref).status is DisputeStatus.LOST
    assert gateway.accept_dispute(ref).status is DisputeStatus.LOST


def test_a_dispute_that_was_won_is_not_accepted(sim: PhonePeHarness, gateway: Any) -> None:
    ref = dispute_of(sim, paid(sim))
    sim.control("POST", f"/_sim/disputes/{ref}", {"act": "win"})
    with pytest.raises(Rejected, match="INVALID_DISPUTE_STATE"):
        gateway.accept_dispute(ref)


def test_an_unknown_dispute_is_404(gateway: Any) -> None:
    with pytest.raises(Rejected) as refusal:
        gateway.fetch_dispute("D0")
    assert (refusal.value.http_status, refusal.value.code) == (404, "INVALID_DISPUTE_ID")


def test_another_refusal_of_a_dispute_keeps_its_status() -> None:
    refusing: Any = a_gateway(answers(403, code="FORBIDDEN"))
    with pytest.raises(Rejected) as refusal:
        refusing.fetch_dispute("D1")
    assert (refusal.value.http_status, refusal.value.code) == (403, "FORBIDDEN")


def test_an_unknown_status_of_a_dispute_is_passed_on(sim: PhonePeHarness, gateway: Any) -> None:
    ref = dispute_of(sim, paid(sim))
    sim.report_code("ESCALATED")
    dispute = gateway.fetch_dispute(ref)
    assert (dispute.status, dispute.reported_status, dispute.money) == (None, "ESCALATED", DisputeMoney.NONE)


def test_four_lists_have_every_dispute_once(sim: PhonePeHarness, gateway: Any) -> None:
    attempt = paid(sim)
    refs = [dispute_of(sim, attempt, 100) for _ in range(4)]
    sim.control("POST", f"/_sim/disputes/{refs[1]}", {"act": "win"})
    sim.control("POST", f"/_sim/disputes/{refs[2]}", {"act": "lose"})
    found, cursors = read_all(sim, gateway)
    assert sorted(found) == sorted(refs)
    assert cursors == ["", "UNDER_REVIEW:0", "WON:0", "LOST:0"]


def test_a_full_page_is_followed_by_the_next_of_its_status(sim: PhonePeHarness, gateway: Any) -> None:
    attempt = paid(sim)
    refs = [dispute_of(sim, attempt, 100) for _ in range(101)]
    found, cursors = read_all(sim, gateway)
    assert sorted(found) == sorted(refs)
    assert cursors[1] == "ACTION_REQUIRED:100"


def read_all(sim: PhonePeHarness, gateway: Any) -> tuple[list[str], list[str]]:
    found, cursors = [], [""]
    while True:
        page = gateway.list_disputes(sim.now() - DAY, sim.now() + DAY, cursors[-1])
        found += [dispute.ref for dispute in page.disputes]
        if not page.next_cursor:
            return found, cursors
        cursors.append(page.next_cursor)


def test_what_was_opened_at_other_times_is_not_listed(sim: PhonePeHarness, gateway: Any) -> None:
    dispute_of(sim, paid(sim))
    assert gateway.list_disputes(sim.now() - 2 * DAY, sim.now() - DAY).disputes == ()


RESPONSE: dict[str, Any] = {"disputeId": "D1", "merchantOrderId": "att_1", "disputeAmount": 100, "status": "WON"}


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("ACTION_REQUIRED", DisputeStatus.OPEN),
        ("UNDER_REVIEW", DisputeStatus.UNDER_REVIEW),
        ("WON", DisputeStatus.WON),
        ("LOST", DisputeStatus.LOST),
    ],
)
def test_a_dispute_is_what_its_status_says(text: str, status: DisputeStatus) -> None:
    dispute = disputes.from_dispute({**RESPONSE, "status": text})
    assert (dispute.status, dispute.reported_status, dispute.phase) == (status, text, DisputePhase.CHARGEBACK)
    assert dispute.money is (DisputeMoney.DEBITED if status is DisputeStatus.LOST else DisputeMoney.NONE)


@pytest.mark.parametrize("name", ["disputeId", "disputeAmount", "status"])
def test_a_dispute_without_a_name_an_amount_or_a_status_is_garbage(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        disputes.from_dispute({**RESPONSE, name: None})


def test_what_documents_do_not_name_may_be_missing_or_named_otherwise() -> None:
    bare = disputes.from_dispute({**RESPONSE, "disputeAmount": None, "amount": 300, "currency": "INR"})
    assert (bare.amount, bare.reason_code, bare.respond_by) == (Money(300, "INR"), "", None)
    assert disputes.from_dispute({**RESPONSE, "amount": 300}).amount == Money(
        100, "INR"
    )  # A type of an order's event, not of a dispute's.


@pytest.mark.parametrize("answer", [{}, {"disputes": {}}, {"disputes": [1]}])
def test_a_list_that_is_none_is_garbage(answer: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="disputes"):
        disputes.from_list(answer, "")


@pytest.mark.parametrize("cursor", ["WON", "WON:-1", "OPEN:0", "WON:0:0"])
def test_a_cursor_that_is_not_ours_is_refused(cursor: str) -> None:
    with pytest.raises(ValueError, match="cursor"):
        disputes.to_list(NOW, NOW, cursor)


@pytest.mark.parametrize("ref", ["", "a/b", "x" * 65, None])
def test_a_dispute_webhook_without_a_valid_id_is_ignored(sim: PhonePeHarness, ref: str | None) -> None:
    body = json.dumps({"event": "payment.dispute.won", "payload": {"disputeId": ref}}).encode()
    assert sim.gateway.read_webhook(sim.signed(body)).kind is EventKind.IGNORED


def test_a_lost_answer_to_an_acceptance_is_found_by_the_next_one(sim: PhonePeHarness, gateway: Any) -> None:
    ref = dispute_of(sim, paid(sim))
    sim.fault("lose_answer", "dispute")
    with pytest.raises(OutcomeUnknown):
        gateway.accept_dispute(ref)
    assert gateway.accept_dispute(ref).status is DisputeStatus.LOST


def test_a_refund_keeps_its_status_while_its_order_is_disputed(sim: PhonePeHarness) -> None:
    attempt = paid(sim)
    dispute_of(sim, attempt)
    snapshot = sim.gateway.fetch_payment(replace(attempt, status=Status.COMPLETED))
    assert (snapshot.status, snapshot.amount) == (Status.COMPLETED, Money(49900, "INR"))
