"""Stripe's disputes as our records, and the total of a payment's refunds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from payments.domain.records.dispute import DisputeMoney, DisputePhase, DisputeStatus
from payments.domain.values.money import Money
from payments.domain.values.status import Status
from payments.gateways.contract.disputes import CanDispute
from payments.gateways.contract.errors import OutcomeUnknown, Rejected, Unavailable
from payments.gateways.stripe.disputes import from_dispute
from tests.gateways.stripe.calls import CAPTURED, PAID, a_gateway, answers, one_by_one, refusal, sent_fields, session

DISPUTE: dict[str, Any] = {
    "id": "du_1",
    "object": "dispute",
    "amount": 49900,
    "currency": "usd",
    "status": "needs_response",
    "reason": "fraudulent",
    "created": 1_790_000_000,
    "payment_intent": "pi_1",
    "evidence_details": {"due_by": 1_790_600_000},
    "balance_transactions": [{"amount": -49900}],
}


def test_a_dispute_has_its_payment_amount_and_time_to_answer() -> None:
    expanded = {"id": "pi_1", "metadata": {"attempt_id": "att_1"}}
    dispute = from_dispute(DISPUTE | {"payment_intent": expanded})
    assert (dispute.ref, dispute.amount, dispute.reason_code) == ("du_1", Money(49900, "USD"), "fraudulent")
    assert (dispute.phase, dispute.status, dispute.reported_status) == (
        DisputePhase.CHARGEBACK, DisputeStatus.OPEN, "needs_response",
    )  # fmt: skip
    assert (dispute.subject_id, dispute.subject_ref) == ("att_1", "pi_1")
    assert dispute.opened_at == datetime.fromtimestamp(1_790_000_000, UTC)
    assert dispute.respond_by == datetime.fromtimestamp(1_790_600_000, UTC)
    assert from_dispute(DISPUTE).subject_ref == "pi_1"


MOVES: dict[DisputeMoney, list[Any]] = {
    DisputeMoney.NONE: [[], None, [{}], [{"amount": "1"}]],
    DisputeMoney.DEBITED: [[{"amount": -49900}], [{"amount": -49900}, {"amount": 100}]],
    DisputeMoney.RETURNED: [[{"amount": -49900}, {"amount": 49900}]],
}


@pytest.mark.parametrize("money", MOVES)
def test_the_balance_shows_where_the_disputed_money_is(money: DisputeMoney) -> None:
    for moves in MOVES[money]:
        assert from_dispute(DISPUTE | {"balance_transactions": moves}).money is money


MEANINGS = {
    "warning_needs_response": (DisputePhase.INQUIRY, DisputeStatus.OPEN),
    "warning_under_review": (DisputePhase.INQUIRY, DisputeStatus.UNDER_REVIEW),
    "warning_closed": (DisputePhase.INQUIRY, DisputeStatus.CLOSED),
    "needs_response": (DisputePhase.CHARGEBACK, DisputeStatus.OPEN),
    "under_review": (DisputePhase.CHARGEBACK, DisputeStatus.UNDER_REVIEW),
    "appeal_needs_response": (DisputePhase.PRE_ARBITRATION, DisputeStatus.OPEN),
    "appeal_under_review": (DisputePhase.PRE_ARBITRATION, DisputeStatus.UNDER_REVIEW),
    "won": (DisputePhase.CHARGEBACK, DisputeStatus.WON),
    "lost": (DisputePhase.CHARGEBACK, DisputeStatus.LOST),
    "prevented": (DisputePhase.CHARGEBACK, DisputeStatus.CLOSED),
}


@pytest.mark.parametrize("code", MEANINGS)
def test_a_warning_is_an_inquiry_and_an_appeal_a_second_round(code: str) -> None:
    found = from_dispute(DISPUTE | {"status": code})
    assert (found.phase, found.status, found.reported_status) == (*MEANINGS[code], code)


@pytest.mark.parametrize("code", ["won", "lost"])
def test_a_verdict_after_an_appeal_ends_the_second_round(code: str) -> None:
    appealed = DISPUTE | {"status": code, "evidence": {"appeal": {"reason": "other"}}}
    assert from_dispute(appealed).phase is DisputePhase.PRE_ARBITRATION
    assert from_dispute(DISPUTE | {"status": code, "evidence": {"appeal": None}}).phase is DisputePhase.CHARGEBACK


@pytest.mark.parametrize("change", [{"id": None}, {"id": "du 1"}, {"amount": None}, {"status": ""}, {"status": 5}])
def test_a_dispute_without_sense_is_garbage(change: dict[str, Any]) -> None:
    with pytest.raises(Unavailable):
        a_gateway(answers(**(DISPUTE | change))).fetch_dispute("du_1")


def test_disputes_are_listed_by_their_opening_page_by_page() -> None:
    since = datetime(2026, 11, 1, tzinfo=UTC)
    wire = one_by_one((200, {"data": [DISPUTE], "has_more": True}), (200, {"data": [], "has_more": False}))
    gateway = a_gateway(wire)
    page = gateway.list_disputes(since, since + timedelta(days=1))
    assert ([each.ref for each in page.disputes], page.next_cursor) == (["du_1"], "du_1")
    assert gateway.list_disputes(since, since + timedelta(days=1), page.next_cursor).next_cursor == ""
    at = int(since.timestamp())
    request = {"created[gte]": str(at), "created[lte]": str(at + 86400), "limit": "100"}
    request |= {"expand[0]": "data.payment_intent"}
    assert [sent_fields(sent) for sent in wire.sent] == [request, request | {"starting_after": "du_1"}]
    with pytest.raises(Unavailable):
        a_gateway(answers(data=None)).list_disputes(since, since)


def test_the_next_page_begins_after_the_last_dispute_of_this_one() -> None:
    since, two = datetime(2026, 11, 1, tzinfo=UTC), [DISPUTE, DISPUTE | {"id": "du_0"}]
    for has_more, cursor in ((True, "du_0"), (False, ""), (None, "")):
        page = a_gateway(answers(data=two, has_more=has_more)).list_disputes(since, since)
        assert ([each.ref for each in page.disputes], page.next_cursor) == (["du_1", "du_0"], cursor)
    assert a_gateway(answers(data=[], has_more=True)).list_disputes(since, since).next_cursor == ""


def test_an_appeal_that_goes_on_changes_no_other_phase() -> None:
    appealed = DISPUTE | {"evidence": {"appeal": {"reason": "other"}}}
    assert from_dispute(appealed).phase is DisputePhase.CHARGEBACK
    unknown = from_dispute(appealed | {"status": "a_new_word"})
    assert (unknown.phase, unknown.status) == (None, None)


def test_a_dispute_that_had_ended_needs_no_accepting() -> None:
    wire = one_by_one(refusal(400), (200, DISPUTE | {"status": "lost"}))
    assert a_gateway(wire).accept_dispute("du_1").status is DisputeStatus.LOST
    assert [(sent.method, sent.url.path) for sent in wire.sent] == [
        ("POST", "/v1/disputes/du_1/close"), ("GET", "/v1/disputes/du_1"),
    ]  # fmt: skip
    assert "idempotency-key" not in wire.sent[0].headers


def test_what_stripe_will_not_accept_is_rejected() -> None:
    inquiry = DISPUTE | {"status": "warning_needs_response"}
    with pytest.raises(Rejected):
        a_gateway(one_by_one(refusal(400), (200, inquiry))).accept_dispute("du_1")
    with pytest.raises(OutcomeUnknown):
        a_gateway(answers(500)).accept_dispute("du_1")


def test_a_dispute_is_requested_with_its_intent_whose_metadata_has_our_id() -> None:
    wire = answers(**DISPUTE)
    gateway = a_gateway(wire)
    gateway.fetch_dispute("du_1")
    gateway.accept_dispute("du_1")
    assert [sent_fields(sent) for sent in wire.sent] == [{"expand[0]": "payment_intent"}] * 2


def test_a_refused_acceptance_of_a_dispute_in_a_new_status_is_rejected() -> None:
    with pytest.raises(Rejected):
        a_gateway(one_by_one(refusal(400), (200, DISPUTE | {"status": "a_new_word"}))).accept_dispute("du_1")


def test_it_can_dispute() -> None:
    assert isinstance(a_gateway(answers()), CanDispute)


# Refunds of a payment.

CHARGED = session("complete", CAPTURED | {"latest_charge": {"amount_refunded": 300, "currency": "usd"}})


def a_refund_of(minor: int, status: str, currency: str = "usd") -> dict[str, Any]:
    return {"id": "re_1", "amount": minor, "currency": currency, "status": status}


def returned(*refunds: dict[str, Any], has_more: bool = False) -> Money | None:
    wire = one_by_one((200, CHARGED), (200, {"data": list(refunds), "has_more": has_more}))
    snapshot = a_gateway(wire).fetch_payment(replace(PAID, payment_ref=""))
    assert snapshot.status is Status.COMPLETED
    assert sent_fields(wire.sent[1]) == {"payment_intent": "pi_1", "limit": "100"}
    return snapshot.returned


def test_refunds_that_are_done_or_pending_count_and_no_others() -> None:
    words = ("succeeded", "pending", "failed", "canceled", "requires_action")
    refunds = [a_refund_of(10**at, code) for at, code in enumerate(words)]
    assert returned(*refunds) == Money(11, "USD")


def test_a_sum_with_a_refund_in_an_unknown_code_is_none() -> None:
    assert returned(a_refund_of(100, "succeeded"), a_refund_of(100, "something_new")) is None


def test_a_sum_that_is_not_whole_is_none() -> None:
    assert returned(a_refund_of(100, "succeeded"), has_more=True) is None
    assert returned(a_refund_of(100, "succeeded", "eur")) is None
    assert returned(a_refund_of(100, "succeeded") | {"amount": None}) is None


def test_a_payment_without_refunds_is_one_call() -> None:
    charge = {"amount_refunded": 0, "currency": "usd"}
    wire = one_by_one((200, session("complete", CAPTURED | {"latest_charge": charge})))
    assert a_gateway(wire).fetch_payment(PAID).returned == Money(0, "USD")
