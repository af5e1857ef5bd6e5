"""A late success under review contradicts nothing: other attempts go on, and no refund can be forced."""

from __future__ import annotations

import pytest

from dev.histories.whole import list_cases
from payments.domain.records.case import CaseKind, Outcome
from payments.domain.records.payment import Review, ReviewKind
from payments.domain.values.status import Status
from payments.usecases.case.approve import approve
from payments.usecases.case.decide import decide_case
from payments.usecases.case.wanted import Wanted
from payments.usecases.errors import DecisionNotPossible, InvalidState, OutcomePending
from payments.usecases.payment.cancel import cancel_payment
from payments.usecases.payment.capture import capture_payment
from tests.usecases.case.test_decide import excess_whose_refund_failed, paid_late
from tests.usecases.dispute.test_disputes_and_refunds import changed, forced
from tests.usecases.disputing import FINANCE, disputed_at
from tests.usecases.payment.test_one_beside_another import compare
from tests.usecases.steps import AMOUNT, authorized_at, opened_at, paid_at
from tests.world import WORKSPACE, World


def reviewed_late(world: World, payment_id: str) -> None:
    live = world.payment(payment_id).current
    changed(world, payment_id, review=Review(ReviewKind.LATE_SUCCESS, live.id, world.clock.now()))


def test_an_excess_beside_it_is_decided() -> None:
    world, payment_id = excess_whose_refund_failed()
    reviewed_late(world, payment_id)
    (case,) = (one for one in list_cases(WORKSPACE, world.ports) if one.kind is CaseKind.EXCESS_REFUND_FAILED)
    wanted = Wanted(Outcome.WRITE_OFF, "seen")
    assert decide_case(case.id, wanted, world.context())[0].outcome == "write_off"


def test_an_authorization_beside_it_is_captured() -> None:
    world, payment_id = authorized_at("stripe")
    reviewed_late(world, payment_id)
    assert capture_payment(payment_id, None, world.context()).current.captured_minor == AMOUNT


def test_an_authorization_beside_it_is_voided() -> None:
    world, payment_id = authorized_at("stripe")
    reviewed_late(world, payment_id)
    cancel_payment(payment_id, "no stock", world.context())
    assert world.ledger("stripe")["orders"][0]["authorized"] == 0


def test_no_refund_is_forced_beside_it() -> None:
    world, payment_id, _ = disputed_at("phonepe", respond_in_s=9e6)
    approval_id = forced(world, payment_id)["approval_id"]
    reviewed_late(world, payment_id)
    with pytest.raises(DecisionNotPossible):
        approve(approval_id, "", world.context(FINANCE))
    with pytest.raises(InvalidState) as refused:
        forced(world, payment_id, key="force-2")
    assert refused.value.details["review"] == "late_success"
    assert world.refunds(payment_id) == []


def test_what_went_back_of_the_winning_capture_beside_it_is_booked() -> None:
    world, payment_id = paid_at("stripe")
    attempt_id = world.payment(payment_id).current.id
    reviewed_late(world, payment_id)
    world.admin("POST", "/_sim/dashboard_refunds", {"order": attempt_id, "amount": 10000}, at="stripe")
    world.advance(61)
    compare(world)
    assert world.payment(payment_id).current.refunded_minor == 10000


def test_it_is_not_retried_before_it_is_decided() -> None:
    world, payment_id = paid_late()
    with pytest.raises(InvalidState) as refused:
        world.retry(payment_id)
    assert refused.value.details["review"] == "late_success"


def test_a_key_whose_answer_was_lost_goes_on_beside_it() -> None:
    world, _ = opened_at("phonepe")
    world.fault("lose_answer", "pay")
    with pytest.raises(OutcomePending) as pending:
        world.initiate(world.order("ORD-2"), "second", b"second")
    payment_id = str(pending.value.details["payment_id"])
    reviewed_late(world, payment_id)
    world.clock.sleep(31)
    assert world.initiate(world.order("ORD-2"), "second", b"second")["payment_id"] == payment_id
    assert world.payment(payment_id).current.status is Status.PENDING
