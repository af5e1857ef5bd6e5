"""Methods that make several calls: lists, orders with several payments, captures, voids."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest

from payments.domain.records.snapshot import Snapshot
from payments.domain.values.money import Money
from payments.domain.values.status import Status
from payments.gateways.contract.errors import Rejected, SearchUnfinished, Unavailable
from tests.gateways.fakes import Wire
from tests.gateways.square.calls import (
    ATTEMPT,
    AUTHORIZED,
    DIRECT,
    OPENED,
    PAID,
    REFUND,
    USD,
    a_gateway,
    a_payment,
    a_refund_answer,
    an_error,
    an_sq_order,
    answers,
    by_path,
    response,
)


def test_a_lost_charge_is_searched_around_its_time_at_its_location() -> None:
    wire = answers(payments=[a_payment(reference_id="att_other"), a_payment(id="PAY2", reference_id=DIRECT.id)])
    snapshot = a_gateway(wire).fetch_payment(DIRECT)
    assert (snapshot.status, snapshot.ref, snapshot.amount) == (Status.COMPLETED, "PAY2", USD)
    assert dict(wire.sent[0].url.params) == {
        "location_id": "L1",
        "begin_time": "2026-11-20T10:20:00.000Z",
        "end_time": "2026-11-20T10:40:00.000Z",
        "sort_order": "ASC",
        "limit": "100",
    }


def pages(count: int, last: dict[str, Any]) -> Wire:
    def answer(request: httpx.Request) -> httpx.Response:
        number = int(request.url.params.get("cursor", "0"))
        return httpx.Response(200, json=last if number == count else {"cursor": str(number + 1)})

    return Wire(answer)


FOUND: dict[str, Any] = {"payments": [a_payment(reference_id=DIRECT.id)]}


@pytest.mark.parametrize(("last", "status"), [(FOUND, Status.COMPLETED), ({}, Status.CREATED)])
def test_a_list_is_read_page_by_page(last: dict[str, Any], status: Status) -> None:
    wire = pages(3, last)
    assert a_gateway(wire).fetch_payment(DIRECT).status is status
    assert [sent.url.params.get("cursor") for sent in wire.sent] == [None, "1", "2", "3"]
    assert len({sent.url.params.remove("cursor") for sent in wire.sent}) == 1


def test_a_search_goes_on_at_the_time_up_to_which_all_were_read() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        made = a_payment(reference_id="till-1", created_at="2026-11-20T10:31:07.250Z")
        return httpx.Response(200, json={"payments": [made], "cursor": "more"})

    with pytest.raises(SearchUnfinished) as unfinished:
        a_gateway(Wire(answer)).fetch_payment(DIRECT)
    assert unfinished.value.position == "2026-11-20T10:31:07.250Z"
    wire = answers(**FOUND)
    later = replace(DIRECT, search_position=unfinished.value.position)
    assert a_gateway(wire).fetch_payment(later).found_ref == "PAY1"
    params = dict(wire.sent[0].url.params)
    assert (params["begin_time"], params["end_time"]) == ("2026-11-20T10:31:07.250Z", "2026-11-20T10:40:00.000Z")
    assert "cursor" not in params, "a cursor lives for minutes"


def test_a_list_without_end_is_no_proof_of_absence() -> None:
    wire = pages(1000, {})
    with pytest.raises(SearchUnfinished):
        a_gateway(wire).fetch_payment(DIRECT)
    assert len(wire.sent) == 5


def test_a_ref_of_a_webhook_is_believed_if_its_payment_names_our_id() -> None:
    made = answers(payment=a_payment(reference_id=DIRECT.id))
    assert a_gateway(made).confirm_ref(DIRECT, "PAY1") == "PAY1"
    assert a_gateway(made).confirm_ref(replace(DIRECT, id="att_other"), "PAY1") == ""
    assert a_gateway(made).confirm_ref(ATTEMPT, "PAY1") == "", "a link's payment names its order"
    assert a_gateway(answers(404, **an_error("NOT_FOUND"))).confirm_ref(DIRECT, "PAY1") == ""


def test_a_lost_refund_is_found_among_those_that_its_payment_names() -> None:
    refs = ["PAY1_R0", "PAY1_R1", "PAY1_R2"]
    other = a_refund_answer("COMPLETED", reason="other")
    wire = by_path(
        PAY1={"payment": a_payment(refund_ids=refs)},
        PAY1_R1={"refund": a_refund_answer()},
        **{ref: {"refund": other | {"id": ref}} for ref in ("PAY1_R0", "PAY1_R2")},
    )
    found = a_gateway(wire).fetch_refund(REFUND, PAID)
    assert (found.status, found.ref) == (Status.PROCESSING, "PAY1_R1")
    assert [path for _, path in steps(wire)] == ["payments/PAY1", "refunds/PAY1_R2", "refunds/PAY1_R1"]


def test_a_refund_that_its_payment_does_not_name_is_only_created() -> None:
    wire = by_path(PAY1={"payment": a_payment()})
    assert a_gateway(wire).fetch_refund(REFUND, PAID) == Snapshot(Status.CREATED)
    assert a_gateway(wire).fetch_refund(REFUND, replace(PAID, payment_ref="")) == Snapshot(Status.CREATED)


# Several payments of one order.


def test_the_first_payment_wins_and_the_second_is_reported_beside_it() -> None:
    second = a_payment(id="PAY2", total_money={"amount": 49900, "currency": "USD"})
    wire = by_path(
        ORDER1={"order": an_sq_order("OPEN", "PAY0", "PAY1", "PAY2")},
        PAY0={"payment": a_payment("FAILED", id="PAY0")},
        PAY1={"payment": a_payment()},
        PAY2={"payment": second},
    )
    snapshot = a_gateway(wire).fetch_payment(OPENED)
    assert (snapshot.status, snapshot.ref, snapshot.subject_id) == (Status.COMPLETED, "PAY1", ATTEMPT.id)
    assert [(other.ref, other.amount) for other in snapshot.extra_captures] == [("PAY2", USD)]
    again = a_gateway(wire).fetch_payment(replace(OPENED, payment_ref="PAY2"))
    assert (again.ref, [other.ref for other in again.extra_captures]) == ("PAY2", ["PAY1"])


@pytest.mark.parametrize(
    ("state", "payment", "status"),
    [
        ("DRAFT", "FAILED", Status.PENDING),
        ("OPEN", "CANCELED", Status.PENDING),
        ("CANCELED", "FAILED", Status.CANCELLED),
        ("CANCELED", "COMPLETED", Status.COMPLETED),
        ("DRAFT", "PENDING", Status.PENDING),
        ("SOMETHING_NEW", "SOMETHING_NEW", Status.PENDING),
    ],
)
def test_the_payment_decides_and_the_order_only_without_one(state: str, payment: str, status: Status) -> None:
    wire = by_path(ORDER1={"order": an_sq_order(state, "PAY1")}, PAY1={"payment": a_payment(payment)})
    assert a_gateway(wire).fetch_payment(OPENED).status is status


# Capture and cancel.


def steps(wire: Wire) -> list[tuple[str, str]]:
    return [(sent.method, sent.url.path.removeprefix("/v2/")) for sent in wire.sent]


def test_a_full_capture_completes_what_was_seen() -> None:
    wire = by_path(PAY1={"payment": a_payment("APPROVED")}, complete={"payment": a_payment()})
    assert a_gateway(wire).capture_payment(AUTHORIZED, USD).status is Status.COMPLETED
    assert steps(wire) == [("GET", "payments/PAY1"), ("POST", "payments/PAY1/complete")]
    assert response(wire, 1) == {"version_token": "vt1"}


def test_a_partial_capture_lowers_the_amount_first() -> None:
    lowered = a_payment("APPROVED", total_money={"amount": 300, "currency": "USD"}, version_token="vt2")

    def answer(request: httpx.Request) -> httpx.Response:
        shown = {"GET": a_payment("APPROVED"), "PUT": lowered, "POST": lowered | {"status": "COMPLETED"}}
        return httpx.Response(200, json={"payment": shown[request.method]})

    wire = Wire(answer)
    snapshot = a_gateway(wire).capture_payment(AUTHORIZED, Money(300, "USD"))
    assert (snapshot.status, snapshot.amount) == (Status.COMPLETED, Money(300, "USD"))
    assert steps(wire)[1:] == [("PUT", "payments/PAY1"), ("POST", "payments/PAY1/complete")]
    assert response(wire, 1) == {
        "idempotency_key": f"{ATTEMPT.id}-u300",
        "payment": {"amount_money": {"amount": 300, "currency": "USD"}},
    }
    assert response(wire, 2) == {"version_token": "vt2"}
    assert len(f"{ATTEMPT.id}-u{10**13 - 1}") <= 45


@pytest.mark.parametrize(
    ("status", "ours"),
    [("COMPLETED", Status.COMPLETED), ("CANCELED", Status.CANCELLED), ("FAILED", Status.FAILED)],
)
def test_what_has_ended_is_not_captured_again(status: str, ours: Status) -> None:
    wire = by_path(PAY1={"payment": a_payment(status)})
    assert a_gateway(wire).capture_payment(AUTHORIZED, USD).status is ours
    assert len(wire.sent) == 1


def raced(before: str, after: str, path: str) -> Wire:
    """Refused, because somebody acted between the check and the call."""
    shown = [before, after]

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith(path):
            return httpx.Response(400, json=an_error("BAD_REQUEST"))
        return httpx.Response(200, json={"payment": a_payment(shown.pop(0) if len(shown) > 1 else shown[0])})

    return Wire(answer)


def test_a_capture_that_lost_a_race_returns_the_actual_state() -> None:
    assert (
        a_gateway(raced("APPROVED", "CANCELED", "/complete")).capture_payment(AUTHORIZED, USD).status
        is Status.CANCELLED
    )
    with pytest.raises(Rejected):
        a_gateway(raced("APPROVED", "APPROVED", "/complete")).capture_payment(AUTHORIZED, USD)


def test_a_cancel_that_lost_a_race_returns_the_actual_state() -> None:
    assert a_gateway(raced("APPROVED", "COMPLETED", "/cancel")).cancel_payment(AUTHORIZED).status is Status.COMPLETED
    with pytest.raises(Rejected):
        a_gateway(raced("APPROVED", "APPROVED", "/cancel")).cancel_payment(AUTHORIZED)


def test_an_authorization_is_voided_by_its_payment() -> None:
    wire = by_path(PAY1={"payment": a_payment("APPROVED")}, cancel={"payment": a_payment("CANCELED")})
    assert a_gateway(wire).cancel_payment(AUTHORIZED).status is Status.CANCELLED
    assert steps(wire)[-1] == ("POST", "payments/PAY1/cancel")


def test_an_unpaid_link_is_deleted_and_its_order_checked() -> None:
    states = ["DRAFT", "CANCELED"]

    def answer(request: httpx.Request) -> httpx.Response:
        gone = {"id": "LINK1", "cancelled_order_id": "ORDER1"}
        return httpx.Response(200, json=gone if request.method == "DELETE" else {"order": an_sq_order(states.pop(0))})

    wire = Wire(answer)
    assert a_gateway(wire).cancel_payment(OPENED).status is Status.CANCELLED
    assert ("DELETE", "online-checkout/payment-links/LINK1") in steps(wire)


def test_a_paid_link_is_not_deleted() -> None:
    wire = by_path(ORDER1={"order": an_sq_order("OPEN", "PAY1")}, PAY1={"payment": a_payment()})
    assert a_gateway(wire).cancel_payment(OPENED).status is Status.COMPLETED
    assert "DELETE" not in [sent.method for sent in wire.sent]


def test_a_charge_that_was_never_seen_is_cancelled_by_its_key_and_searched_for() -> None:
    wire = by_path(cancel={}, payments={"payments": [a_payment("CANCELED", reference_id=DIRECT.id)]})
    assert a_gateway(wire).cancel_payment(DIRECT).status is Status.CANCELLED
    assert response(wire) == {"idempotency_key": DIRECT.id}
    assert steps(wire) == [("POST", "payments/cancel"), ("GET", "payments")]


@pytest.mark.parametrize("broken", [{"id": None}, {"total_money": {"amount": "49900", "currency": "USD"}}])
def test_an_authorized_payment_without_sense_is_requested_again(broken: dict[str, Any]) -> None:
    with pytest.raises(Unavailable, match="unusable"):
        a_gateway(answers(payment=a_payment("APPROVED", **broken))).capture_payment(AUTHORIZED, USD)
