"""Square's disputes, refunds of a payment, and pending payments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from payments.domain.records.dispute import DisputeMoney, DisputePhase, DisputeStatus
from payments.domain.records.snapshot import Snapshot
from payments.domain.values.money import Money
from payments.domain.values.status import Failure, FailureCode, Status
from payments.gateways.contract.disputes import CanDispute
from payments.gateways.contract.errors import OutcomeUnknown, Rejected, Unavailable
from payments.gateways.square import wire
from payments.gateways.square.disputes import from_dispute
from tests.gateways.square.calls import (
    AUTHORIZED,
    USD,
    a_gateway,
    a_payment,
    a_refund_answer,
    an_error,
    an_sq_order,
    answers,
    by_path,
    money,
)

DISPUTE: dict[str, Any] = {
    "id": "D1",
    "amount_money": money(10000),
    "reason": "NO_KNOWLEDGE",
    "state": "EVIDENCE_REQUIRED",
    "due_at": "2026-12-05T00:00:00.000Z",
    "created_at": "2026-11-28T10:00:00.000Z",
    "updated_at": "2026-11-29T10:00:00.000Z",
    "disputed_payment": {"payment_id": "PAY1"},
}
OPENED = datetime(2026, 11, 28, 10, tzinfo=UTC)


def test_a_dispute_has_its_payment_amount_and_time_to_answer() -> None:
    dispute = from_dispute({"dispute": DISPUTE})
    assert (dispute.ref, dispute.amount, dispute.reason_code) == ("D1", Money(10000, "USD"), "NO_KNOWLEDGE")
    assert (dispute.subject_id, dispute.subject_ref) == ("", "PAY1")
    assert (dispute.opened_at, dispute.respond_by) == (OPENED, datetime(2026, 12, 5, tzinfo=UTC))
    assert (dispute.phase, dispute.status) == (DisputePhase.CHARGEBACK, DisputeStatus.OPEN)
    old = {name: value for name, value in DISPUTE.items() if name != "id"} | {"dispute_id": "D2"}
    assert from_dispute({"dispute": old}).ref == "D2"
    reported = {**DISPUTE, "created_at": None, "reported_at": "2026-11-28T10:00:00.000Z"}
    assert from_dispute({"dispute": reported}).opened_at == OPENED


MEANINGS = {
    "INQUIRY_EVIDENCE_REQUIRED": (DisputePhase.INQUIRY, DisputeStatus.OPEN),
    "INQUIRY_PROCESSING": (DisputePhase.INQUIRY, DisputeStatus.UNDER_REVIEW),
    "INQUIRY_CLOSED": (DisputePhase.INQUIRY, DisputeStatus.CLOSED),
    "EVIDENCE_REQUIRED": (DisputePhase.CHARGEBACK, DisputeStatus.OPEN),
    "PROCESSING": (DisputePhase.CHARGEBACK, DisputeStatus.UNDER_REVIEW),
    "WON": (DisputePhase.CHARGEBACK, DisputeStatus.WON),
    "LOST": (DisputePhase.CHARGEBACK, DisputeStatus.LOST),
    "ACCEPTED": (DisputePhase.CHARGEBACK, DisputeStatus.LOST),
}


@pytest.mark.parametrize("code", MEANINGS)
def test_a_dispute_is_what_its_state_says_and_the_money_of_a_lost_one_is_debited(code: str) -> None:
    dispute = from_dispute({"dispute": DISPUTE | {"state": code}})
    assert (dispute.phase, dispute.status, dispute.reported_status) == (*MEANINGS[code], code)
    assert (dispute.money is DisputeMoney.DEBITED) is (code in ("LOST", "ACCEPTED"))


@pytest.mark.parametrize("change", [{"id": None}, {"id": "D 1"}, {"amount_money": None}, {"state": ""}, {"state": 5}])
def test_a_dispute_without_sense_is_garbage(change: dict[str, Any]) -> None:
    with pytest.raises(Unavailable):
        a_gateway(answers(dispute=DISPUTE | change)).fetch_dispute("D1")


@pytest.mark.parametrize(
    ("since", "refs"),
    [
        (OPENED - timedelta(hours=1), ["D1"]),
        (OPENED + timedelta(hours=23), ["D1"]),  # Changed then.
        (OPENED + timedelta(hours=1), []),
        (OPENED + timedelta(days=2), []),
    ],
)
def test_the_list_is_filtered_by_the_time_of_opening_or_change(since: datetime, refs: list[str]) -> None:
    wire_ = answers(disputes=[DISPUTE], cursor="next")
    page = a_gateway(wire_).list_disputes(since, since + timedelta(hours=2), "before")
    assert ([each.ref for each in page.disputes], page.next_cursor) == (refs, "next")
    assert dict(wire_.sent[0].url.params) == {"location_id": "L1", "cursor": "before"}


@pytest.mark.parametrize("at", [OPENED, OPENED + timedelta(days=1)])
def test_both_ends_of_the_time_belong_to_the_list(at: datetime) -> None:
    wire_ = answers(disputes=[DISPUTE])
    gateway = a_gateway(wire_)
    for since, until in ((at, at + timedelta(seconds=1)), (at - timedelta(seconds=1), at)):
        assert [each.ref for each in gateway.list_disputes(since, until).disputes] == ["D1"]
    assert dict(wire_.sent[0].url.params) == {"location_id": "L1"}


def test_a_dispute_without_a_time_stays_in_the_list() -> None:
    timeless = {name: value for name, value in DISPUTE.items() if not name.endswith("_at")}
    page = a_gateway(answers(disputes=[timeless])).list_disputes(OPENED, OPENED)
    assert ([each.ref for each in page.disputes], page.next_cursor) == (["D1"], "")


def test_a_dispute_that_had_ended_needs_no_accepting() -> None:
    refused = answers(400, **an_error("BAD_REQUEST"))
    with pytest.raises(Rejected):
        a_gateway(refused).accept_dispute("D1")
    with pytest.raises(OutcomeUnknown):
        a_gateway(answers(500)).accept_dispute("D1")
    assert isinstance(a_gateway(refused), CanDispute)


# Refunds.

WORDS = {"PENDING": 10000, "COMPLETED": 10000, "REJECTED": 0, "FAILED": 0}


@pytest.mark.parametrize("code", WORDS)
def test_a_refund_counts_while_it_is_pending_or_completed(code: str) -> None:
    """Whatever the payment's own total says."""
    payment = a_payment(refund_ids=["R1"], refunded_money=money(12345))
    wire_ = by_path(PAY1={"payment": payment}, R1={"refund": a_refund_answer(code, id="R1")})
    assert a_gateway(wire_).fetch_payment(AUTHORIZED).returned == Money(WORDS[code], "USD")


def test_no_total_is_reported_where_a_refund_is_in_an_unknown_code() -> None:
    payment = a_payment(refund_ids=["R1", "R2"], refunded_money=money(12345))
    known, new = ({"refund": a_refund_answer(code, id="R1")} for code in ("COMPLETED", "SOMETHING_NEW"))
    assert a_gateway(by_path(PAY1={"payment": payment}, R1=known, R2=new)).fetch_payment(AUTHORIZED).returned is None


def test_no_total_is_reported_where_a_refund_that_the_payment_names_is_not_found() -> None:
    missing = httpx.Response(404, json=an_error("NOT_FOUND"))
    wire_ = by_path(PAY1={"payment": a_payment(refund_ids=["R1", 5, "a b"])}, R1=missing)
    with pytest.raises(Rejected):
        a_gateway(wire_).fetch_payment(AUTHORIZED)
    assert len(wire_.sent) == 2


def test_a_payment_without_refunds_is_one_call() -> None:
    wire_ = answers(payment=a_payment())
    assert a_gateway(wire_).fetch_payment(AUTHORIZED).returned == Money(0, "USD")
    assert len(wire_.sent) == 1


# Authorizations and pending payments.

UNTIL = {"delayed_until": "2026-12-05T00:00:00.000Z"}
LAPSED = Failure(FailureCode.EXPIRED, "CANCELED")


@pytest.mark.parametrize(
    ("times", "status", "failure"),
    [
        (UNTIL | {"updated_at": "2026-12-05T00:00:00.000Z"}, Status.EXPIRED, LAPSED),
        (UNTIL | {"updated_at": "2026-12-04T23:59:59.999Z"}, Status.CANCELLED, None),
        (UNTIL, Status.CANCELLED, None),
        ({"updated_at": "2026-12-05T00:00:00.000Z"}, Status.CANCELLED, None),
    ],
)
def test_what_was_canceled_at_its_end_has_lapsed(times: dict[str, Any], status: Status, failure: object) -> None:
    snapshot = wire.from_payment({"payment": a_payment("CANCELED", **times)})
    assert (snapshot.status, snapshot.failure) == (status, failure)


def test_the_time_of_the_voiding_counts_before_that_of_a_later_change() -> None:
    timeline = {"card_payment_timeline": {"voided_at": "2026-12-01T00:00:00.000Z"}}
    later = UNTIL | {"updated_at": "2026-12-09T00:00:00.000Z", "card_details": timeline}
    assert wire.from_payment({"payment": a_payment("CANCELED", **later)}).status is Status.CANCELLED


@pytest.mark.parametrize("code", ["PENDING", "SOMETHING_NEW"])
def test_a_payment_that_is_pending_or_in_an_unknown_code_is_in_progress(code: str) -> None:
    assert wire.from_payment({"payment": a_payment(code)}).is_in_progress


@pytest.mark.parametrize("state", ["DRAFT", "OPEN", "SOMETHING_NEW"])
def test_an_unpaid_order_is_not_in_progress(state: str) -> None:
    assert not wire.from_link_order(an_sq_order(state), [], "").is_in_progress


# Several tenders of one order.


def part(ref: str, minor: int, returned: int | None = 0) -> Snapshot:
    gone = None if returned is None else Money(returned, "USD")
    return Snapshot(Status.COMPLETED, Money(minor, "USD"), ref, returned=gone)


TOTAL = an_sq_order("OPEN", "P1", "P2") | {"total_money": money(49900)}


def test_tenders_that_make_up_the_total_are_one_payment_named_by_the_largest() -> None:
    parts = [part("P1", 9900, 100), part("P2", 40000, 200)]
    paid = wire.from_link_order(TOTAL, parts, "")
    assert (paid.ref, paid.amount, paid.returned, paid.extra_captures) == ("P2", USD, Money(300, "USD"), ())
    assert wire.from_link_order(TOTAL, parts, "P1").ref == "P1"
    assert wire.from_link_order(TOTAL, [parts[0], part("P2", 40000, None)], "").returned is None


def test_tenders_that_do_not_make_up_the_total_stay_apart() -> None:
    twice = wire.from_link_order(TOTAL, [part("P1", 49900), part("P2", 49900)], "")
    assert (twice.ref, twice.amount, [each.ref for each in twice.extra_captures]) == ("P1", USD, ["P2"])
    less = wire.from_link_order(TOTAL, [part("P1", 9900), part("P2", 100)], "")
    assert (less.amount, len(less.extra_captures)) == (Money(9900, "USD"), 1)
