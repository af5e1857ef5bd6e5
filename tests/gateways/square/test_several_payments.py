"""Several payments of one link's order: the winning one, the extra ones, and parts of one payment."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from payments.domain.records.snapshot import ExtraCapture, Snapshot
from payments.domain.values.money import Money
from payments.domain.values.status import Status
from payments.gateways.square import codes, requests, wire
from tests.gateways.fakes import an_order
from tests.gateways.square.calls import (
    ATTEMPT,
    DIRECT,
    REFUND,
    a_gateway,
    a_payment,
    an_error,
    an_sq_order,
    answers,
    money,
)


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def paid(ref: str, minor: int, returned: Money | None = None) -> Snapshot:
    return Snapshot(Status.COMPLETED, usd(minor), ref, returned=returned)


def authorized(ref: str, minor: int) -> Snapshot:
    return Snapshot(Status.AUTHORIZED, usd(minor), ref)


def order_of(minor: int, state: str = "COMPLETED") -> dict[str, Any]:
    return an_sq_order(state) | {"total_money": money(minor)}


def test_parts_that_make_up_the_total_are_one_payment_under_the_largest() -> None:
    parts = [paid("PAY9", 100, usd(0)), paid("PAY1", 300, usd(20)), paid("PAY2", 200, usd(3))]
    stored = wire.from_link_order(order_of(600), parts, "")
    assert (stored.ref, stored.amount, stored.returned, stored.extra_captures) == ("PAY1", usd(600), usd(23), ())
    assert wire.from_link_order(order_of(600), parts, "PAY2").ref == "PAY2"


def test_what_went_back_of_parts_is_unknown_where_one_does_not_say() -> None:
    parts = [paid("PAY1", 300, usd(20)), paid("PAY2", 200)]
    stored = wire.from_link_order(order_of(500), parts, "")
    assert (stored.amount, stored.returned) == (usd(500), None)


def test_a_payment_that_is_no_part_says_nothing_of_the_parts() -> None:
    voided = Snapshot(Status.CANCELLED, None, "PAY3", returned=usd(7))
    parts = [voided, paid("PAY1", 300, usd(20)), paid("PAY2", 200)]
    assert wire.from_link_order(order_of(500), parts, "").returned is None


def test_money_that_is_only_authorized_is_no_part() -> None:
    stored = wire.from_link_order(order_of(500), [authorized("PAY1", 300), paid("PAY2", 200)], "")
    assert (stored.ref, stored.amount) == ("PAY2", usd(200))


def test_one_payment_of_the_whole_total_is_no_part() -> None:
    stored = wire.from_link_order(order_of(500), [paid("PAY1", 500, usd(5)), authorized("PAY2", 500)], "")
    assert (stored.ref, stored.amount, stored.returned) == ("PAY1", usd(500), usd(5))


def test_only_captured_money_is_reported_beside_the_winning_payment() -> None:
    authorized_too, nameless = authorized("PAY3", 500), replace(paid("PAY4", 500), amount=None)
    stored = wire.winner_of([authorized_too, paid("PAY1", 500), paid("PAY2", 500), nameless], "PAY2")
    assert stored
    assert (stored.ref, stored.extra_captures) == ("PAY2", (ExtraCapture("PAY1", usd(500)),))


def test_a_known_payment_that_was_not_captured_does_not_win_before_one_that_was() -> None:
    stored = wire.winner_of([authorized("PAY1", 500), paid("PAY2", 500)], "PAY1")
    assert stored
    assert (stored.ref, stored.extra_captures) == ("PAY2", ())


@pytest.mark.parametrize(
    ("state", "payments"),
    [("OPEN", []), ("CANCELED", []), ("CANCELED", [Snapshot(Status.FAILED, None, "PAY1")])],
)
def test_an_order_without_a_payment_still_names_our_attempt(state: str, payments: list[Snapshot]) -> None:
    found = wire.from_link_order(an_sq_order(state), payments, "")
    assert found.status is (Status.CANCELLED if state == "CANCELED" else Status.PENDING)
    assert found.subject_id == ATTEMPT.id


def test_a_payment_that_names_an_attempt_is_believed_before_its_order() -> None:
    named = replace(paid("PAY1", 500), subject_id="att_other")
    assert wire.from_link_order(order_of(500), [named], "").subject_id == "att_other"
    assert wire.from_link_order(order_of(500), [paid("PAY1", 500)], "").subject_id == ATTEMPT.id


def test_an_order_of_ten_tenders_is_read() -> None:
    refs = [f"P{number}" for number in range(10)]
    assert wire.from_order({"order": an_sq_order("OPEN", *refs)})[1] == refs


@pytest.mark.parametrize("code", sorted(codes.OURS | codes.UNKNOWN | codes.NOT_NOW))
def test_an_error_of_another_kind_is_no_decline_whatever_its_category(code: str) -> None:
    assert not wire.is_decline(an_error(code, "PAYMENT_METHOD_ERROR"))


def test_only_a_token_that_is_not_found_is_a_decline() -> None:
    assert wire.is_decline(an_error("NOT_FOUND", field="source_id"))
    assert not wire.is_decline(an_error("A_NEW_WORD", field="source_id"))
    assert not wire.is_decline(an_error("NOT_FOUND", field="location_id"))


@pytest.mark.parametrize(("response", "stored"), [("PAY1", "PAY1"), ("../PAY1", ""), ("", "")])
def test_a_payment_beside_a_decline_is_known_by_a_plain_name_alone(response: str, stored: str) -> None:
    charge = wire.from_decline(an_error("CVV_FAILURE") | {"payment": {"id": response}})
    assert (charge.ref, charge.snapshot.ref) == (stored, stored)


def test_a_payment_without_a_checkout_is_read_by_its_own_ref() -> None:
    sent = answers(payment=a_payment("PENDING"))
    assert a_gateway(sent).fetch_payment(replace(DIRECT, payment_ref="PAY1")).ref == "PAY1"
    assert [request.url.path for request in sent.sent] == ["/v2/payments/PAY1"]


def test_a_charge_that_a_search_did_not_find_is_not_searched_for_again() -> None:
    sent = answers(payments=[])
    assert a_gateway(sent).fetch_payment(replace(DIRECT, is_absent=True)) == Snapshot(Status.CREATED)
    assert sent.sent == []


def test_refunds_with_names_that_are_none_are_left_out() -> None:
    assert wire.refunds_of(a_payment(refund_ids=["PAY1_R1", 5, "", "../R2", "PAY1_R3"])) == ["PAY1_R1", "PAY1_R3"]


@pytest.mark.parametrize("status", ["APPROVED", "COMPLETED", "PENDING", "FAILED"])
def test_only_a_payment_that_was_voided_has_lapsed(status: str) -> None:
    times = {"delayed_until": "2026-11-27T10:00:00Z", "updated_at": "2026-11-27T10:00:00Z"}
    assert wire.from_payment({"payment": a_payment("CANCELED", **times)}).status is Status.EXPIRED
    assert wire.from_payment({"payment": a_payment(status, **times)}).status is not Status.EXPIRED


def test_the_position_of_a_page_is_the_time_of_its_last_payment() -> None:
    listed = [a_payment(created_at=f"2026-11-27T10:0{minute}:00Z") for minute in (1, 2)]
    page = wire.from_payments({"payments": listed, "cursor": "next"}, ATTEMPT.id)
    assert (page.hit, page.next_page, page.position) == (None, "next", "2026-11-27T10:02:00.000Z")


def test_a_link_is_named_by_the_payment_where_the_merchant_names_no_order() -> None:
    order = an_order(merchant_order_id="")
    made: Any = requests.to_link(ATTEMPT, order, "L1")["order"]
    assert made["line_items"][0]["name"] == order.payment_id


def test_the_note_of_a_charge_stays_within_squares_limit() -> None:
    assert len(str(requests.to_charge(DIRECT, an_order(merchant_order_id="x" * 600), "L1")["note"])) == 500


def test_a_payment_without_a_version_is_completed_without_one() -> None:
    assert requests.to_completion({"id": "PAY1"}) == {}
    assert requests.to_completion(a_payment()) == {"version_token": "vt1"}


def test_the_search_reaches_from_before_the_attempt_to_after_its_newest_sending() -> None:
    at = datetime(2026, 11, 27, 10, tzinfo=UTC)
    attempt = replace(DIRECT, created_at=at, sent_at=at.replace(hour=12))
    assert requests.to_payments_window(attempt, "L1", "") == {
        "location_id": "L1", "begin_time": "2026-11-27T09:50:00.000Z", "end_time": "2026-11-27T12:10:00.000Z",
        "sort_order": "ASC", "limit": "100",
    }  # fmt: skip
    assert (
        requests.to_payments_window(attempt, "L1", "2026-11-27T11:00:00.000Z")["begin_time"]
        == "2026-11-27T11:00:00.000Z"
    )


@pytest.mark.parametrize("payment_ref", ["", "PAY1"])
def test_the_refund_of_a_payment_that_no_one_names_is_read(payment_ref: str) -> None:
    answer = {"id": "R1", "status": "COMPLETED", "amount_money": money(100), "reason": f"customer_request {REFUND.id}"}
    assert wire.from_refund({"refund": answer}, payment_ref).subject_id == REFUND.id
    assert wire.from_refund({"refund": answer | {"payment_id": "PAY1"}}, payment_ref).ref == "R1"


def test_a_payment_whose_amount_is_unknown_is_no_part() -> None:
    nameless = replace(paid("PAY4", 500), amount=None)
    stored = wire.from_link_order(order_of(500), [nameless, paid("PAY1", 300, usd(0)), paid("PAY2", 200, usd(0))], "")
    assert (stored.ref, stored.amount, stored.returned) == ("PAY1", usd(500), usd(0))


@pytest.mark.parametrize("first", [Status.FAILED, Status.CANCELLED, Status.EXPIRED])
def test_money_that_may_still_come_wins_before_a_try_that_ended(first: Status) -> None:
    ended, pending = Snapshot(first, None, "PAY0"), Snapshot(Status.PENDING, None, "PAY8")
    for tries, ref in (
        ([ended, pending], "PAY8"),
        ([ended, pending, authorized("PAY9", 100)], "PAY9"),
        ([ended], "PAY0"),
    ):
        stored = wire.winner_of(tries)
        assert stored
        assert stored.ref == ref
