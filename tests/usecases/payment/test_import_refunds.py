"""Which part of the gateway's total is ours, which was refunded by others, and which totals are ignored."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dev.histories.whole import list_cases
from payments.domain.change import Change, unchanged
from payments.domain.records.case import Case, CaseKind, Outcome
from payments.domain.records.payment import Attempt, Payment
from payments.domain.records.refund import GATEWAY, ReasonCode, Refund
from payments.domain.records.snapshot import Snapshot
from payments.domain.rules.transitions import outcome_unknown
from payments.domain.values.money import Money
from payments.domain.values.status import Failure, FailureCode, Status
from payments.store.contract.errors import NotFound
from payments.usecases.case.decide import decide_case
from payments.usecases.case.wanted import Wanted
from payments.usecases.context import Context
from payments.usecases.payment import import_refunds
from payments.usecases.payment.import_refunds import compare_returned
from payments.usecases.payment.refresh import refresh_payment
from payments.usecases.reconciliation.run import Window, reconcile
from tests.usecases.steps import AMOUNT, REFRESH, opened_at, paid_at, swept
from tests.world import OWNER, WORKSPACE, World, changed

OURS = "user:owner"


class Reported:
    """A paid payment, its stored refunds, and the gateway's report of each of them."""

    def __init__(self) -> None:
        self.world, payment_id = paid_at("stripe")
        self.payment = self.world.payment(payment_id)
        self.refunds: list[Refund] = []
        self.there: dict[str, Status] = {}
        self.gives: dict[str, int] = {}
        self.case: Case | None = None
        store = self.world.ports.store.within(WORKSPACE)
        self.store = changed(store, list_refunds=lambda _: self.refunds, get_case=self._get_case)
        self.world.override("stripe", fetch_refund=self._fetched)

    def _get_case(self, case_id: str) -> Case:
        if self.case is None or self.case.id != case_id:
            raise NotFound(case_id)
        return self.case

    def _fetched(self, refund: Refund, attempt: Attempt) -> Snapshot:
        status = self.there[refund.id]
        failure = Failure(FailureCode.OTHER) if status.is_dead else None
        amount = replace(refund.amount, minor=self.gives[refund.id])
        return Snapshot(status, amount, refund.refund_ref, failure)

    def refund(
        self, minor: int, status: Status, there: Status = Status.COMPLETED, *, gives: int = 0, **changes: Any
    ) -> None:
        now, refund_id = self.world.clock.now(), f"rfd_{len(self.refunds)}"
        refund = Refund(
            refund_id, self.payment.id, WORKSPACE, self.payment.current.id, "stripe", Money(minor, "USD"), status,
            ReasonCode.OTHER, "", OURS, now, now,
        )  # fmt: skip
        self.refunds.append(replace(refund, **changes))
        self.there[refund_id], self.gives[refund_id] = there, gives or minor

    def counters(self, **changes: Any) -> None:
        self.payment = self.payment.with_attempt(replace(self.payment.current, **changes))

    def context(self) -> Context:
        return replace(self.world.context(), store=self.store)

    def total(self, minor: int, currency: str = "USD", ref: str = "") -> Change | None:
        attempt = self.payment.current
        snapshot = Snapshot(
            Status.COMPLETED, attempt.amount, ref or attempt.payment_ref, returned=Money(minor, currency)
        )
        return compare_returned(None, self.payment, attempt.id, snapshot, self.context())


@pytest.fixture
def reported() -> Reported:
    return Reported()


def booked(change: Change | None) -> Refund:
    assert change is not None
    assert change.refund is not None
    return change.refund


def test_a_total_is_of_this_capture_and_of_its_currency(reported: Reported) -> None:
    assert reported.total(10000, "INR") is None
    assert reported.total(10000, ref="pi_another") is None
    assert (booked(reported.total(10000)).actor, booked(reported.total(10000)).amount.minor) == (GATEWAY, 10000)


def test_what_is_written_off_leaves_less_to_be_booked_and_the_rest_is_a_case(reported: Reported) -> None:
    reported.counters(written_off_minor=AMOUNT - 4000)
    change = reported.total(10000)
    assert booked(change).amount.minor == 4000
    assert change is not None
    assert change.payment.current.unattributed_minor == 6000
    assert change.payment.current.unspent_minor == 0


@pytest.mark.parametrize("status", [Status.FAILED, Status.RETURNED])
@pytest.mark.parametrize("there", [Status.PROCESSING, Status.COMPLETED])
def test_a_refund_of_ours_that_ended_here_and_not_there_explains_the_total(
    reported: Reported, status: Status, there: Status
) -> None:
    reported.refund(10000, status, there)
    assert reported.total(10000) is None
    assert booked(reported.total(12000)).amount.minor == 2000


def test_a_refund_under_review_explains_what_the_gateway_says_of_it(reported: Reported) -> None:
    reported.refund(10000, Status.PROCESSING, gives=12000, is_contradicted=True)
    reported.counters(reserved_minor=10000)
    assert reported.total(12000) is None
    assert booked(reported.total(12500)).amount.minor == 500


def test_of_a_completed_refund_under_review_the_difference_explains_the_total(reported: Reported) -> None:
    """Otherwise a decision would book the difference once more."""
    reported.refund(10000, Status.COMPLETED, gives=12000, is_contradicted=True)
    reported.counters(refunded_minor=10000)
    assert reported.total(12000) is None
    assert booked(reported.total(12500)).amount.minor == 500


def test_a_completed_refund_under_review_that_is_not_there_explains_nothing(reported: Reported) -> None:
    reported.refund(10000, Status.COMPLETED, Status.FAILED, is_contradicted=True)
    reported.counters(refunded_minor=10000)
    assert booked(reported.total(12500)).amount.minor == 12500


# In the last row it has failed at the gateway since the total was read.
@pytest.mark.parametrize("there", [Status.PENDING, Status.PROCESSING, Status.COMPLETED, Status.FAILED])
def test_an_open_refund_that_the_gateway_has_explains_its_amount(reported: Reported, there: Status) -> None:
    reported.refund(10000, Status.CREATED, there)
    reported.counters(reserved_minor=10000)
    assert reported.total(10000) is None
    assert booked(reported.total(10500)).amount.minor == 500


def test_a_refund_that_never_reached_the_gateway_explains_nothing(reported: Reported) -> None:
    reported.refund(10000, Status.CREATED, Status.CREATED)
    reported.counters(reserved_minor=10000)
    assert booked(reported.total(500)).amount.minor == 500


def test_refunds_of_another_attempt_and_those_that_the_gateway_made_explain_nothing(reported: Reported) -> None:
    reported.refund(10000, Status.FAILED, attempt_id="att_another")
    reported.refund(10000, Status.RETURNED, actor=GATEWAY)
    assert booked(reported.total(10000)).amount.minor == 10000


# Less than before.


def test_what_no_one_could_attribute_comes_back_and_its_case_says_less_or_ends(reported: Reported) -> None:
    reported.counters(unattributed_minor=1000)
    case = Case(
        CaseKind.MONEY_RETURNED,
        reported.payment.id,
        WORKSPACE,
        reported.world.clock.now(),
        "gave back 1000 USD",
        reported.payment.id,
        Money(1000, "USD"),
    )
    reported.case = case
    less = reported.total(400)
    assert less is not None
    assert less.payment.current.unattributed_minor == 400
    (response,) = (record for record in less.records if isinstance(record, Case))
    assert (response.amount, response.decided_at) == (Money(400, "USD"), None)
    ended = reported.total(0)
    assert ended is not None
    assert ended.payment.current.unattributed_minor == 0
    (response,) = (record for record in ended.records if isinstance(record, Case))
    assert (response.decided_by, response.outcome) == ("system", "ended")
    reported.case = replace(case, decided_at=reported.world.clock.now())
    decided = reported.total(0)
    assert decided is not None
    assert decided.records == ()


def test_a_refund_of_ours_that_came_back_brings_nothing_back_that_no_one_could_attribute(reported: Reported) -> None:
    reported.refund(600, Status.COMPLETED, Status.FAILED)
    reported.counters(refunded_minor=600, unattributed_minor=1000)
    assert reported.total(1000) is None


def test_a_refund_of_the_dashboard_comes_back_where_the_total_falls_by_it(reported: Reported) -> None:
    reported.refund(10000, Status.COMPLETED, actor=GATEWAY)
    reported.counters(refunded_minor=10000)
    assert reported.total(10000) is None
    assert (booked(reported.total(0)).status, booked(reported.total(0)).id) == (Status.RETURNED, "rfd_0")


@pytest.mark.parametrize(("there", "comes_back"), [(Status.COMPLETED, True), (Status.FAILED, False)])
def test_what_a_refund_of_ours_takes_from_the_total_brings_no_other_back(
    reported: Reported, there: Status, comes_back: bool
) -> None:
    reported.refund(10000, Status.COMPLETED, actor=GATEWAY)
    reported.refund(10000, Status.COMPLETED, there)
    reported.counters(refunded_minor=20000)
    assert (reported.total(10000) is not None) is comes_back


def test_a_refund_of_ours_that_failed_long_ago_does_not_explain_what_is_lacking_now(reported: Reported) -> None:
    reported.refund(10000, Status.FAILED, Status.FAILED)
    reported.refund(10000, Status.COMPLETED, actor=GATEWAY)
    reported.counters(refunded_minor=10000)
    assert booked(reported.total(0)).id == "rfd_1"


def test_neither_what_went_back_outside_nor_of_another_attempt_comes_back(reported: Reported) -> None:
    reported.refund(10000, Status.COMPLETED, actor=GATEWAY, reason_text="NEFT 4711")
    reported.refund(10000, Status.COMPLETED, actor=GATEWAY, attempt_id="att_another")
    reported.counters(refunded_minor=10000)
    assert reported.total(0) is None


def test_of_several_dashboard_refunds_the_one_of_that_amount_comes_back(reported: Reported) -> None:
    reported.refund(10000, Status.COMPLETED, actor=GATEWAY)
    reported.refund(15000, Status.COMPLETED, actor=GATEWAY)
    reported.counters(refunded_minor=25000)
    assert booked(reported.total(10000)).id == "rfd_1"
    assert booked(reported.total(15000)).id == "rfd_0"
    assert booked(reported.total(8000)).id == "rfd_1"  # And the rest of it at the next check.


def test_a_part_of_what_was_imported_at_once_comes_back_as_a_refund_of_its_own(reported: Reported) -> None:
    reported.refund(25000, Status.COMPLETED, actor=GATEWAY)
    reported.counters(refunded_minor=25000)
    change = reported.total(15000)
    assert change
    assert change.payment.current.refunded_minor == 15000
    refunds = {one.amount.minor: one for one in change.records if isinstance(one, Refund)}
    assert {minor: one.status for minor, one in refunds.items()} == {
        15000: Status.COMPLETED,
        10000: Status.RETURNED,
    }
    assert (refunds[15000].id, refunds[10000].version) == ("rfd_0", 1)
    (case,) = (one for one in change.records if isinstance(one, Case))
    assert (case.kind, case.subject_id, case.amount) == ("refund_returned", refunds[10000].id, Money(10000, "USD"))


@pytest.mark.parametrize("gateway", ["stripe", "razorpay", "square", "paypal"])
def test_one_of_two_dashboard_refunds_that_were_found_at_once_comes_back(gateway: str) -> None:
    world, payment_id = paid_at(gateway)
    attempt_id = world.payment(payment_id).current.id
    for amount in (10000, 15000):
        world.admin("POST", "/_sim/dashboard_refunds", {"order": attempt_id, "amount": amount}, at=gateway)
    world.advance(61)
    report(world)
    assert [refund.amount.minor for refund in world.refunds(payment_id)] == [25000]
    first = min(world.ledger(gateway)["refunds"], key=lambda one: one["amount"])
    world.admin("POST", f"/_sim/refunds/{first['ref']}", {"act": "return"}, at=gateway)
    world.advance(61)
    report(world)
    assert world.payment(payment_id).current.refunded_minor == 15000
    (case,) = list_cases(WORKSPACE, world.ports)
    assert (case.kind, case.amount and case.amount.minor) == ("refund_returned", 10000)
    decide_case(case.id, Wanted(Outcome.REFUND, "again"), world.context())
    swept(world, 5)
    assert world.payment(payment_id).current.refunded_minor == 25000
    report(world)
    assert world.payment(payment_id).current.refunded_minor == 25000


def report(world: World) -> None:
    now = world.clock.now()
    reconcile(Window(now - timedelta(days=1), now), False, world.context())


# By its id, where no status has a total.


def test_a_dashboard_refund_that_comes_back_is_learned_by_its_webhook() -> None:
    world, answer = opened_at("phonepe", delivers_webhooks=True)
    world.payer("pay", answer["attempt_id"])
    world.advance(61)
    world.admin("POST", "/_sim/dashboard_refunds", {"order": answer["attempt_id"], "amount": 10000})
    world.advance(61)
    assert world.payment(answer["payment_id"]).current.refunded_minor == 10000
    (made,) = world.ledger()["refunds"]
    world.admin("POST", f"/_sim/refunds/{made['id'] or made['ref']}", {"act": "return"})
    world.advance(61)
    world.sweep()
    assert world.payment(answer["payment_id"]).current.refunded_minor == 0
    assert [case.kind for case in list_cases(WORKSPACE, world.ports)] == ["refund_returned"]


@pytest.mark.parametrize("there", list(Status))
def test_a_foreign_refund_is_booked_once_it_is_completed_and_not_before(there: Status) -> None:
    world, payment_id = paid_at("phonepe")
    payment: Payment = world.payment(payment_id)
    snapshot = Snapshot(there, Money(10000, "INR"), "FR1", Failure(FailureCode.OTHER) if there.is_dead else None)
    world.override("phonepe", fetch_foreign_refund=lambda ref, attempt: snapshot)
    assert synced(world, payment) is (there is Status.COMPLETED)
    assert synced(world, payment) is False
    assert world.payment(payment_id).current.refunded_minor == (10000 if there is Status.COMPLETED else 0)


def synced(world: World, payment: Payment, ref: str = "FR1") -> bool:
    return import_refunds.sync_foreign_refund((payment.id, payment.current.id), ref, world.context())


def reported_of(world: World, minor: int = 10000) -> dict[str, Status]:
    """The gateway's report of each foreign refund, by its id."""
    there: dict[str, Status] = {}

    def fetched(ref: str, _: Attempt) -> Snapshot:
        failure = Failure(FailureCode.OTHER) if there[ref].is_dead else None
        return Snapshot(there[ref], Money(minor, "INR"), ref, failure)

    world.override("phonepe", fetch_foreign_refund=fetched)
    return there


def test_of_two_dashboard_refunds_the_one_that_failed_comes_back_and_only_once() -> None:
    world, payment_id = paid_at("phonepe")
    there = reported_of(world)
    for ref in ("FR1", "FR2", "FR3"):
        there[ref] = Status.COMPLETED
        assert synced(world, world.payment(payment_id), ref)
        world.clock.sleep(1)
    there["FR2"] = Status.FAILED
    assert [synced(world, world.payment(payment_id), ref) for ref in ("FR1", "FR2", "FR2", "FR3")] == [
        False, True, False, False,
    ]  # fmt: skip
    states = {refund.refund_ref: refund.status for refund in world.refunds(payment_id)}
    assert states == {"FR1": Status.COMPLETED, "FR2": Status.RETURNED, "FR3": Status.COMPLETED}
    assert world.payment(payment_id).current.refunded_minor == 20000
    reported = world.ports.store.within(WORKSPACE).list_events(payment_id)[-1]
    assert (reported.kind, reported.actor, reported.cause) == ("refund.returned", GATEWAY, "webhook")


def test_a_refund_of_ours_does_not_come_back_by_the_name_of_a_foreign_one() -> None:
    world, payment_id = paid_at("phonepe")
    world.refund(payment_id, 10000)
    swept(world, 12)
    (refund,), payment = world.refunds(payment_id), world.payment(payment_id)
    assert (refund.status, bool(refund.refund_ref)) == (Status.COMPLETED, True)
    known = payment.with_attempt(replace(payment.current, foreign_refunds=(refund.refund_ref,)))
    world.ports.store.within(WORKSPACE).save(outcome_unknown(known, known.current.id, OWNER, world.clock.now()))
    reported_of(world)[refund.refund_ref] = Status.FAILED
    assert synced(world, world.payment(payment_id), refund.refund_ref) is False
    assert world.payment(payment_id).current.refunded_minor == 10000


@pytest.mark.parametrize("there", [Status.CREATED, Status.PENDING, Status.PROCESSING])
def test_a_dashboard_refund_comes_back_only_once_the_gateway_says_that_it_failed(there: Status) -> None:
    world, payment_id = paid_at("phonepe")
    reported = reported_of(world)
    reported["FR1"] = Status.COMPLETED
    assert synced(world, world.payment(payment_id))
    reported["FR1"] = there
    assert synced(world, world.payment(payment_id)) is False
    assert world.payment(payment_id).current.refunded_minor == 10000


def test_what_a_total_says_came_back_is_reported_as_learned_from_a_status(reported: Reported) -> None:
    reported.refund(10000, Status.COMPLETED, actor=GATEWAY)
    reported.counters(refunded_minor=10000)
    change = reported.total(0)
    assert change
    assert (change.events[-1].actor, change.events[-1].cause) == (GATEWAY, "status")


def test_a_total_whose_capture_has_no_name_is_of_the_only_one(reported: Reported) -> None:
    attempt = reported.payment.current
    snapshot = Snapshot(Status.COMPLETED, attempt.amount, "", returned=Money(10000, "USD"))
    change = compare_returned(None, reported.payment, attempt.id, snapshot, reported.context())
    assert booked(change).amount.minor == 10000


def test_a_total_less_than_before_imports_nothing_and_keeps_other_changes(reported: Reported) -> None:
    reported.refund(10000, Status.COMPLETED, actor=GATEWAY)
    reported.counters(refunded_minor=10000)
    attempt, other = reported.payment.current, unchanged(reported.payment)
    snapshot = Snapshot(Status.COMPLETED, attempt.amount, attempt.payment_ref, returned=Money(0, "USD"))
    assert compare_returned(other, reported.payment, attempt.id, snapshot, reported.context()) is other


def test_what_a_decision_paid_outside_explains_nothing_of_the_total_and_is_checked(reported: Reported) -> None:
    """Nor does the part of our books that the gateway does not have."""
    reported.refund(10000, Status.COMPLETED, Status.COMPLETED, decided="refunded_outside")
    reported.counters(refunded_minor=10000, refunded_outside_minor=10000)
    assert reported.total(10000) is None
    assert booked(reported.total(12000)).amount.minor == 2000


def test_a_dashboard_refund_while_another_is_reserved_and_disputed_is_booked_up_to_what_was_not_spent(
    reported: Reported,
) -> None:
    reported.counters(reserved_minor=10000, disputed_minor=20000)
    change = reported.total(AMOUNT)
    assert change
    assert booked(change).amount.minor == AMOUNT - 10000
    assert change.payment.current.unattributed_minor == 10000


def test_a_dashboard_refund_that_waits_in_a_case_is_reported_once_whatever_webhooks_come() -> None:
    world, payment_id = paid_at("phonepe")
    world.fault("refuse", "refund", -1)
    world.refund(payment_id)
    snapshot = Snapshot(Status.COMPLETED, Money(10000, "INR"), "FR1")
    world.override("phonepe", fetch_foreign_refund=lambda ref, attempt: snapshot)
    assert [synced(world, world.payment(payment_id)) for _ in range(3)] == [True, False, False]
    assert world.payment(payment_id).current.unattributed_minor == 10000
    (case,) = list_cases(WORKSPACE, world.ports)
    assert (case.kind, case.amount) == ("money_returned", Money(10000, "INR"))


def test_a_dashboard_refund_whose_payment_is_not_known_as_paid_yet_is_tried_again() -> None:
    world, answer = opened_at("phonepe")
    world.payer("pay", answer["attempt_id"])
    snapshot = Snapshot(Status.COMPLETED, Money(10000, "INR"), "FR1")
    world.override("phonepe", fetch_foreign_refund=lambda ref, attempt: snapshot)
    with pytest.raises(NotFound):
        synced(world, world.payment(answer["payment_id"]))
    refresh_payment(answer["payment_id"], world.context(REFRESH))
    assert synced(world, world.payment(answer["payment_id"])) is True


def test_a_dashboard_refund_of_a_payment_under_review_waits_for_the_decision_however_long_that_takes() -> None:
    world, answer = opened_at("phonepe", delivers_webhooks=True)
    world.fault("wrong_amount", "status", times=-1)
    world.payer("pay", answer["attempt_id"])
    world.advance(61)
    world.sweep()
    assert world.payment(answer["payment_id"]).review_kind == "amount"
    world.admin("POST", "/_sim/dashboard_refunds", {"order": answer["attempt_id"], "amount": 10000})
    for _ in range(30):
        world.advance(3700)
        world.sweep()
    (case,) = list_cases(WORKSPACE, world.ports)
    assert world.ports.store.list_cases(10).found == ()
    decide_case(case.id, Wanted(Outcome.ACCEPT, "as the gateway reports it"), world.context())
    world.advance(3700)
    world.sweep()
    live = world.payment(answer["payment_id"]).current
    assert (live.status, live.refunded_minor) == (Status.COMPLETED, 10000)


def test_a_reconciliation_that_another_writer_overtakes_checks_again_and_books_the_refund() -> None:
    world, payment_id = paid_at("stripe")
    attempt_id = world.payment(payment_id).current.id
    world.admin("POST", "/_sim/dashboard_refunds", {"order": attempt_id, "amount": 10000}, at="stripe")
    world.client.before.append(("transact_write_items", lambda _: world.refund(payment_id, 5000)))
    now = world.clock.now()
    report = reconcile(Window(now - timedelta(days=1), now), False, world.context())
    assert report["complete"] is True
    live = world.payment(payment_id).current
    assert live.refunded_minor + live.reserved_minor == 15000
    assert sorted(refund.actor for refund in world.refunds(payment_id)) == ["gateway", "user:owner"]
