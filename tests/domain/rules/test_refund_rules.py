"""How a refund is reserved, sent, booked and returned, and when it is checked next."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from payments.domain.change import Change, unchanged
from payments.domain.records.case import Case, CaseKind
from payments.domain.records.payment import Payment
from payments.domain.records.refund import GATEWAY, SYSTEM, ReasonCode, Refund
from payments.domain.records.snapshot import Snapshot
from payments.domain.rules import importing, refunding
from payments.domain.rules.refunding import ExceedsAvailable
from payments.domain.values.money import Money
from payments.domain.values.status import Failure, FailureCode, Status
from tests.domain.rules.test_money_rules import AMOUNT, NO, PAID, START, WHY, a_payment, a_refund, moved
from tests.domain.rules.test_rules_after_the_end import LATER, with_live

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
DONE = Snapshot(Status.COMPLETED)
FAILED = Snapshot(Status.FAILED, failure=NO)


def paid(**changes: object) -> Payment:
    return with_live(moved(a_payment(), PAID), **changes)


def sent(**changes: object) -> tuple[Payment, Refund]:
    """A refund of 10000 that is at the gateway and has the slot."""
    refund = replace(a_refund(10000), status=Status.PROCESSING, version=3, refund_ref="re_1", due_at=LATER)
    return paid(reserved_minor=10000, refunding_id="rfd_1"), replace(refund, **changes)  # type: ignore[arg-type]


def applied(payment: Payment, refund: Refund, answer: Snapshot) -> Change | None:
    return refunding.advance_refund(payment, refund, answer, WHY, LATER)


def refund_of(change: Change | None) -> Refund:
    assert change
    assert change.refund
    return change.refund


# Reserved and sent.


@pytest.mark.parametrize(
    ("of_attempt", "amount", "is_forced", "is_possible"),
    [
        ({}, AMOUNT, False, True),
        ({}, Money(49901, "INR"), False, False),
        ({}, Money(100, "USD"), False, False),
        ({"reserved_minor": 100, "refunded_minor": 200, "written_off_minor": 300}, Money(49300, "INR"), False, True),
        ({"reserved_minor": 100, "refunded_minor": 200, "written_off_minor": 300}, Money(49301, "INR"), False, False),
        ({"disputed_minor": 49800}, Money(100, "INR"), False, True),
        ({"disputed_minor": 49800}, Money(101, "INR"), False, False),
        ({"disputed_minor": 49800}, AMOUNT, True, True),
        ({"disputed_minor": 49800, "refunded_minor": 1}, AMOUNT, True, False),
        ({"disputed_minor": 60000}, Money(1, "INR"), False, False),
    ],
)
def test_no_more_is_set_aside_than_is_left(
    of_attempt: dict[str, object], amount: Money, is_forced: bool, is_possible: bool
) -> None:
    payment, refund = paid(**of_attempt), replace(a_refund(0), amount=amount, is_forced=is_forced)
    if not is_possible:
        with pytest.raises(ExceedsAvailable):
            refunding.reserved(payment, refund, one_at_a_time=True, why=WHY, at=LATER)
        return
    change = refunding.reserved(payment, refund, one_at_a_time=True, why=WHY, at=LATER)
    assert change.payment.current.reserved_minor == payment.current.reserved_minor + amount.minor
    assert change.records == (replace(refund, due_at=LATER + MINUTE),)


@pytest.mark.parametrize(
    ("one_at_a_time", "refunding_id", "waiting", "after"),
    [
        (True, "", 0, ("rfd_1", 0)),
        (True, "rfd_0", 0, ("rfd_0", 1)),
        (True, "", 2, ("", 3)),
        (False, "rfd_0", 0, ("rfd_1", 0)),
        (False, "", 2, ("rfd_1", 2)),
    ],
)
def test_where_one_refund_is_sent_at_a_time_the_others_wait_for_the_slot(
    one_at_a_time: bool, refunding_id: str, waiting: int, after: tuple[str, int]
) -> None:
    payment = paid(refunding_id=refunding_id, waiting_refunds=waiting)
    live = refunding.reserved(payment, a_refund(100), one_at_a_time=one_at_a_time, why=WHY, at=LATER).payment.current
    assert (live.refunding_id, live.waiting_refunds) == after


@pytest.mark.parametrize(("waiting", "left"), [(2, 1), (1, 0), (0, 0)])
def test_a_waiting_refund_gets_the_free_slot(waiting: int, left: int) -> None:
    change = refunding.took_slot(paid(waiting_refunds=waiting), a_refund(100), WHY, LATER)
    assert change
    assert (change.payment.current.refunding_id, change.payment.current.waiting_refunds) == ("rfd_1", left)
    assert (refund_of(change).version, refund_of(change).due_at) == (2, LATER + MINUTE)
    assert refunding.took_slot(paid(waiting_refunds=1, refunding_id="rfd_0"), a_refund(100), WHY, LATER) is None


@pytest.mark.parametrize(
    ("of_attempt", "is_forced", "may_be_sent", "waits", "is_lost_to_dispute"),
    [  # Of a reserved refund of 10000, at a gateway that takes one at a time.
        ({}, False, True, False, False),
        ({"refunding_id": "rfd_0"}, False, False, False, False),
        ({"refunding_id": ""}, False, False, False, False),
        ({"open_disputes": 1, "disputed_minor": 49900}, False, True, True, False),
        ({"open_disputes": 1, "disputed_minor": 49900}, True, True, False, False),
        ({"open_inquiries": 1}, False, True, False, False),
        ({"lost_disputes": 1, "disputed_minor": 49900}, False, True, False, True),
        ({"lost_disputes": 1, "disputed_minor": 39901}, False, True, False, True),
        ({"lost_disputes": 1, "disputed_minor": 39900}, False, True, False, False),
        ({"lost_disputes": 1, "disputed_minor": 49900}, True, True, False, False),
        ({"won_disputes": 1}, False, True, False, False),
    ],
)
def test_a_refund_is_sent_when_it_has_the_slot_and_no_dispute_debits_the_money(
    of_attempt: dict[str, object], is_forced: bool, may_be_sent: bool, waits: bool, is_lost_to_dispute: bool
) -> None:
    payment, refund = sent(is_forced=is_forced)
    payment = with_live(payment, **of_attempt)
    assert refunding.may_be_sent(payment, refund, one_at_a_time=True) is may_be_sent
    assert refunding.may_be_sent(payment, refund, one_at_a_time=False)
    assert refunding.waits_for_dispute(payment, refund) is waits
    assert refunding.is_lost_to_dispute(payment, refund) is is_lost_to_dispute


@pytest.mark.parametrize(
    ("is_late", "given", "reason_code"),
    [
        (False, None, ReasonCode.DUPLICATE),
        (True, None, ReasonCode.LATE_SUCCESS),
        (True, ReasonCode.REVIEW, ReasonCode.REVIEW),
    ],
)
def test_an_excess_capture_is_refunded_in_full_less_the_disputed_amount(
    is_late: bool, given: ReasonCode | None, reason_code: ReasonCode
) -> None:
    payment = paid(is_excess=True, is_late=is_late, disputed_minor=9900)
    change = refunding.excess_refunded(unchanged(payment), "att_1", "rfd_1", LATER, given)
    wanted = Refund(
        "rfd_1", "pay_1", "ws", "att_1", "phonepe", Money(40000, "INR"), Status.CREATED, reason_code, "", SYSTEM,
        LATER, LATER, due_at=LATER + MINUTE, merchant_order_id=payment.merchant_order_id,
    )  # fmt: skip
    assert change.records == (wanted,)
    assert (change.payment.current.reserved_minor, change.payment.current.available_minor) == (40000, 0)
    assert refunding.excess_refunded(change, "att_1", "rfd_2", LATER) == change
    captured = unchanged(with_live(payment, refunding_id="rfd_0"))
    live = refunding.excess_refunded(captured, "att_1", "rfd_1", LATER).payment.current
    assert (live.refunding_id, live.waiting_refunds) == ("rfd_0", 1), "it waits for its turn at any gateway"


# The gateway's answer.


@pytest.mark.parametrize(
    ("status", "decided", "is_under_review", "answer"),
    [
        (Status.PROCESSING, "", True, DONE),
        (Status.PROCESSING, "", False, Snapshot(Status.PROCESSING)),
        (Status.PROCESSING, "", False, Snapshot(Status.PENDING)),
        (Status.PROCESSING, "", False, Snapshot(Status.CREATED)),
        (Status.CREATED, "", False, Snapshot(Status.CREATED)),
        (Status.COMPLETED, "", False, DONE),
        (Status.COMPLETED, "", False, Snapshot(Status.PENDING)),
        (Status.COMPLETED, "refunded_outside", False, FAILED),
        (Status.COMPLETED, "write_off", False, Snapshot(Status.COMPLETED, Money(9900, "INR"))),
        (Status.FAILED, "", False, FAILED),
        (Status.FAILED, "", False, Snapshot(Status.PENDING)),
        (Status.FAILED, "write_off", False, DONE),
        (Status.RETURNED, "", False, FAILED),
        (Status.RETURNED, "accept", False, DONE),
    ],
)
def test_an_answer_without_anything_new_changes_nothing_of_a_refund(
    status: Status, decided: str, is_under_review: bool, answer: Snapshot
) -> None:
    payment, refund = sent(status=status, decided=decided, is_contradicted=is_under_review)
    assert applied(payment, refund, answer) is None


@pytest.mark.parametrize(
    ("answer", "booked", "completed_at", "due_in", "watched_for"),
    [  # Booked: reserved, refunded, and which refund has the slot.
        (Snapshot(Status.PROCESSING), (10000, 0, "rfd_1"), None, HOUR, None),
        (Snapshot(Status.PROCESSING, may_return=7 * DAY), (10000, 0, "rfd_1"), None, HOUR, None),
        (DONE, (0, 10000, ""), LATER, None, None),
        (replace(DONE, amount=Money(10000, "INR")), (0, 10000, ""), LATER, None, None),
        (replace(DONE, may_return=7 * DAY), (0, 10000, ""), LATER, DAY, 7 * DAY),
        (FAILED, (0, 0, ""), None, None, None),
    ],
)
def test_a_refund_is_booked_on_the_gateways_answer_alone(
    answer: Snapshot,
    booked: tuple[int, int, str],
    completed_at: datetime | None,
    due_in: timedelta | None,
    watched_for: timedelta | None,
) -> None:
    payment, refund = sent(status=Status.CREATED)
    change = applied(payment, refund, answer)
    assert change
    live = change.payment.current
    assert (live.reserved_minor, live.refunded_minor, live.refunding_id) == booked
    assert live.refunds_watched_until == (LATER + watched_for if watched_for else None)
    assert change.records == (
        replace(
            refund,
            status=answer.status,
            failure=answer.failure,
            version=4,
            updated_at=LATER,
            completed_at=completed_at,
            may_return_s=int(answer.may_return.total_seconds()),
            due_at=LATER + due_in if due_in else None,
        ),
    )
    assert [(event.kind, event.amount_minor, event.note) for event in change.events] == [
        (f"refund.{answer.status}", 10000, "declined" if answer.failure else "")
    ]


def test_a_refund_has_the_newest_name_that_the_gateway_gave_it_and_leaves_anothers_slot() -> None:
    payment, refund = sent()
    change = applied(with_live(payment, refunding_id="rfd_2"), refund, replace(DONE, ref="re_2"))
    assert change
    assert (refund_of(change).refund_ref, change.payment.current.refunding_id) == ("re_2", "rfd_2")


@pytest.mark.parametrize(
    ("of_attempt", "may_return", "ends_at"),
    [
        ({"refunds_watched_until": LATER + 3 * DAY}, 7 * DAY, LATER + 7 * DAY),
        ({"refunds_watched_until": LATER + 9 * DAY}, 7 * DAY, LATER + 9 * DAY),
        ({"refunds_watched_until": LATER + 9 * DAY}, timedelta(0), LATER + 9 * DAY),
    ],
)
def test_refunds_are_watched_until_the_last_of_them_can_no_longer_come_back(
    of_attempt: dict[str, object], may_return: timedelta, ends_at: datetime
) -> None:
    payment, refund = sent()
    change = applied(with_live(payment, **of_attempt), refund, replace(DONE, may_return=may_return))
    assert change
    assert change.payment.current.refunds_watched_until == ends_at


@pytest.mark.parametrize(
    ("status", "is_forced", "disputed", "has_case"),
    [
        (Status.COMPLETED, True, 39901, True),
        (Status.COMPLETED, True, 39900, False),
        (Status.COMPLETED, False, 39901, False),
        (Status.PROCESSING, True, 39901, False),
        (Status.FAILED, True, 39901, False),
    ],
)
def test_a_forced_refund_that_was_made_beside_a_dispute_is_a_case(
    status: Status, is_forced: bool, disputed: int, has_case: bool
) -> None:
    payment, refund = sent(status=Status.CREATED, is_forced=is_forced)
    change = applied(with_live(payment, disputed_minor=disputed), refund, Snapshot(status))
    assert change
    assert (change.case is not None) is has_case
    if change.case:
        assert (change.case.kind, change.case.subject_id, change.case.amount) == (
            CaseKind.REFUND_AND_DISPUTE, "rfd_1", Money(1, "INR"),
        )  # fmt: skip
        assert change.case.note == (
            "att_1: captured 49900, refunded 10000, reserved 0, disputed 39901 INR: the payer may be paid twice"
        )


@pytest.mark.parametrize(
    ("status", "amount", "note"),
    [
        (Status.PROCESSING, Money(9999, "INR"), "requested 10000 INR, reported 9999 INR"),
        (Status.PROCESSING, Money(10000, "USD"), "requested 10000 INR, reported 10000 USD"),
        (Status.COMPLETED, Money(9999, "INR"), "requested 10000 INR, reported 9999 INR"),
        (Status.FAILED, None, "failed here, completed there"),
        (Status.RETURNED, None, "returned here, completed there"),
    ],
)
def test_a_refund_that_is_not_as_the_gateway_says_waits_for_a_person_and_books_nothing(
    status: Status, amount: Money | None, note: str
) -> None:
    payment, refund = sent(status=status)
    change = applied(payment, refund, replace(DONE, amount=amount))
    assert change
    case = Case(CaseKind.REFUND_MISMATCH, "rfd_1", "ws", LATER, note, "pay_1", refund.amount)
    assert change.records == (replace(refund, version=4, is_contradicted=True, due_at=None), case)
    assert (change.payment.attempts, change.events[0].note) == (payment.attempts, note)


# Failed or came back.


@pytest.mark.parametrize(
    ("status", "actor", "kind", "note"),
    [
        (Status.PROCESSING, "user:owner", None, ""),
        (Status.CREATED, SYSTEM, CaseKind.EXCESS_REFUND_FAILED, "rfd_1 of 10000 INR failed: declined"),
        (Status.PROCESSING, SYSTEM, CaseKind.EXCESS_REFUND_FAILED, "rfd_1 of 10000 INR failed: declined"),
        (Status.COMPLETED, "user:owner", CaseKind.REFUND_RETURNED, "rfd_1 of 10000 INR came back: declined"),
        (Status.COMPLETED, GATEWAY, CaseKind.REFUND_RETURNED, "rfd_1 of 10000 INR came back: declined"),
        (Status.COMPLETED, SYSTEM, CaseKind.EXCESS_REFUND_FAILED, "rfd_1 of 10000 INR returned: declined"),
    ],
)
def test_which_refunds_without_success_open_a_case(
    status: Status, actor: str, kind: CaseKind | None, note: str
) -> None:
    payment, refund = sent(status=status, actor=actor)
    change = applied(with_live(payment, refunded_minor=10000), refund, FAILED)
    assert change
    assert (change.case is None) is (kind is None)
    if change.case:
        assert (change.case.kind, change.case.note, change.case.amount) == (kind, note, refund.amount)


def test_an_excess_refund_that_succeeds_opens_no_case() -> None:
    payment, refund = sent(status=Status.CREATED, actor=SYSTEM)
    for answer in (DONE, Snapshot(Status.PROCESSING)):
        change = applied(payment, refund, answer)
        assert change
        assert change.case is None


def test_a_refund_that_came_back_is_left_to_the_merchant_again() -> None:
    payment, refund = sent(status=Status.COMPLETED, completed_at=START, may_return_s=86_400 * 30)
    change = applied(with_live(payment, reserved_minor=0, refunded_minor=15000), refund, FAILED)
    assert change
    assert change.payment.current.refunded_minor == 5000
    assert refund_of(change) == replace(
        refund, status=Status.RETURNED, failure=NO, version=4, updated_at=LATER, due_at=None
    )


def test_a_part_of_an_imported_refund_that_came_back_is_a_refund_of_its_own() -> None:
    refund = replace(a_refund(10000), status=Status.COMPLETED, actor=GATEWAY, completed_at=START, refund_ref="re_1")
    payment = paid(refunded_minor=10000)
    change = importing.import_returned_in_part(payment, refund, 4000, "rfd_2", WHY, LATER)
    assert change.payment.current.refunded_minor == 6000
    rest, part = (one for one in change.records if isinstance(one, Refund))
    assert rest == replace(refund, amount=Money(6000, "INR"), version=2, updated_at=LATER)
    assert part == replace(
        refund,
        id="rfd_2",
        amount=Money(4000, "INR"),
        version=1,
        status=Status.RETURNED,
        failure=Failure(FailureCode.OTHER),
        created_at=LATER,
        updated_at=LATER,
    )
    assert [event.kind for event in change.events] == ["refund.split", "refund.returned"]
    assert change.case
    assert (change.case.subject_id, change.case.amount) == ("rfd_2", Money(4000, "INR"))


# Made at the gateway by others.


@pytest.mark.parametrize(
    ("ref", "known", "after"),
    [("re_9", (), ("re_9",)), ("re_9", ("re_8",), ("re_8", "re_9")), ("re_9", ("re_9",), ("re_9",)), ("", (), ())],
)
def test_a_refund_made_at_the_gateway_is_booked_as_completed(
    ref: str, known: tuple[str, ...], after: tuple[str, ...]
) -> None:
    payment = paid(foreign_refunds=known, refunded_minor=100)
    change = importing.imported(unchanged(payment), "att_1", "rfd_9", 400, LATER, ref)
    live = change.payment.current
    assert (live.refunded_minor, live.refunded_outside_minor, live.foreign_refunds) == (500, 0, after)
    assert change.records == (
        Refund(
            "rfd_9", "pay_1", "ws", "att_1", "phonepe", Money(400, "INR"), Status.COMPLETED, ReasonCode.OTHER, "",
            GATEWAY, LATER, LATER, ref, completed_at=LATER, merchant_order_id=payment.merchant_order_id,
        ),
    )  # fmt: skip
    assert [reference.name for reference in change.references] == ["rfd_9"]


@pytest.mark.parametrize(
    ("waiting", "minor", "note"),
    [
        (0, 100, "phonepe gave back 100 INR more than att_1 has left"),
        (50, 150, "phonepe gave back 100 INR more than att_1 has left, and 50 INR before"),
    ],
)
def test_more_than_an_attempt_has_left_waits_in_one_case_of_the_payment(waiting: int, minor: int, note: str) -> None:
    payment = paid(unattributed_minor=waiting)
    change = importing.unattributed(unchanged(payment), "att_1", 100, LATER, waiting=waiting, ref="re_9")
    live = change.payment.current
    assert (live.unattributed_minor, live.refunded_minor, live.foreign_refunds) == (waiting + 100, 0, ("re_9",))
    case = Case(CaseKind.MONEY_RETURNED, "pay_1", "ws", LATER, note, "pay_1", Money(minor, "INR"))
    assert change.records == (case,)


@pytest.mark.parametrize(("minor", "left"), [(40, 60), (99, 1), (100, 0), (120, 0)])
def test_what_no_one_could_attribute_and_came_back_lowers_its_case_or_ends_it(minor: int, left: int) -> None:
    payment = paid(unattributed_minor=200)
    case = Case(CaseKind.MONEY_RETURNED, "pay_1", "ws", START, "note", "pay_1", Money(100, "INR"))
    change = importing.unattributed_came_back(payment, payment.current, minor, case, WHY, LATER)
    reported_of = f"{minor} INR came back"
    assert (change.payment.current.unattributed_minor, change.events[0].note) == (200 - minor, reported_of)
    lowered = replace(case, amount=Money(left, "INR"), note=f"note, and {reported_of}")
    ended = replace(case, decided_at=LATER, decided_by=SYSTEM, outcome="ended", decision_note=reported_of)
    assert change.records == (lowered if left else ended,)
    for none in (None, replace(case, amount=None)):
        assert importing.unattributed_came_back(payment, payment.current, minor, none, WHY, LATER).records == ()


# The next check.


@pytest.mark.parametrize(
    ("of_refund", "is_waiting", "age", "due_in"),
    [
        ({"status": Status.CREATED}, False, DAY * 2, MINUTE),
        ({"status": Status.CREATED}, True, timedelta(0), MINUTE),
        ({"status": Status.CREATED}, True, HOUR, HOUR),
        ({"status": Status.CREATED}, True, DAY * 2, HOUR),
        ({}, False, timedelta(0), MINUTE),
        ({}, False, HOUR, HOUR),
        ({}, True, DAY, 6 * HOUR),
        ({"is_contradicted": True}, False, HOUR, None),
        ({"status": Status.FAILED}, False, HOUR, None),
        ({"status": Status.RETURNED, "completed_at": START, "may_return_s": 86_400 * 30}, False, HOUR, None),
        ({"status": Status.COMPLETED}, False, HOUR, None),
        ({"status": Status.COMPLETED, "completed_at": START}, False, HOUR, None),
        ({"status": Status.COMPLETED, "completed_at": START, "may_return_s": 86_400}, False, HOUR, 23 * HOUR),
        ({"status": Status.COMPLETED, "completed_at": START, "may_return_s": 86_400}, False, DAY, None),
        ({"status": Status.COMPLETED, "completed_at": START, "may_return_s": 86_400 * 3}, False, DAY, 2 * DAY),
        ({"status": Status.COMPLETED, "completed_at": START, "may_return_s": 86_400 * 3 - 1}, False, DAY, None),
    ],
)
def test_a_refund_is_checked_until_nothing_can_happen_to_it(
    of_refund: dict[str, object], is_waiting: bool, age: timedelta, due_in: timedelta | None
) -> None:
    _, refund = sent(**of_refund)
    due_at = refunding.next_check_at(refund, START + age, is_waiting=is_waiting)
    assert due_at == (START + age + due_in if due_in else None)
