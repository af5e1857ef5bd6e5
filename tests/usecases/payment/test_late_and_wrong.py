"""Money that comes late, twice, or with another amount."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from dev.histories.whole import list_cases
from payments.domain.change import Change
from payments.domain.records.case import Case, CaseKind, Outcome
from payments.domain.records.snapshot import Snapshot
from payments.domain.values.account import Account
from payments.domain.values.status import Failure, FailureCode, Status
from payments.usecases.case.decide import decide_case
from payments.usecases.case.wanted import Wanted
from payments.usecases.payment.refresh import refresh_payment
from payments.usecases.payment.sync import decide_outcome
from payments.usecases.reconciliation.run import Window, reconcile
from payments.usecases.refund.sync import end_excess_case
from tests.usecases.steps import REFRESH
from tests.world import WORKSPACE, World, changed


def policy(world: World, late_success: str) -> None:
    world.dynamo.update_item(
        TableName="pavati-dev-workspaces",
        Key={"pk": {"S": f"T#{WORKSPACE}#WS"}, "sk": {"S": "WORKSPACE"}},
        UpdateExpression="SET late_success = :p",
        ExpressionAttributeValues={":p": {"S": late_success}},
    )


def expired_then_paid(world: World, hours_late: float = 1) -> str:
    """An order that expired in our books, and is paid at the gateway afterwards."""
    world.fault("late_success", "pay")
    answer = world.initiate(world.order(expires_in_s=300))
    world.payer("abandon", answer["attempt_id"])
    world.advance(301)
    world.sweep()
    assert world.payment(answer["payment_id"]).status == "expired"
    world.clock.sleep(hours_late * 3600)
    world.sim.pump()
    world.sweep()
    return str(answer["payment_id"])


def settle(world: World) -> None:
    for _ in range(12):
        world.advance(61)
        world.sweep()


def test_late_money_is_granted_within_a_day(silent_world: World) -> None:
    payment_id = expired_then_paid(silent_world)
    payment = silent_world.payment(payment_id)
    assert (payment.status, payment.current.is_late) == ("completed", True)
    assert silent_world.metrics["LateSuccess"] == 1


def test_late_money_after_a_day_goes_back_in_full(silent_world: World) -> None:
    payment_id = expired_then_paid(silent_world, hours_late=30)
    settle(silent_world)
    payment = silent_world.payment(payment_id)
    assert (payment.status, payment.current.is_excess, payment.current.refunded_minor) == ("expired", True, 49900)
    (refund,) = silent_world.refunds(payment_id)
    assert (refund.status, refund.reason_code, refund.actor) == ("completed", "late_success", "system")
    assert silent_world.metrics["LateSuccess"] == 1


def test_late_money_goes_back_where_the_workspace_says_so(silent_world: World) -> None:
    policy(silent_world, "refund")
    payment_id = expired_then_paid(silent_world)
    settle(silent_world)
    assert [refund.status for refund in silent_world.refunds(payment_id)] == ["completed"]
    assert silent_world.payment(payment_id).status == "expired"
    assert silent_world.metrics["LateSuccess"] == 1


def test_late_money_waits_for_a_person_where_the_workspace_says_so(silent_world: World) -> None:
    policy(silent_world, "review")
    payment_id = expired_then_paid(silent_world)
    payment = silent_world.payment(payment_id)
    assert (payment.status, payment.current.status, payment.review_kind) == ("expired", "completed", "late_success")
    (case,) = silent_world.ports.store.within(WORKSPACE).list_cases(10).found
    assert case.kind == "late_success"


def test_late_money_that_waits_for_a_person_is_not_put_under_another_review(silent_world: World) -> None:
    world = silent_world
    policy(world, "review")
    payment_id = expired_then_paid(world)
    world.fault("wrong_amount", "status", times=-1)
    refresh_payment(payment_id, world.context(REFRESH))
    payment = world.payment(payment_id)
    assert (payment.review_kind, world.timeline(payment_id).count("payment.under_review")) == ("late_success", 0)
    (case,) = list_cases(WORKSPACE, world.ports)
    decide_case(case.id, Wanted(Outcome.ACCEPT, "ours"), world.context())
    assert world.payment(payment_id).status == "completed"
    now = world.clock.now()
    reconcile(Window(now - timedelta(days=1), now), False, world.context())
    assert (world.payment(payment_id).review_kind, [one.kind for one in list_cases(WORKSPACE, world.ports)]) == (
        "amount", ["amount_mismatch"],
    )  # fmt: skip


def test_a_second_capture_of_one_order_is_refunded_by_the_system(silent_world: World) -> None:
    world = silent_world
    world.fault("late_success", "pay")
    first = world.initiate(world.order(expires_in_s=300))
    world.advance(301)
    world.sweep()
    second = world.retry(first["payment_id"])
    world.payer("pay", second["attempt_id"])
    world.advance(61)
    world.sweep()
    world.advance(3600)
    for _ in range(12):
        world.advance(600)
        world.sweep()
    payment = world.payment(first["payment_id"])
    captured = {attempt.id: attempt.captured_minor for attempt in payment.attempts}
    assert captured == {first["attempt_id"]: 49900, second["attempt_id"]: 49900}
    excess = next(attempt for attempt in payment.attempts if attempt.is_excess)
    assert excess.refunded_minor == 49900
    assert sum(refund.amount.minor for refund in world.refunds(payment.id)) == 49900


@pytest.mark.parametrize("times", [1, 3])
def test_another_amount_than_ours_grants_nothing_and_opens_one_case(silent_world: World, times: int) -> None:
    world = silent_world
    answer = world.initiate()
    world.payer("pay", answer["attempt_id"])
    world.fault("wrong_amount", "status", times=-1)
    for _ in range(times):
        world.advance(61)
        world.sweep()
    payment = world.payment(answer["payment_id"])
    assert (payment.status, payment.review_kind, payment.current.captured_minor) == ("pending", "amount", 0)
    (case,) = world.ports.store.within(WORKSPACE).list_cases(10).found
    assert (case.kind, case.subject_id) == ("amount_mismatch", payment.id)
    assert world.timeline(payment.id).count("payment.under_review") == 1


def test_an_excess_whose_refund_fails_is_a_case_and_goes_back_all_the_same(silent_world: World) -> None:
    world = silent_world
    policy(world, "refund")
    payment_id = expired_then_paid(world)
    for _ in range(80):
        for refund in world.refunds(payment_id):
            if refund.status == "processing" and len(world.refunds(payment_id)) == 1:
                world.admin("POST", f"/_sim/refunds/{refund.id}", {"act": "fail"})
        world.advance(601)
        world.sweep()
    assert [refund.status for refund in world.refunds(payment_id)] == ["failed", "completed"]
    assert world.payment(payment_id).current.refunded_minor == 49900
    store = world.ports.store.within(WORKSPACE)
    case = store.get_case(f"excess_refund_failed:{payment_id}")
    assert (store.list_cases(10).found, case.outcome) == ((), "ended")


def test_the_case_of_a_failed_refund_stays_open_while_another_excess_capture_is_being_refunded(
    silent_world: World,
) -> None:
    world = silent_world
    policy(world, "refund")
    payment = world.payment(expired_then_paid(world))
    (refund,) = world.refunds(payment.id)
    assert payment.current.reserved_minor == refund.amount.minor
    store = world.ports.store.within(WORKSPACE)
    kind = CaseKind.EXCESS_REFUND_FAILED
    case = Case(kind, payment.id, WORKSPACE, world.clock.now(), "", payment.id, payment.amount)
    context = replace(world.context(), store=changed(store, get_case=lambda _: case))
    one_is_back = Change(payment, (), (replace(refund, id="rfd_other", status=Status.COMPLETED),))
    assert end_excess_case(one_is_back, context) is one_is_back
    all_is_back = replace(
        one_is_back, payment=payment.with_attempt(replace(payment.current, reserved_minor=0, refunded_minor=49900))
    )
    ended = end_excess_case(all_is_back, context)
    assert ended is not None
    assert ended.records[-1] == replace(
        case, decided_at=world.clock.now(), decided_by="system", outcome="ended", decision_note="rfd_other is completed"
    )


def test_an_excess_capture_that_the_gateway_reverses_is_not_refunded_again(silent_world: World) -> None:
    world = silent_world
    payment = world.payment(expired_then_paid(world, hours_late=30))
    unrefunded = payment.with_attempt(replace(payment.current, reserved_minor=0))  # Its first refund has failed.
    snapshot = Snapshot(Status.FAILED, payment.amount, failure=Failure(FailureCode.OTHER))
    change = decide_outcome(unrefunded, unrefunded.current, snapshot, world.context())
    assert change is not None
    assert [event.kind for event in change.events] == ["attempt.capture_denied"]


def test_an_answer_about_another_order_is_put_under_review_and_completes_nothing(silent_world: World) -> None:
    world = silent_world
    answer = world.initiate()
    world.payer("pay", answer["attempt_id"])
    adapter = world.ports.gateway(Account("phonepe"))
    fetch = adapter.fetch_payment
    world.override(
        "phonepe",
        fetch_payment=lambda attempt: replace(fetch(attempt), subject_id="att_00000000000000000000000042"),
    )
    world.advance(61)
    world.sweep()
    payment = world.payment(answer["payment_id"])
    assert (payment.current.captured_minor, payment.review_kind) == (0, "merchant")
    assert [case.kind for case in list_cases(WORKSPACE, world.ports)] == ["merchant_mismatch"]
