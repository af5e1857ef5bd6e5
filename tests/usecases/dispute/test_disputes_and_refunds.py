"""Disputes and refunds of one payment: what is refused, what waits, what two persons may force."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from dev.histories.whole import list_approvals, list_cases
from payments.domain.records.event import Why
from payments.domain.records.payment import Review, ReviewKind
from payments.domain.records.refund import ReasonCode
from payments.domain.rules import transitions
from payments.domain.values.account import Account
from payments.domain.values.money import Money
from payments.usecases.case.approve import approve, refuse
from payments.usecases.dispute.sync import sync_dispute
from payments.usecases.errors import (
    AmountOffStep,
    ApprovalNotAllowed,
    DecisionNotPossible,
    DisputeOpen,
    InvalidState,
    RefundCurrencyMismatch,
    RefundExceedsPayment,
    RefundWindowExpired,
    UnsupportedByGateway,
)
from payments.usecases.payment.refresh import refresh_payment
from payments.usecases.refund.create import NewRefund
from payments.usecases.refund.force import request_forced_refund
from tests.usecases.disputing import (
    DISPUTING,
    FINANCE,
    HOUR_S,
    INQUIRING,
    cases,
    disputed_at,
    disputes,
    judged,
    money,
    raised,
    the_dispute,
)
from tests.usecases.steps import REFRESH, paid_at, swept, world_at
from tests.world import OWNER, WORKSPACE, World

REFUSING = ("stripe", "square")  # They refuse every refund while a dispute is open.


@pytest.mark.parametrize("gateway", DISPUTING)
def test_during_a_chargeback_a_refund_is_refused_and_afterwards_made(gateway: str) -> None:
    world, payment_id, ref = disputed_at(gateway)
    before = world.tables()
    with pytest.raises(DisputeOpen) as refused:
        world.refund(payment_id, 1000)
    dispute = the_dispute(world, payment_id)
    assert refused.value.details["dispute_ids"] == [dispute.id]
    assert refused.value.details["respond_by"] == (dispute.respond_by and response(dispute.respond_by))
    assert world.tables() == before
    judged(world, ref, "win", gateway)
    assert world.refund(payment_id, 1000)["amount"] == 1000


def test_with_two_open_chargebacks_the_refusal_names_both_and_the_earlier_deadline() -> None:
    world, payment_id, _ = disputed_at("razorpay", respond_in_s=9 * 24 * HOUR_S)
    raised(world, payment_id, "razorpay", 10000, respond_in_s=2 * 24 * HOUR_S)
    with pytest.raises(DisputeOpen) as refused:
        world.refund(payment_id, 1000)
    both = disputes(world, payment_id)
    deadlines = [dispute.respond_by for dispute in both if dispute.respond_by]
    assert refused.value.details["dispute_ids"] == [dispute.id for dispute in both]
    assert refused.value.details["respond_by"] == response(min(deadlines))
    assert len(set(deadlines)) == 2


def test_the_refusal_names_neither_chargebacks_that_have_ended_nor_inquiries() -> None:
    world, payment_id, ref = disputed_at("razorpay", minor=5000)
    judged(world, ref, "win", "razorpay")
    raised(world, payment_id, "razorpay", 5000, phase="inquiry")
    last = raised(world, payment_id, "razorpay", 5000)
    (named,) = [dispute for dispute in disputes(world, payment_id) if dispute.ref == last]
    with pytest.raises(DisputeOpen) as refused:
        world.refund(payment_id, 1000)
    assert len(disputes(world, payment_id)) == 3
    assert refused.value.details["dispute_ids"] == [named.id]


@pytest.mark.parametrize("gateway", ["phonepe", "razorpay"])
def test_a_refund_at_the_dashboard_is_booked_though_a_chargeback_has_debited_all(gateway: str) -> None:
    world, payment_id, _ = disputed_at(gateway, minor=49900)
    order = world.payment(payment_id).current.id
    world.admin("POST", "/_sim/dashboard_refunds", {"order": order, "amount": 10000}, at=gateway)
    world.advance(60)
    assert world.payment(payment_id).current.refunded_minor == 10000
    assert [kind for kind, _ in cases(world)] == ["refund_and_dispute"]


def response(at: Any) -> str:
    from payments.domain.values.clock import to_text

    return to_text(at)


def test_after_a_lost_dispute_only_the_rest_is_refunded() -> None:
    world, payment_id, ref = disputed_at("razorpay")
    judged(world, ref, "lose", "razorpay")
    with pytest.raises(RefundExceedsPayment) as refused:
        world.refund(payment_id, 29901)
    assert refused.value.details["available"] == 29900
    assert world.refund(payment_id)["amount"] == 29900


@pytest.mark.parametrize("gateway", INQUIRING)
def test_an_inquiry_may_be_answered_by_a_refund(gateway: str) -> None:
    world, payment_id, _ = disputed_at(gateway, phase="inquiry")
    assert money(world, payment_id) == (0, 49900, "open")
    assert world.refund(payment_id)["amount"] == 49900


@pytest.mark.parametrize("gateway", DISPUTING)
def test_a_dispute_over_what_a_refund_left_is_no_case(gateway: str) -> None:
    world, payment_id = partly_refunded_at(gateway)
    ref = raised(world, payment_id, gateway, 9900)
    judged(world, ref, "lose", gateway)
    assert cases(world) == []
    attempt = world.payment(payment_id).current
    assert (attempt.refunded_minor, attempt.disputed_minor, attempt.available_minor) == (40000, 9900, 0)


# Razorpay's banks do not ask for another answer.
@pytest.mark.parametrize("gateway", [name for name in DISPUTING if name != "razorpay"])
def test_a_dispute_over_more_than_a_refund_left_is_a_case(gateway: str) -> None:
    world, payment_id = partly_refunded_at(gateway)
    raised(world, payment_id, gateway, 20000)
    dispute = the_dispute(world, payment_id)
    assert cases(world) == [("refund_and_dispute", dispute.id)]
    assert list_cases(WORKSPACE, world.ports)[0].payment_id == payment_id


def partly_refunded_at(gateway: str) -> tuple[World, str]:
    world, payment_id = paid_at(gateway, delivers_webhooks=True)
    world.refund(payment_id, 40000)
    swept(world, 12)
    assert world.payment(payment_id).current.refunded_minor == 40000
    return world, payment_id


@pytest.mark.parametrize("gateway", [name for name in DISPUTING if name != "phonepe"])
def test_a_dashboard_refund_is_seen_though_a_refund_of_ours_waits_for_the_verdict(gateway: str) -> None:
    world, payment_id = paid_at(gateway, delivers_webhooks=True)
    attempt_id = world.payment(payment_id).current.id
    world.fault("error_before", "refund", -1, at=gateway)
    world.refund(payment_id, 20000)
    world.admin("POST", "/_sim/dashboard_refunds", {"order": attempt_id, "amount": 500}, gateway)
    ref = raised(world, payment_id, gateway, 29900 if gateway != "razorpay" else 29400)
    world.admin("DELETE", "/_sim/faults", at=gateway)
    swept(world, 3)
    live = world.payment(payment_id).current
    assert (live.refunded_minor, live.reserved_minor) == (500, 20000)
    judged(world, ref, "lose", gateway)
    for _ in range(30):
        world.advance(601)
        world.sweep()
    went = sum(one["amount"] for one in world.ledger(gateway)["refunds"] if one["state"] in ("open", "completed"))
    assert went + world.payment(payment_id).current.disputed_minor <= 49900 or cases(world)
    assert world.payment(payment_id).current.refunded_minor == went


def test_a_refund_that_waits_for_a_verdict_is_checked_ever_less_often() -> None:
    world, payment_id = paid_at("razorpay", delivers_webhooks=True)
    world.fault("error_before", "refund", -1, at="razorpay")
    refund_id = world.refund(payment_id, 20000)["refund_id"]
    raised(world, payment_id, "razorpay")
    world.advance(2 * 86_400)
    world.sweep()
    refund = world.ports.store.within(WORKSPACE).get_refund(refund_id)
    assert refund.due_at is not None
    assert refund.due_at - world.clock.now() == timedelta(hours=1)


def test_a_refund_that_was_never_sent_waits_for_the_verdict() -> None:
    world, payment_id = paid_at("phonepe", delivers_webhooks=True)
    world.fault("refuse", "refund", -1)
    assert world.refund(payment_id, 40000)["status"] == "created"
    ref = raised(world, payment_id, "phonepe", 20000, respond_in_s=9e6)
    world.admin("DELETE", "/_sim/faults")
    swept(world, 30)
    assert world.ledger()["refunds"] == []
    judged(world, ref, "win", "phonepe")
    swept(world, 30)
    assert [refund["amount"] for refund in world.ledger()["refunds"]] == [40000]


def test_a_refund_that_was_never_sent_fails_once_the_dispute_has_the_money() -> None:
    world, payment_id = paid_at("phonepe", delivers_webhooks=True)
    world.fault("refuse", "refund", -1)
    world.refund(payment_id, 40000)
    ref = raised(world, payment_id, "phonepe", 20000, respond_in_s=9e6)
    world.admin("DELETE", "/_sim/faults")
    judged(world, ref, "lose", "phonepe")
    swept(world, 2)
    assert world.refunds(payment_id)[0].status.is_open, "an earlier sending may still arrive"
    swept(world, 38)
    assert world.ledger()["refunds"] == []
    (refund,) = world.refunds(payment_id)
    assert (refund.status, refund.failure and refund.failure.message) == ("failed", "a dispute took the money")
    attempt = world.payment(payment_id).current
    assert (attempt.reserved_minor, attempt.refunded_minor, attempt.available_minor) == (0, 0, 29900)


def forced(
    world: World, payment_id: str, minor: int | None = None, key: str = "force-1", **changes: Any
) -> dict[str, Any]:
    order = NewRefund(payment_id, minor, "", ReasonCode.CUSTOMER_REQUEST, "they sent it back")
    order = replace(order, **changes)
    claim_key = world.key("refund", key, f"{payment_id} {minor} force".encode())
    answer: dict[str, Any] = json.loads(request_forced_refund(order, claim_key, world.context()).body)
    return answer


@pytest.mark.parametrize("gateway", [name for name in DISPUTING if name not in REFUSING])
def test_a_forced_refund_is_made_once_a_second_person_approves(gateway: str) -> None:
    world, payment_id, _ = disputed_at(gateway)
    wanted = forced(world, payment_id)
    assert wanted == forced(world, payment_id), "its key gives the same answer"
    assert wanted["amount"] == 49900
    assert world.refunds(payment_id) == []
    with pytest.raises(ApprovalNotAllowed):
        approve(wanted["approval_id"], "", world.context())
    answered = approve(wanted["approval_id"], "", world.context(FINANCE))
    assert (answered.state, answered.answered_by) == ("approved", "user:finance")
    (refund,) = world.refunds(payment_id)
    assert (refund.is_forced, refund.amount.minor, refund.actor) == (True, 49900, "user:owner")
    kinds = world.timeline(payment_id)
    assert kinds.index("approval.requested") < kinds.index("approval.approved") < kinds.index("refund.created")
    with pytest.raises(ApprovalNotAllowed):
        approve(wanted["approval_id"], "", world.context(FINANCE))
    assert len(world.refunds(payment_id)) == 1


def test_a_forced_refund_goes_to_the_gateway_at_once_and_a_lost_dispute_beside_it_is_a_case() -> None:
    world, payment_id, ref = disputed_at("phonepe", respond_in_s=9e6)
    approve(forced(world, payment_id, 49900)["approval_id"], "", world.context(FINANCE))
    assert [refund["amount"] for refund in world.ledger()["refunds"]] == [49900]
    world.advance(600)
    judged(world, ref, "lose", "phonepe")
    assert ("refund_and_dispute", the_dispute(world, payment_id).id) in cases(world)


def test_a_forced_refund_is_never_more_than_what_is_left_of_the_capture() -> None:
    world, payment_id = paid_at("phonepe", delivers_webhooks=True)
    world.refund(payment_id, 40000)
    raised(world, payment_id, "phonepe", 1000, respond_in_s=9e6)
    with pytest.raises(RefundExceedsPayment) as refused:
        forced(world, payment_id, 9901)
    assert refused.value.details["available"] == 9900
    one, other = (forced(world, payment_id, 9900, key)["approval_id"] for key in ("a", "b"))
    approve(one, "", world.context(FINANCE))
    with pytest.raises(DecisionNotPossible):
        approve(other, "", world.context(FINANCE))
    assert sum(refund.amount.minor for refund in world.refunds(payment_id)) == 49900
    assert refuse(other, "", world.context(FINANCE)).state == "refused"


def test_a_forced_refund_without_an_amount_is_of_what_is_left_and_of_nothing_there_is_none() -> None:
    world, payment_id = paid_at("phonepe", delivers_webhooks=True)
    world.refund(payment_id, 40000)
    world.advance(10)
    raised(world, payment_id, "phonepe", 1000, respond_in_s=9e6)
    assert forced(world, payment_id)["amount"] == 9900
    world, payment_id = paid_at("phonepe", delivers_webhooks=True)
    world.refund(payment_id)
    world.advance(10)
    raised(world, payment_id, "phonepe", 1000, respond_in_s=9e6)
    with pytest.raises(RefundExceedsPayment):
        forced(world, payment_id)
    assert list_approvals(WORKSPACE, world.ports) == []


def test_a_forced_refund_says_why_it_was_requested() -> None:
    world, payment_id, _ = disputed_at("phonepe", respond_in_s=9e6)
    wanted = forced(world, payment_id, reason_code=ReasonCode.DAMAGED, reason_text="broken glass")
    (approval,) = list_approvals(WORKSPACE, world.ports)
    assert (approval.subject_id, approval.attempt_id) == (payment_id, world.payment(payment_id).winning_attempt_id)
    approve(wanted["approval_id"], "", world.context(FINANCE))
    (refund,) = world.refunds(payment_id)
    assert (refund.reason_code, refund.reason_text) == ("damaged", "broken glass")


def test_a_forced_refund_is_approved_within_a_day_of_its_request() -> None:
    world, payment_id, _ = disputed_at("phonepe", respond_in_s=9e6)
    early, late = (forced(world, payment_id, 100, key)["approval_id"] for key in ("a", "b"))
    world.clock.sleep(24 * HOUR_S - 1)
    assert approve(early, "", world.context(FINANCE)).state == "approved"
    world.clock.sleep(1)
    with pytest.raises(ApprovalNotAllowed) as refused:
        approve(late, "", world.context(FINANCE))
    assert refused.value.details == {"state": "lapsed"}
    assert [refund.amount.minor for refund in world.refunds(payment_id)] == [100]


def test_a_forced_refund_keeps_to_the_terms_of_every_refund() -> None:
    world, payment_id, _ = disputed_at("phonepe", respond_in_s=9e7)
    with pytest.raises(RefundCurrencyMismatch):
        forced(world, payment_id, currency="USD")
    world.clock.sleep(91 * 24 * HOUR_S)
    with pytest.raises(RefundWindowExpired):
        forced(world, payment_id)
    assert list_approvals(WORKSPACE, world.ports) == []


def test_a_forced_refund_of_an_amount_that_the_gateway_cannot_write_is_not_requested() -> None:
    world = world_at("paypal")
    answer = world.initiate(world.order(gateway="paypal", amount=Money(105000, "HUF")))
    world.payer("pay", answer["attempt_id"], at="paypal")
    world.advance(3)
    payment = refresh_payment(answer["payment_id"], world.context(REFRESH))
    ref = raised(world, payment.id, "paypal", 20000)
    sync_dispute(Account("paypal"), ref, OWNER, world.ports)
    with pytest.raises(AmountOffStep):
        forced(world, payment.id, 10050)
    assert list_approvals(WORKSPACE, world.ports) == []
    assert forced(world, payment.id, 10000)["amount"] == 10000


def test_a_forced_refund_whose_caller_died_before_its_reply_is_answered_with_the_same_approval() -> None:
    world, payment_id, _ = disputed_at("phonepe", respond_in_s=9e6)

    def die(_: Any) -> None:
        raise KeyboardInterrupt

    world.client.before += [("transact_write_items", lambda _: None), ("transact_write_items", die)]
    with pytest.raises(KeyboardInterrupt):
        forced(world, payment_id, 10000)
    (approval,) = list_approvals(WORKSPACE, world.ports)
    world.clock.sleep(31)
    answer = {"approval_id": approval.id, "amount": 10000}
    assert [forced(world, payment_id, 10000) for _ in range(2)] == [answer, answer]
    assert list_approvals(WORKSPACE, world.ports) == [approval]


def test_without_an_open_chargeback_nothing_is_forced() -> None:
    world, payment_id, ref = disputed_at("phonepe", respond_in_s=9e6)
    approval_id = forced(world, payment_id)["approval_id"]
    judged(world, ref, "win", "phonepe")
    with pytest.raises(DecisionNotPossible):
        approve(approval_id, "", world.context(FINANCE))
    with pytest.raises(InvalidState):
        forced(world, payment_id, key="force-2")
    assert world.refunds(payment_id) == []


def changed(world: World, payment_id: str, **fields: Any) -> None:
    """The payment after another writer changed it."""
    payment = replace(world.payment(payment_id), **fields)
    change = transitions.outcome_unknown(payment, payment.current.id, OWNER, world.clock.now())
    world.ports.store.within(WORKSPACE).save(change)


def test_while_the_payment_is_under_review_nothing_is_forced() -> None:
    world, payment_id, _ = disputed_at("phonepe", respond_in_s=9e6)
    approval_id = forced(world, payment_id)["approval_id"]
    changed(
        world, payment_id, review=Review(ReviewKind.AMOUNT, world.payment(payment_id).current.id, world.clock.now())
    )
    with pytest.raises(DecisionNotPossible):
        approve(approval_id, "", world.context(FINANCE))
    with pytest.raises(InvalidState):
        forced(world, payment_id, key="force-2")
    assert world.refunds(payment_id) == []


def test_what_was_requested_of_a_capture_that_no_longer_wins_is_not_forced() -> None:
    world, payment_id, _ = disputed_at("phonepe", respond_in_s=9e6)
    approval_id = forced(world, payment_id)["approval_id"]
    changed(world, payment_id, winning_attempt_id="")
    with pytest.raises(DecisionNotPossible):
        approve(approval_id, "", world.context(FINANCE))
    assert world.refunds(payment_id) == []


def test_two_that_approve_at_once_make_one_refund() -> None:
    world, payment_id, _ = disputed_at("phonepe", respond_in_s=9e6)
    approval_id = forced(world, payment_id, 10000)["approval_id"]

    def other_first(request: Any) -> None:
        approve(approval_id, "", world.context(Why("user:finance2", "approved")))

    world.client.before.append(("transact_write_items", other_first))
    with pytest.raises(ApprovalNotAllowed):
        approve(approval_id, "", world.context(FINANCE))
    assert len(world.refunds(payment_id)) == 1


def test_a_forced_refund_whose_sending_fails_is_sent_by_the_sweep() -> None:
    world, payment_id, _ = disputed_at("phonepe", respond_in_s=9e6)
    world.fault("refuse", "refund", 1)
    approve(forced(world, payment_id, 10000)["approval_id"], "", world.context(FINANCE))
    swept(world, 5)
    assert [refund["amount"] for refund in world.ledger()["refunds"]] == [10000]


@pytest.mark.parametrize(("silent", "error"), [("gateway", "Unavailable"), ("store", "StoreUnavailable")])
def test_an_approved_refund_that_cannot_be_followed_at_once_stays_approved_and_is_noted(
    silent: str, error: str
) -> None:
    world, payment_id, _ = disputed_at("phonepe", respond_in_s=9e6)
    approval_id = forced(world, payment_id, 10000)["approval_id"]

    def unreachable(_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="x")

    if silent == "gateway":
        world.fault("refuse", "refund_status")
    else:
        world.client.before += [("transact_write_items", lambda _: None), ("transact_write_items", unreachable)]
    assert approve(approval_id, "", world.context(FINANCE)).state == "approved"
    (refund,) = world.refunds(payment_id)
    (line,) = [line for line in world.log if line["message"] == "refund.unsynced"]
    assert (line["refund_id"], line["error"], line["level"]) == (refund.id, error, "WARNING")
    swept(world, 5)
    assert [refund.status for refund in world.refunds(payment_id)] == ["completed"]
    assert [refund["amount"] for refund in world.ledger()["refunds"]] == [10000]


@pytest.mark.parametrize("gateway", REFUSING)
def test_no_one_has_to_approve_what_the_gateway_always_refuses(gateway: str) -> None:
    world, payment_id, _ = disputed_at(gateway, respond_in_s=9e6)
    with pytest.raises(UnsupportedByGateway, match="refund after its end"):
        forced(world, payment_id)


def test_a_forced_refund_beside_an_open_dispute_is_a_case_at_once() -> None:
    world, payment_id, _ = disputed_at("phonepe", respond_in_s=9e6)
    approve(forced(world, payment_id)["approval_id"], "", world.context(FINANCE))
    swept(world, 5)
    assert [refund.status for refund in world.refunds(payment_id)] == ["completed"]
    assert "refund_and_dispute" in [case.kind for case in list_cases(WORKSPACE, world.ports)]
