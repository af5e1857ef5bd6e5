"""A case ends by a person's decision, and only a newly reported amount opens another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from dev.histories.whole import list_approvals, list_cases
from payments.domain.records.approval import ApprovalState
from payments.domain.records.case import OUTCOMES, Case, CaseKind, Outcome
from payments.domain.records.event import Why
from payments.domain.records.payment import Attempt, Payment, Review, ReviewKind
from payments.domain.records.snapshot import Snapshot
from payments.domain.rules import decisions, transitions
from payments.domain.values.account import Account
from payments.domain.values.ids import APPROVAL
from payments.domain.values.money import Money
from payments.domain.values.status import Status
from payments.store.contract.errors import Conflict
from payments.usecases.case import approve as approvals
from payments.usecases.case.decide import decide_case, needs_two
from payments.usecases.case.wanted import FIELD, Wanted, require_allowed
from payments.usecases.errors import (
    ApprovalNotAllowed,
    ApprovalNotFound,
    Busy,
    CaseChanged,
    CaseNotFound,
    DecisionNotPossible,
    InvalidState,
    OutcomeNotAllowed,
)
from payments.usecases.payment.refresh import refresh_payment
from payments.usecases.reconciliation.run import Window, reconcile
from tests.usecases.payment.test_late_and_wrong import expired_then_paid, policy
from tests.usecases.steps import REFRESH, authorized_at, opened_at, paid_at, swept
from tests.world import OWNER, WORKSPACE, World, make_world

FINANCE = Why("user:finance", "approved")
DAY_S = 86_400
Scenario = tuple[World, str]  # A payment, about which there is one open case.


def silent() -> World:
    world = make_world(1, delivers_webhooks=False)
    world.flow.accepts = False
    return world


def debited_twice() -> Scenario:
    """PhonePe reports the sum of two debits of one order."""
    world, answer = opened_at("phonepe")
    world.fault("double_pay", "pay")
    world.payer("pay", answer["attempt_id"])
    world.advance(10)
    world.sweep()
    swept(world, 3)
    return world, answer["payment_id"]


def reported(world: World, at: str = "phonepe", **changes: Any) -> None:
    """From now on the gateway's answers about payments are changed."""
    adapter = world.ports.gateway(Account(at))
    fetch = adapter.fetch_payment
    world.override(at, fetch_payment=lambda attempt: replace(fetch(attempt), **changes))


def in_another_currency() -> Scenario:
    world, answer = opened_at("phonepe")
    world.payer("pay", answer["attempt_id"])
    reported(world, amount=Money(49900, "USD"))
    swept(world, 3)
    return world, answer["payment_id"]


def of_another_merchant() -> Scenario:
    world, answer = opened_at("phonepe")
    world.payer("pay", answer["attempt_id"])
    reported(world, merchant_ref="MANOTHER")
    swept(world, 3)
    return world, answer["payment_id"]


def paid_late() -> Scenario:
    world = silent()
    policy(world, "review")
    return world, expired_then_paid(world)


def refund_of_another_amount() -> Scenario:
    world, payment_id = paid_at("phonepe")
    world.refund(payment_id, 10000)
    world.fault("wrong_amount", "refund_status", times=-1)
    swept(world, 3)
    return world, payment_id


def refund_that_returned() -> Scenario:
    world, payment_id = paid_at("stripe")
    refund_id = world.refund(payment_id, 10000)["refund_id"]
    swept(world, 3)
    world.admin("POST", f"/_sim/refunds/{refund_id}", {"act": "return"}, at="stripe")
    world.advance(DAY_S)
    world.sweep()
    return world, payment_id


def excess_whose_refund_failed() -> Scenario:
    world = silent()
    policy(world, "refund")
    payment_id = expired_then_paid(world)
    swept(world, 1)
    (refund,) = world.refunds(payment_id)
    world.admin("POST", f"/_sim/refunds/{refund.id}", {"act": "fail"})
    swept(world, 3)
    return world, payment_id


def capture_that_was_denied() -> Scenario:
    world, payment_id = paid_at("phonepe")
    world.sim.model.orders.by_id[world.payment(payment_id).current.id].state = "FAILED"
    now = world.clock.now()
    reconcile(Window(now - timedelta(hours=1), now), False, world.context())
    return world, payment_id


def more_returned_than_was_left() -> Scenario:
    world, payment_id = paid_at("phonepe")
    reported(world, returned=Money(50000, "INR"))
    now = world.clock.now()
    reconcile(Window(now - timedelta(hours=1), now), False, world.context())
    return world, payment_id


def authorization_that_lapses() -> Scenario:
    world, payment_id = authorized_at("stripe")
    ends_in = world.payment(payment_id).current.expires_at - world.clock.now()
    world.clock.sleep(ends_in.total_seconds() - 23 * 3600)
    world.sweep()
    return world, payment_id


def events_of_dispute(kind: CaseKind) -> Callable[[], Scenario]:
    def scenario() -> Scenario:
        world, payment_id = paid_at("stripe")
        payment, now = world.payment(payment_id), world.clock.now()
        case = Case(kind, "dp_1", WORKSPACE, now, "a dispute", payment_id, payment.amount)
        change = transitions.outcome_unknown(payment, payment.current.id, OWNER, now)
        world.ports.store.within(WORKSPACE).save(replace(change, records=(case,)))
        return world, payment_id

    return scenario


SCENARIOS: Mapping[CaseKind, Callable[[], Scenario]] = {
    CaseKind.AMOUNT_MISMATCH: debited_twice,
    CaseKind.CURRENCY_MISMATCH: in_another_currency,
    CaseKind.MERCHANT_MISMATCH: of_another_merchant,
    CaseKind.LATE_SUCCESS: paid_late,
    CaseKind.REFUND_MISMATCH: refund_of_another_amount,
    CaseKind.REFUND_RETURNED: refund_that_returned,
    CaseKind.EXCESS_REFUND_FAILED: excess_whose_refund_failed,
    CaseKind.CAPTURE_DENIED: capture_that_was_denied,
    CaseKind.MONEY_RETURNED: more_returned_than_was_left,
    CaseKind.REFUND_AND_DISPUTE: events_of_dispute(CaseKind.REFUND_AND_DISPUTE),
    CaseKind.DISPUTE_UNREADABLE: events_of_dispute(CaseKind.DISPUTE_UNREADABLE),
    CaseKind.AUTHORIZATION_LAPSING: authorization_that_lapses,
}
WALK = [(kind, outcome) for kind in SCENARIOS for outcome in OUTCOMES[kind]]
_ENDED = {"failed": "payment", "completed": "payment"}


def decide(world: World, outcome: Outcome, **more: Any) -> Case:
    """Decide the only open case, with a second person's approval if needed."""
    (case,) = list_cases(WORKSPACE, world.ports)
    wanted = Wanted(outcome, "looked at the dashboard", **more)
    _, approval = decide_case(case.id, wanted, world.context())
    if approval:
        approvals.approve(approval.id, "seen too", world.context(FINANCE))
    return world.ports.store.within(WORKSPACE).get_case(case.id)


def test_every_kind_of_case_has_outcomes_and_a_way_to_it() -> None:
    assert all(OUTCOMES[kind] for kind in CaseKind)
    assert set(CaseKind) - set(SCENARIOS) == {
        CaseKind.UNKNOWN_ORDER
    }  # Cases without a payment: tests/usecases/case/test_decide_unowned.py.


@pytest.mark.parametrize(("kind", "outcome"), WALK, ids=lambda value: str(value))
def test_each_outcome_of_each_case_ends_it(kind: CaseKind, outcome: Outcome) -> None:
    world, payment_id = SCENARIOS[kind]()
    assert [case.kind for case in list_cases(WORKSPACE, world.ports)] == [kind]
    attempt_id = world.payment(payment_id).current.id
    with suppress(DecisionNotPossible):
        known = {"reference": "bank transfer 17", "attempt_id": attempt_id}
        case = decide(world, outcome, **{name: known[name] for name in known if FIELD.get(outcome) == name})
        assert (case.outcome, case.decided_by) == (str(outcome), "user:owner")
        assert list_cases(WORKSPACE, world.ports) == []
        assert world.payment(payment_id).review is None
        assert "case.decided" in world.timeline(payment_id)
        (shown,) = (e for e in world.ports.store.within(WORKSPACE).list_events(payment_id) if e.kind == "case.decided")
        assert "looked at the dashboard" in shown.note
        nothing_comes_of_it_again(world, kind, payment_id)
        return
    assert (kind, outcome) in NOT_NOW


TAKES = {  # Fields beside the note.
    Outcome.REFUNDED_OUTSIDE: "reference",
    Outcome.ATTRIBUTE: "attempt_id",
    Outcome.OURS: "payment_id",
}


@pytest.mark.parametrize("name", ["reference", "attempt_id", "payment_id"])
@pytest.mark.parametrize("outcome", Outcome)
def test_an_outcome_needs_its_field_and_takes_no_other(outcome: Outcome, name: str) -> None:
    kind = next(kind for kind, outcomes in OUTCOMES.items() if outcome in outcomes)
    case = Case(kind, "pay_1", WORKSPACE, datetime(2026, 11, 20, tzinfo=UTC), "seen")
    given = {name: "x"} | ({TAKES[outcome]: "y"} if outcome in TAKES else {})
    if TAKES.get(outcome) == name:
        require_allowed(case, Wanted(outcome, "n", **given))
        with pytest.raises(OutcomeNotAllowed, match=f"send {name} with outcome {outcome}: the "):
            require_allowed(case, Wanted(outcome, "n"))
        return
    with pytest.raises(OutcomeNotAllowed, match=f"leave out {name} with outcome {outcome}"):
        require_allowed(case, Wanted(outcome, "n", **given))


# In these scenarios the gateway's answer contradicts the outcome; another scenario of the kind shows it below.
NOT_NOW = {
    (CaseKind.MONEY_RETURNED, Outcome.ATTRIBUTE),
    (CaseKind.CURRENCY_MISMATCH, Outcome.ACCEPT),
}


def nothing_comes_of_it_again(world: World, kind: CaseKind, payment_id: str) -> None:
    """For a week every sweep finds nothing of this kind, and no row stays due for it."""
    for _ in range(7 * 4):
        world.advance(DAY_S / 4)
        world.sweep()
    assert [case.kind for case in list_cases(WORKSPACE, world.ports) if case.kind is kind] == []
    assert world.payment(payment_id).review is None


def test_a_payment_under_review_is_not_retried_and_the_answer_says_what_to_do() -> None:
    world, payment_id = debited_twice()
    with pytest.raises(InvalidState) as refused:
        world.retry(payment_id)
    assert "decide its case first" in str(refused.value)
    assert refused.value.details["review"] == "amount"


def test_an_accepted_amount_is_what_was_proved_and_limits_the_refunds() -> None:
    world, payment_id = debited_twice()
    decide(world, Outcome.ACCEPT)
    payment = world.payment(payment_id)
    assert (payment.status, payment.current.captured_minor, payment.amount.minor) == (Status.COMPLETED, 99800, 49900)
    shown = world.ports.store.within(WORKSPACE).list_events(payment_id)[-1]
    assert (shown.kind, shown.from_status, shown.to_status) == ("case.decided", "pending", "completed")
    assert world.refund(payment_id, 49900)["amount"] == 49900


def test_a_refund_sends_everything_back_and_the_payment_ends_failed() -> None:
    world, payment_id = debited_twice()
    decide(world, Outcome.REFUND)
    swept(world, 20)
    payment = world.payment(payment_id)
    assert payment.failure is not None
    assert (payment.status, payment.failure.code, payment.winning_attempt) == (Status.FAILED, "review_refunded", None)
    assert (payment.current.is_excess, payment.current.captured_minor, payment.current.refunded_minor) == (
        True,
        99800,
        99800,
    )
    assert sum(refund["amount"] for refund in world.ledger()["refunds"]) == 99800


def test_money_refunded_outside_needs_a_reference_and_asks_no_gateway() -> None:
    world, payment_id = debited_twice()
    with pytest.raises(OutcomeNotAllowed):
        decide(world, Outcome.REFUNDED_OUTSIDE)
    decide(world, Outcome.REFUNDED_OUTSIDE, reference="NEFT 4711")
    (refund,) = world.refunds(payment_id)
    assert (refund.actor, refund.status, refund.amount.minor, refund.reason_text) == (
        "gateway", Status.COMPLETED, 99800, "NEFT 4711",
    )  # fmt: skip
    assert (world.payment(payment_id).status, world.ledger()["refunds"]) == (Status.FAILED, [])


def test_what_is_written_off_can_no_more_be_refunded() -> None:
    world, payment_id = debited_twice()
    decide(world, Outcome.WRITE_OFF)
    payment = world.payment(payment_id)
    assert (payment.status, payment.current.written_off_minor, payment.current.available_minor) == (
        Status.FAILED,
        99800,
        0,
    )
    with pytest.raises(InvalidState):
        world.refund(payment_id, 100)


@pytest.mark.parametrize("scenario", [in_another_currency, of_another_merchant])
def test_another_currency_or_merchant_cannot_be_accepted(scenario: Callable[[], Scenario]) -> None:
    world, payment_id = scenario()
    with pytest.raises(OutcomeNotAllowed) as refused:
        decide(world, Outcome.ACCEPT)
    assert refused.value.details["outcomes"] == ["refund", "refunded_outside", "write_off"]
    assert world.payment(payment_id).review is not None


def test_what_was_authorized_and_not_captured_is_voided() -> None:
    world, payment_id = authorized_at("stripe")
    world.fault("wrong_amount", "status", times=1, at="stripe")
    refresh_payment(payment_id, world.context(REFRESH))
    decide(world, Outcome.WRITE_OFF)
    assert world.payment(payment_id).status is Status.CANCELLED
    assert [order["authorized"] for order in world.ledger("stripe")["orders"]] == [0]


@pytest.mark.parametrize("silent_part", ["gateway", "store"])
def test_a_decision_whose_void_gets_no_answer_stands_is_noted_and_the_sweep_voids(silent_part: str) -> None:
    world, payment_id = authorized_at("stripe")
    world.fault("wrong_amount", "status", times=1, at="stripe")
    refresh_payment(payment_id, world.context(REFRESH))

    def unreachable(_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="x")

    if silent_part == "gateway":
        world.fault("refuse", "cancel", at="stripe")
    else:
        world.client.before += [("transact_write_items", lambda _: None), ("transact_write_items", unreachable)]
    assert decide(world, Outcome.WRITE_OFF).outcome == "write_off"
    (line,) = [line for line in world.log if line["message"] == "decision.unsynced"]
    error = "Unavailable" if silent_part == "gateway" else "StoreUnavailable"
    assert (line["payment_id"], line["error"], line["level"]) == (payment_id, error, "WARNING")
    swept(world, 10)
    assert world.payment(payment_id).status is Status.CANCELLED
    assert [order["authorized"] for order in world.ledger("stripe")["orders"]] == [0]


@pytest.mark.parametrize(
    ("gateway", "status"), [("stripe", "cancelled"), ("paypal", "cancelled"), ("razorpay", "expired")]
)
def test_what_was_authorized_for_another_amount_is_decided_once(gateway: str, status: str) -> None:
    world, answer = opened_at(gateway, manual=True)
    world.fault("wrong_amount", "status", times=-1, at=gateway)
    world.payer("pay", answer["attempt_id"], at=gateway)
    world.advance(3)
    payment_id = answer["payment_id"]
    refresh_payment(payment_id, world.context(REFRESH))
    decide(world, Outcome.REFUND)
    nothing_comes_of_it_again(world, CaseKind.AMOUNT_MISMATCH, payment_id)
    assert world.payment(payment_id).status == status
    assert world.ledger(gateway)["captures"] == []
    assert [order["authorized"] for order in world.ledger(gateway)["orders"]] == [0]


def test_new_money_after_a_decision_is_a_new_case() -> None:
    world, payment_id = debited_twice()
    decide(world, Outcome.ACCEPT)
    reported(world, amount=Money(149700, "INR"))
    now = world.clock.now()
    reconcile(Window(now - timedelta(hours=1), now), False, world.context())
    (case,) = list_cases(WORKSPACE, world.ports)
    assert (case.kind, case.amount) == (CaseKind.AMOUNT_MISMATCH, Money(149700, "INR"))
    decide(world, Outcome.ACCEPT)
    assert world.payment(payment_id).current.captured_minor == 149700


@pytest.mark.parametrize("outcome", OUTCOMES[CaseKind.AMOUNT_MISMATCH])
def test_an_amount_that_changed_since_it_was_read_is_not_decided(outcome: Outcome) -> None:
    world, payment_id = debited_twice()
    reported(world, amount=Money(7, "INR"))
    reference = {"reference": "NEFT 4711"} if outcome is Outcome.REFUNDED_OUTSIDE else {}
    with pytest.raises(CaseChanged):
        decide(world, outcome, **reference)
    (case,) = list_cases(WORKSPACE, world.ports)
    assert case.amount == Money(7, "INR")
    decide(world, outcome, **reference)
    assert world.payment(payment_id).current.captured_minor == 7


def test_what_is_written_off_above_the_limit_by_then_needs_a_second_person() -> None:
    world, payment_id = above_limit()
    (case,) = list_cases(WORKSPACE, world.ports)
    reported(world, amount=Money(100, "INR"))
    approval = decide_case(case.id, Wanted(Outcome.WRITE_OFF, "gone"), world.context())[1]
    assert approval
    with pytest.raises(CaseChanged):
        approvals.approve(approval.id, "seen too", world.context(FINANCE))
    last = world.ports.store.within(WORKSPACE).list_events(payment_id)[-1]
    assert (last.kind, last.actor) == ("payment.review_changed", FINANCE.actor)


def test_another_note_is_not_shown_as_having_been_requested() -> None:
    world, _ = above_limit()
    first = request(world)
    (case,) = list_cases(WORKSPACE, world.ports)
    with pytest.raises(DecisionNotPossible, match=first.id):
        decide_case(case.id, Wanted(Outcome.ACCEPT, "another note"), world.context())


def test_a_payment_whose_money_was_written_off_is_not_retried() -> None:
    world, payment_id = debited_twice()
    decide(world, Outcome.WRITE_OFF)
    with pytest.raises(InvalidState, match="use a new merchant_order_id"):
        world.retry(payment_id)


@pytest.mark.parametrize("gateway", ["stripe", "razorpay", "square", "paypal"])
def test_a_refund_that_the_gateway_made_in_part_and_a_person_in_part_is_booked_once(gateway: str) -> None:
    world, payment_id = paid_at(gateway)
    world.fault("wrong_amount", "refund", at=gateway)
    world.fault("wrong_amount", "refund_status", times=-1, at=gateway)
    world.refund(payment_id, 10000)
    world.admin("DELETE", "/_sim/faults", at=gateway)
    swept(world, 3)
    (case,) = list_cases(WORKSPACE, world.ports)
    assert case.kind is CaseKind.REFUND_MISMATCH
    decide(world, Outcome.REFUNDED_OUTSIDE, reference="NEFT of the rest")
    for _ in range(3):
        world.advance(DAY_S)
        refresh_payment(payment_id, world.context(REFRESH))
        world.sweep()
        now = world.clock.now()
        reconcile(Window(now - timedelta(days=9), now), False, world.context())
    assert world.payment(payment_id).current.refunded_minor == 10000
    assert [refund.actor for refund in world.refunds(payment_id)] == ["user:owner"]


@pytest.mark.parametrize("outcome", OUTCOMES[CaseKind.REFUND_RETURNED])
def test_while_the_payment_is_under_review_nothing_of_it_is_refunded_by_another_case(outcome: Outcome) -> None:
    world, payment_id = refund_that_returned()
    reported(world, at="stripe", amount=Money(7, "USD"))
    now = world.clock.now()
    reconcile(Window(now - timedelta(days=9), now), False, world.context())
    assert world.payment(payment_id).is_stuck
    reference = {"reference": "NEFT 4711"} if outcome is Outcome.REFUNDED_OUTSIDE else {}
    cases = {case.kind: case for case in list_cases(WORKSPACE, world.ports)}
    wanted = Wanted(outcome, "looked at", **reference)
    with pytest.raises(DecisionNotPossible, match="under review"):
        decide_case(cases[CaseKind.REFUND_RETURNED].id, wanted, world.context())
    assert len(world.refunds(payment_id)) == 1


@pytest.mark.parametrize(
    ("scenario", "kind", "outcome"),
    [
        (excess_whose_refund_failed, CaseKind.EXCESS_REFUND_FAILED, Outcome.REFUNDED_OUTSIDE),
        (more_returned_than_was_left, CaseKind.MONEY_RETURNED, Outcome.ATTRIBUTE),
    ],
)
def test_while_the_payment_is_under_review_no_other_money_of_it_is_decided(
    scenario: Callable[[], Scenario], kind: CaseKind, outcome: Outcome
) -> None:
    world, payment_id = scenario()
    payment, now = world.payment(payment_id), world.clock.now()
    payment = replace(payment, review=Review(ReviewKind.AMOUNT, payment.current.id, now))
    store = world.ports.store.within(WORKSPACE)
    store.save(transitions.outcome_unknown(payment, payment.current.id, OWNER, now))
    (case,) = [case for case in list_cases(WORKSPACE, world.ports) if case.kind is kind]
    more = {"reference": "NEFT 1"} if outcome is Outcome.REFUNDED_OUTSIDE else {"attempt_id": payment.current.id}
    with pytest.raises(DecisionNotPossible, match="under review"):
        decide_case(case.id, Wanted(outcome, "looked at", **more), world.context())
    assert store.get_case(case.id).decided_at is None


def test_a_decision_asks_the_gateway_about_the_attempt_that_its_case_is_about() -> None:
    """Not the newest attempt: the payer paid the first one late, with another amount."""
    world = silent()
    world.fault("late_success", "pay")
    answer = world.initiate(world.order(expires_in_s=300))
    world.payer("abandon", answer["attempt_id"])
    world.advance(301)
    world.sweep()
    payment_id = answer["payment_id"]
    world.retry(payment_id)
    adapter = world.ports.gateway(Account("phonepe"))
    fetch = adapter.fetch_payment

    def wrong_of_the_first(attempt: Attempt) -> Snapshot:
        snapshot = fetch(attempt)
        return replace(snapshot, amount=Money(59900, "INR")) if attempt.id == answer["attempt_id"] else snapshot

    world.override("phonepe", fetch_payment=wrong_of_the_first)
    world.advance(3600)
    world.sweep()
    payment = world.payment(payment_id)
    assert payment.review is not None
    assert (payment.review.attempt_id == payment.current.id, payment.review_kind) == (False, "amount")
    decide(world, Outcome.ACCEPT)
    payment = world.payment(payment_id)
    assert (payment.winning_attempt_id, payment.attempt(answer["attempt_id"]).captured_minor) == (
        answer["attempt_id"],
        59900,
    )


def test_the_case_of_an_excess_whose_refund_failed_ends_once_it_is_refunded() -> None:
    world, payment_id = excess_whose_refund_failed()
    (case,) = list_cases(WORKSPACE, world.ports)
    assert case.kind is CaseKind.EXCESS_REFUND_FAILED
    world.advance(7 * 3600)
    swept(world, 10)
    assert world.refunds(payment_id)[-1].status is Status.COMPLETED
    assert list_cases(WORKSPACE, world.ports) == []
    ended = world.ports.store.within(WORKSPACE).get_case(case.id)
    assert (ended.outcome, ended.decided_by) == ("ended", "system")


def test_money_that_went_back_is_attributed_to_an_attempt() -> None:
    world, payment_id = paid_at("phonepe")
    reported(world, returned=Money(50000, "INR"))
    now = world.clock.now()
    reconcile(Window(now - timedelta(hours=1), now), False, world.context())
    payment = world.payment(payment_id)
    (refund,) = world.refunds(payment_id)
    assert (refund.actor, refund.amount.minor, payment.current.refunded_minor, payment.current.unattributed_minor) == (
        "gateway", 49900, 49900, 100,
    )  # fmt: skip


# Above the limit.


def above_limit() -> Scenario:
    world, payment_id = debited_twice()
    limited(world, 997)
    return world, payment_id


def limited(world: World, whole_units: int) -> None:
    world.dynamo.update_item(
        TableName="pavati-dev-workspaces",
        Key={"pk": {"S": f"T#{WORKSPACE}#WS"}, "sk": {"S": "WORKSPACE"}},
        UpdateExpression="SET two_person_above = :limit",
        ExpressionAttributeValues={":limit": {"N": str(whole_units)}},
    )


def request(world: World) -> Any:
    (case,) = list_cases(WORKSPACE, world.ports)
    return decide_case(case.id, Wanted(Outcome.ACCEPT, "seen"), world.context())[1]


def test_above_the_limit_a_second_person_decides_with_the_first() -> None:
    world, payment_id = above_limit()
    approval = request(world)
    assert world.payment(payment_id).review is not None
    assert request(world).id == approval.id
    with pytest.raises(ApprovalNotAllowed):
        approvals.approve(approval.id, "seen too", world.context())
    world.clock.sleep(60)
    agreed = approvals.approve(approval.id, "seen too", world.context(FINANCE))
    assert (agreed.state, agreed.answered_by) == ("approved", "user:finance")
    assert (agreed.answered_at, agreed.answer_note) == (world.clock.now(), "seen too")
    assert world.payment(payment_id).current.captured_minor == 99800
    assert world.timeline(payment_id).count("approval.requested") == 1
    shown = world.ports.store.within(WORKSPACE).list_events(payment_id)[-1]
    assert (shown.actor, "approved by user:finance (seen too)" in shown.note) == ("user:owner", True)
    with pytest.raises(ApprovalNotAllowed):
        approvals.approve(approval.id, "seen too", world.context(FINANCE))


def test_a_refusal_that_was_read_before_the_approval_is_not_written_over_it() -> None:
    world, payment_id = above_limit()
    approval = request(world)
    refused = replace(approval, state=ApprovalState.REFUSED, version=approval.version + 1)
    approvals.approve(approval.id, "seen too", world.context(FINANCE))
    late = decisions.approval_recorded(world.payment(payment_id), refused, FINANCE, world.clock.now())
    with pytest.raises(Conflict):
        world.ports.store.within(WORKSPACE).save(late)
    assert [one.state for one in list_approvals(WORKSPACE, world.ports)] == ["approved"]


def test_a_request_is_about_the_opening_at_which_it_was_made() -> None:
    world, _ = above_limit()
    approval = request(world)
    (case,) = list_cases(WORKSPACE, world.ports)
    assert approval.is_about(case)
    assert approval.is_about(replace(case, opened_at=approval.requested_at))
    assert not approval.is_about(replace(case, opened_at=approval.requested_at + timedelta(seconds=1)))
    assert not approval.is_about(replace(case, amount=None))


def test_an_open_approval_is_found_behind_newer_ones_of_other_cases() -> None:
    world, payment_id = above_limit()
    first = request(world)
    for _ in range(2):
        world.clock.sleep(1)
        now = world.clock.now()
        newer = replace(first, id=world.ports.ids.new(APPROVAL, now), subject_id="another", requested_at=now)
        change = decisions.approval_recorded(world.payment(payment_id), newer, OWNER, now)
        world.ports.store.within(WORKSPACE).save(change)
    world.override_workspace_store(list_approvals=lambda store, limit, cursor=None: store.list_approvals(1, cursor))
    assert request(world).id == first.id
    assert len(list_approvals(WORKSPACE, world.ports)) == 3


def test_while_one_outcome_waits_for_the_second_person_no_other_is_accepted() -> None:
    world, _ = above_limit()
    first = request(world)
    (case,) = list_cases(WORKSPACE, world.ports)
    with pytest.raises(DecisionNotPossible) as refused:
        decide_case(case.id, Wanted(Outcome.WRITE_OFF, "gone"), world.context(FINANCE))
    assert f"{first.id} asks for accept" in str(refused.value)
    assert [one.outcome for one in list_approvals(WORKSPACE, world.ports)] == ["accept"]


def test_while_one_reference_waits_for_the_second_person_no_other_is_accepted() -> None:
    world, _ = above_limit()
    (case,) = list_cases(WORKSPACE, world.ports)
    one, other = (Wanted(Outcome.REFUNDED_OUTSIDE, "sent", reference) for reference in ("NEFT 1", "NEFT 2"))
    decide_case(case.id, one, world.context())
    with pytest.raises(DecisionNotPossible):
        decide_case(case.id, other, world.context())
    assert [request.reference for request in list_approvals(WORKSPACE, world.ports)] == ["NEFT 1"]


def test_an_approval_does_not_reach_an_amount_that_was_reported_after_it_was_requested() -> None:
    world, payment_id = above_limit()
    first = request(world)
    reported(world, amount=Money(199800, "INR"))
    with pytest.raises(CaseChanged):
        approvals.approve(first.id, "seen too", world.context(FINANCE))
    with pytest.raises(ApprovalNotAllowed):
        approvals.approve(first.id, "seen too", world.context(FINANCE))
    assert world.payment(payment_id).review is not None
    second = request(world)
    assert (second.id == first.id, second.amount) == (False, Money(199800, "INR"))
    approvals.approve(second.id, "seen too", world.context(FINANCE))
    assert world.payment(payment_id).current.captured_minor == 199800


def test_what_a_second_person_agrees_to_is_done_as_the_first_one_requested_it() -> None:
    world, payment_id = above_limit()
    decide(world, Outcome.REFUNDED_OUTSIDE, reference="NEFT 4711")
    assert [refund.reason_text for refund in world.refunds(payment_id)] == ["NEFT 4711"]
    world, payment_id = more_returned_than_was_left()
    limited(world, 0)
    payment, store = world.payment(payment_id), world.ports.store.within(WORKSPACE)
    freed = replace(payment.current, refunded_minor=0)  # As after a refund that came back.
    change = transitions.outcome_unknown(payment.with_attempt(freed), freed.id, OWNER, world.clock.now())
    store.save(change)
    decide(world, Outcome.ATTRIBUTE, attempt_id=freed.id)
    assert (world.payment(payment_id).current.refunded_minor, world.payment(payment_id).current.unattributed_minor) == (
        100,
        0,
    )


@pytest.mark.parametrize(("currency", "minor"), [("INR", 99700), ("JPY", 997), ("KWD", 997000)])
def test_the_limit_is_of_whole_units_of_the_cases_currency(currency: str, minor: int) -> None:
    world, _ = above_limit()
    store, (case,) = world.ports.store.within(WORKSPACE), list_cases(WORKSPACE, world.ports)
    wanted = Wanted(Outcome.WRITE_OFF, "seen")
    assert not needs_two(replace(case, amount=Money(minor, currency)), wanted, store)
    assert needs_two(replace(case, amount=Money(minor + 1, currency)), wanted, store)


def test_exactly_the_limit_is_one_persons_decision() -> None:
    world, payment_id = debited_twice()
    assert decide_case_now(world).decided_by == "user:owner"
    assert world.payment(payment_id).status is Status.COMPLETED


def decide_case_now(world: World) -> Case:
    (case,) = list_cases(WORKSPACE, world.ports)
    decided, approval = decide_case(case.id, Wanted(Outcome.ACCEPT, "seen"), world.context())
    assert approval is None
    return decided


def test_a_refused_approval_leaves_the_case_open_and_a_lapsed_one_may_be_requested_again() -> None:
    world, payment_id = above_limit()
    first = request(world)
    assert approvals.refuse(first.id, "seen too", world.context(FINANCE)).state == "refused"
    second = request(world)
    assert second.id != first.id
    world.clock.sleep(DAY_S + 1)
    with pytest.raises(ApprovalNotAllowed):
        approvals.approve(second.id, "seen too", world.context(FINANCE))
    assert request(world).id != second.id
    assert world.payment(payment_id).review is not None
    assert [one.state for one in list_approvals(WORKSPACE, world.ports)] == ["requested", "requested", "refused"]


def test_an_approval_of_another_workspace_is_not_there() -> None:
    world, _ = above_limit()
    with pytest.raises(ApprovalNotFound):
        approvals.approve(request(world).id, "seen too", world.ports.context("ws_other", FINANCE))


def test_two_who_ask_at_once_make_one_request() -> None:
    world, _ = above_limit()
    (case,) = list_cases(WORKSPACE, world.ports)

    def other(_: Any) -> None:
        decide_case(case.id, Wanted(Outcome.WRITE_OFF, "gone"), world.context(FINANCE))

    world.client.before.append(("transact_write_items", other))
    with pytest.raises(Busy):
        request(world)
    assert [one.outcome for one in list_approvals(WORKSPACE, world.ports)] == ["write_off"]


def test_what_was_decided_needs_no_second_person_again() -> None:
    world, _ = above_limit()
    approvals.approve(request(world).id, "seen too", world.context(FINANCE))
    decided = world.ports.store.within(WORKSPACE).get_case(list_approvals(WORKSPACE, world.ports)[0].subject_id)
    again = decide_case(decided.id, Wanted(Outcome.WRITE_OFF, "again"), world.context())
    assert (again, len(list_approvals(WORKSPACE, world.ports))) == ((decided, None), 1)


def test_a_case_of_no_known_amount_is_one_persons_decision() -> None:
    world, _ = above_limit()
    store, (case,) = world.ports.store.within(WORKSPACE), list_cases(WORKSPACE, world.ports)
    assert not needs_two(replace(case, amount=None), Wanted(Outcome.WRITE_OFF, "seen"), store)


# Who decides, and deciding twice.


def test_deciding_twice_is_deciding_once_and_others_see_no_case() -> None:
    world, payment_id = debited_twice()
    first = decide(world, Outcome.ACCEPT)
    version = world.payment(payment_id).version
    again, _ = decide_case(first.id, Wanted(Outcome.WRITE_OFF, "again"), world.context())
    assert (again, world.payment(payment_id).version) == (first, version)
    with pytest.raises(CaseNotFound):
        decide_case(first.id, Wanted(Outcome.ACCEPT, ""), world.ports.context("ws_other", OWNER))


def test_an_amount_that_another_person_uncovers_meanwhile_is_not_accepted_unseen() -> None:
    world, payment_id = debited_twice()

    def other(_: Any) -> None:
        reported(world, amount=Money(7, "INR"))
        with pytest.raises(CaseChanged):
            decide(world, Outcome.ACCEPT)

    world.client.before.append(("transact_write_items", other))
    with pytest.raises(CaseChanged) as changed:
        decide(world, Outcome.ACCEPT)
    (case,) = list_cases(WORKSPACE, world.ports)
    assert changed.value.details == {"note": case.note}
    assert "7 INR" in case.note
    assert (world.payment(payment_id).current.captured_minor, world.payment(payment_id).review_kind) == (0, "amount")


def test_of_two_who_decide_at_once_the_first_decision_stands() -> None:
    world, payment_id = debited_twice()

    def other(_: Any) -> None:
        (case,) = list_cases(WORKSPACE, world.ports)
        decide_case(case.id, Wanted(Outcome.WRITE_OFF, "first"), world.context(FINANCE))

    world.client.before.append(("transact_write_items", other))
    assert decide(world, Outcome.ACCEPT).outcome == "write_off"
    payment: Payment = world.payment(payment_id)
    assert (payment.status, payment.current.written_off_minor) == (Status.FAILED, 99800)
    assert world.timeline(payment_id).count("case.decided") == 1


def test_more_that_goes_back_before_a_decision_is_added_to_the_open_case() -> None:
    world, payment_id = more_returned_than_was_left()
    (first,) = list_cases(WORKSPACE, world.ports)
    reported(world, status=Status.COMPLETED, returned=Money(50300, "INR"))
    now = world.clock.now()
    reconcile(Window(now - timedelta(hours=1), now), False, world.context())
    (second,) = list_cases(WORKSPACE, world.ports)
    assert (first.amount, second.amount) == (Money(100, "INR"), Money(400, "INR"))
    assert world.payment(payment_id).current.unattributed_minor == 400
    assert "300 INR" in second.note
    assert "100 INR before" in second.note


@pytest.mark.parametrize("outcome", OUTCOMES[CaseKind.REFUND_MISMATCH])
def test_a_decided_refund_is_under_review_no_more(outcome: Outcome) -> None:
    world, payment_id = refund_of_another_amount()
    assert [refund.is_contradicted for refund in world.refunds(payment_id)] == [True]
    decide(world, outcome, **({"reference": "UTR 1"} if outcome is Outcome.REFUNDED_OUTSIDE else {}))
    assert not any(refund.is_contradicted for refund in world.refunds(payment_id))
