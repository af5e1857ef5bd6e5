"""Decisions after the gateway, another refund or another person has changed the state."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dev.histories.whole import list_approvals, list_cases
from payments.domain.records.approval import LASTS
from payments.domain.records.case import CaseKind, Outcome
from payments.domain.records.payment import Attempt
from payments.domain.records.refund import Refund
from payments.domain.records.snapshot import ExtraCapture, Snapshot
from payments.domain.rules import transitions
from payments.domain.values.account import Account
from payments.domain.values.money import Money
from payments.domain.values.status import Status
from payments.usecases.case import approve as approvals
from payments.usecases.case.decide import decide_case
from payments.usecases.case.wanted import Wanted
from payments.usecases.errors import ApprovalNotAllowed, Busy, CaseChanged, DecisionNotPossible
from tests.usecases.case.test_decide import (
    FINANCE,
    above_limit,
    debited_twice,
    limited,
    more_returned_than_was_left,
    paid_late,
    refund_of_another_amount,
    refund_that_returned,
    reported,
    request,
)
from tests.usecases.dispute.test_disputes_and_refunds import changed
from tests.usecases.payment.test_one_beside_another import compare
from tests.usecases.steps import paid_at, swept
from tests.world import OWNER, WORKSPACE, World, make_world


def decided(world: World, outcome: Outcome, **more: Any) -> str:
    (case,) = list_cases(WORKSPACE, world.ports)
    return decide_case(case.id, Wanted(outcome, "seen", **more), world.context())[0].outcome


@pytest.mark.parametrize("others", [(), (ExtraCapture("pay_fourth", Money(59900, "INR")),)])
@pytest.mark.parametrize("outcome", [Outcome.REFUND, Outcome.WRITE_OFF])
def test_of_a_further_capture_that_the_gateway_shows_no_more_nothing_is_booked(
    others: tuple[ExtraCapture, ...], outcome: Outcome
) -> None:
    world, payment_id = paid_at("razorpay")
    fetch = world.ports.gateway(Account("razorpay")).fetch_payment
    shown = [(ExtraCapture("pay_third", Money(59900, "INR")),), others]

    def lying(attempt: Attempt) -> Snapshot:
        return replace(fetch(attempt), extra_captures=shown[0])

    world.override("razorpay", fetch_payment=lying)
    compare(world)
    before = world.payment(payment_id)
    assert before.review
    assert before.review.extra_ref == "pay_third"
    shown.pop(0)
    assert decided(world, outcome) == outcome
    payment = world.payment(payment_id)
    assert (payment.attempts, payment.review, payment.status) == (before.attempts, None, Status.COMPLETED)
    assert world.refunds(payment_id) == []


def test_a_late_payment_is_decided_as_it_was_booked_whatever_the_gateway_says_by_then() -> None:
    world, payment_id = paid_late()
    reported(world, amount=Money(59900, "INR"))
    assert decided(world, Outcome.ACCEPT) == "accept"
    payment = world.payment(payment_id)
    assert (payment.status, payment.current.captured_minor, payment.review) == (Status.COMPLETED, 49900, None)


def test_a_refund_that_came_back_is_made_again_beside_another_one_where_the_gateway_accepts_both() -> None:
    world, payment_id = refund_that_returned()
    world.fault("refuse", "refund", -1, at="stripe")
    world.refund(payment_id, 5000, "another")
    before = {refund.id for refund in world.refunds(payment_id)}
    assert world.payment(payment_id).current.refunding_id in before
    decided(world, Outcome.REFUND)
    (again,) = {refund.id for refund in world.refunds(payment_id)} - before
    assert (world.payment(payment_id).current.refunding_id, world.payment(payment_id).current.waiting_refunds) == (
        again,
        0,
    )


def test_a_refund_that_came_back_waits_for_another_one_where_the_gateway_takes_one_at_a_time() -> None:
    world, payment_id = paid_at("phonepe")
    attempt_id = world.payment(payment_id).current.id
    made = world.refund(payment_id, 10000)["refund_id"]
    swept(world, 12)
    assert world.payment(payment_id).current.refunded_minor == 10000
    world.admin("POST", f"/_sim/refunds/{made}", {"act": "return"})
    world.advance(86_400)
    world.sweep()
    other = world.refund(payment_id, 5000, "another")["refund_id"]
    decided(world, Outcome.REFUND)
    attempt = world.payment(payment_id).attempt(attempt_id)
    assert (attempt.waiting_refunds, attempt.refunding_id) == (1, other)


def test_an_approval_of_what_another_person_decided_meanwhile_changes_nothing() -> None:
    world, payment_id = more_returned_than_was_left()
    limited(world, 0)
    store, live = world.ports.store.within(WORKSPACE), world.payment(payment_id).current
    (case,) = list_cases(WORKSPACE, world.ports)
    wanted = Wanted(Outcome.ATTRIBUTE, "seen", attempt_id=live.id)
    approval = decide_case(case.id, wanted, world.context())[1]
    assert approval
    grown = replace(case, amount=Money(200, "INR"))
    change = transitions.outcome_unknown(world.payment(payment_id), live.id, OWNER, world.clock.now())
    store.save(replace(change, records=(grown,)))
    decide_case(case.id, Wanted(Outcome.NOTED, "seen"), world.context())
    before = world.payment(payment_id)
    assert approvals.approve(approval.id, "seen too", world.context(FINANCE)).state == "requested"
    assert (store.get_case(case.id).outcome, world.payment(payment_id)) == ("noted", before)


def test_an_approval_is_of_the_case_as_it_was_when_it_was_requested() -> None:
    world, payment_id = above_limit()
    approval, store = request(world), world.ports.store.within(WORKSPACE)
    (case,) = list_cases(WORKSPACE, world.ports)
    change = transitions.outcome_unknown(
        world.payment(payment_id), world.payment(payment_id).current.id, OWNER, world.clock.now()
    )
    store.save(replace(change, records=(replace(case, amount=Money(7, "INR")),)))
    reported(world, amount=Money(7, "INR"))
    with pytest.raises(ApprovalNotAllowed) as refused:
        approvals.approve(approval.id, "seen too", world.context(FINANCE))
    assert refused.value.details == {"state": "void"}
    assert store.get_case(case.id).decided_at is None


def test_who_refuses_an_approval_is_named_by_its_event_and_why() -> None:
    world, payment_id = above_limit()
    approval = request(world)
    refused = approvals.refuse(approval.id, "not ours", world.context(FINANCE))
    assert world.ports.store.within(WORKSPACE).get_approval(approval.id) == refused
    seen = world.ports.store.within(WORKSPACE).list_events(payment_id)[-1]
    assert (seen.kind, seen.actor, seen.cause) == ("approval.refused", FINANCE.actor, FINANCE.cause)
    assert (refused.answered_by, refused.answer_note, "not ours" in seen.note) == (FINANCE.actor, "not ours", True)
    assert CaseKind.AMOUNT_MISMATCH in [case.kind for case in list_cases(WORKSPACE, world.ports)]


def test_a_decision_about_a_changed_amount_is_refused_with_the_new_case() -> None:
    world, _ = debited_twice()
    reported(world, amount=Money(7, "INR"))
    with pytest.raises(CaseChanged) as met:
        decided(world, Outcome.ACCEPT)
    (case,) = list_cases(WORKSPACE, world.ports)
    assert met.value.details == {"note": case.note}
    assert ("7 INR" in case.note, case.note in str(met.value)) == (True, True)


def test_of_two_who_ask_for_an_approval_at_once_one_does() -> None:
    world, _ = above_limit()
    world.client.before.append(("transact_write_items", lambda _: request(world)))
    with pytest.raises(Busy):
        request(world)
    assert len(list_approvals(WORKSPACE, world.ports)) == 1


def beside_a_later_attempt(world: World, payment_id: str, account: str) -> str:
    """The payment has a newer attempt at another gateway; returns the id of the first one."""
    live = world.payment(payment_id).current
    none: dict[str, Any] = {"captured_minor": 0, "refunded_minor": 0, "reserved_minor": 0, "refunding_id": ""}
    later = replace(live, id="att_later", number=2, gateway=account, status=Status.FAILED, **none)
    changed(world, payment_id, attempts=(live, later))
    return live.id


def test_a_refund_is_looked_up_at_the_gateway_and_with_the_attempt_that_it_is_of() -> None:
    world, payment_id = refund_of_another_amount()
    other = make_world(1, False, ("phonepe", "razorpay")).ports.gateway(Account("razorpay"))
    fetch, requested_about = world.ports.gateway(Account("phonepe")).fetch_refund, list[str]()

    def noting(refund: Refund, attempt: Attempt) -> Snapshot:
        requested_about.append(attempt.id)
        return fetch(refund, attempt)

    world.override("phonepe", fetch_refund=noting)
    own = world.ports.gateway(Account("phonepe"))
    world.ports = replace(world.ports, gateway=lambda account: own if account.gateway == "phonepe" else other)
    first_id = beside_a_later_attempt(world, payment_id, "razorpay")
    assert decided(world, Outcome.WRITE_OFF) == "write_off"
    assert requested_about == [first_id]


def test_whether_a_refund_waits_for_another_one_is_of_its_own_gateway() -> None:
    world, payment_id = paid_at("phonepe")
    made = world.refund(payment_id, 10000)["refund_id"]
    swept(world, 12)
    world.admin("POST", f"/_sim/refunds/{made}", {"act": "return"})
    world.advance(86_400)
    world.sweep()
    world.refund(payment_id, 5000, "another")
    other = make_world(1, False, ("phonepe", "razorpay")).ports.gateway(Account("razorpay"))
    own = world.ports.gateway(Account("phonepe"))
    world.ports = replace(world.ports, gateway=lambda account: own if account.gateway == "phonepe" else other)
    first_id = beside_a_later_attempt(world, payment_id, "razorpay")
    decided(world, Outcome.REFUND)
    assert world.payment(payment_id).attempt(first_id).waiting_refunds == 1


def test_an_amount_that_was_reported_once_and_is_no_more_does_not_undo_a_decision() -> None:
    world, payment_id = debited_twice()
    adapter: Any = world.ports.gateway(Account("phonepe"))
    fetch, shown = adapter.fetch_payment, [Money(7, "INR")]

    def lying_once(attempt: Attempt) -> Snapshot:
        snapshot: Snapshot = fetch(attempt)
        return replace(snapshot, amount=shown.pop()) if shown else snapshot

    world.override("phonepe", fetch_payment=lying_once)
    world.client.before.append(("transact_write_items", lambda _: changed(world, payment_id)))
    assert (decided(world, Outcome.ACCEPT), shown) == ("accept", [])


def test_a_case_that_says_something_else_by_now_is_not_decided_unseen() -> None:
    world, payment_id = debited_twice()
    (case,) = list_cases(WORKSPACE, world.ports)

    def says_more(_: object) -> None:
        payment = world.payment(payment_id)
        change = transitions.outcome_unknown(payment, payment.current.id, OWNER, world.clock.now())
        world.ports.store.within(WORKSPACE).save(replace(change, records=(replace(case, note="it says more"),)))

    world.client.before.append(("transact_write_items", says_more))
    with pytest.raises(CaseChanged, match="it says more") as met:
        decided(world, Outcome.ACCEPT)
    assert met.value.details == {"note": "it says more"}


def test_an_approval_lapses_so_long_after_it_was_requested() -> None:
    world, _ = above_limit()
    world.clock.sleep(3600)
    assert request(world).lapses_at == world.clock.now() + LASTS


def test_another_attempt_is_not_shown_as_having_been_requested() -> None:
    world, payment_id = more_returned_than_was_left()
    limited(world, 0)
    (case,) = list_cases(WORKSPACE, world.ports)
    wanted = Wanted(Outcome.ATTRIBUTE, "seen", attempt_id=world.payment(payment_id).current.id)
    assert decide_case(case.id, wanted, world.context())[1]
    with pytest.raises(DecisionNotPossible):
        decide_case(case.id, replace(wanted, attempt_id="att_other"), world.context())


def test_who_meets_a_changed_amount_after_another_person_has_decided_is_shown_that_decision() -> None:
    world, payment_id = debited_twice()
    (case,) = list_cases(WORKSPACE, world.ports)
    fetch = world.ports.gateway(Account("phonepe")).fetch_payment
    reported(world, amount=Money(7, "INR"))

    def another_decides(_: Any) -> None:
        world.override("phonepe", fetch_payment=fetch)
        decide_case(case.id, Wanted(Outcome.WRITE_OFF, "gone"), world.context())

    world.client.before.append(("transact_write_items", another_decides))
    found, approval = decide_case(case.id, Wanted(Outcome.ACCEPT, "seen"), world.context())
    assert (found.outcome, found.decision_note, approval) == (Outcome.WRITE_OFF, "gone", None)
    assert world.payment(payment_id).review is None
