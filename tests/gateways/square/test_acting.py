"""What the adapter does first, and what it does not do: captures, voids, charges, accepted disputes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest

from payments.domain.records.dispute import DisputeStatus
from payments.domain.records.payment import Attempt
from payments.domain.records.snapshot import Snapshot
from payments.domain.values.status import Status
from payments.domain.values.terms import MethodType, Terms
from payments.gateways.contract.errors import Rejected, Unsupported
from tests.gateways.fakes import Wire, an_order
from tests.gateways.square.calls import (
    ATTEMPT,
    AUTHORIZED,
    DIRECT,
    OPENED,
    USD,
    a_gateway,
    a_payment,
    an_error,
    an_sq_order,
    answers,
    by_path,
    money,
    response,
)


def steps(wire: Wire) -> list[str]:
    return [f"{sent.method} {sent.url.path.removeprefix('/v2/')}" for sent in wire.sent]


def test_an_authorization_that_was_lowered_is_raised_again_to_capture_the_whole() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        shown = {
            "GET": a_payment("APPROVED", total_money=money(300)),
            "PUT": a_payment("APPROVED", version_token="vt2"),
            "POST": a_payment(),
        }
        return httpx.Response(200, json={"payment": shown[request.method]})

    wire = Wire(answer)
    assert a_gateway(wire).capture_payment(AUTHORIZED, USD).amount == USD
    assert steps(wire) == ["GET payments/PAY1", "PUT payments/PAY1", "POST payments/PAY1/complete"]
    assert (response(wire, 1)["payment"], response(wire, 2)) == ({"amount_money": money()}, {"version_token": "vt2"})


def test_a_link_that_no_one_was_handed_needs_no_cancelling() -> None:
    wire = answers()
    assert a_gateway(wire).cancel_payment(ATTEMPT) == Snapshot(Status.CREATED)
    assert wire.sent == []


@pytest.mark.parametrize(
    "attempt", [replace(DIRECT, checkout_ref="PAY1"), replace(DIRECT, payment_ref="PAY1")], ids=["checkout", "payment"]
)
def test_a_charge_that_is_known_by_one_ref_is_cancelled_by_it(attempt: Attempt) -> None:
    wire = by_path(PAY1={"payment": a_payment("APPROVED")}, cancel={"payment": a_payment("CANCELED")})
    assert a_gateway(wire).cancel_payment(attempt).status is Status.CANCELLED
    assert steps(wire) == ["GET payments/PAY1", "POST payments/PAY1/cancel"]


def test_a_link_whose_closing_is_refused_while_it_is_open_was_not_closed() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "DELETE":
            return httpx.Response(400, json=an_error("BAD_REQUEST"))
        return httpx.Response(200, json={"order": an_sq_order("DRAFT")})

    with pytest.raises(Rejected, match="BAD_REQUEST"):
        a_gateway(Wire(answer)).cancel_payment(OPENED)


@pytest.mark.parametrize(
    "terms",
    [
        Terms(MethodType.UPI, source_token="cnon:1"),
        Terms(MethodType.NETBANKING, source_token="cnon:1"),
        Terms(MethodType.CARD, source_token="cnon:1", installments=3),
    ],
)
def test_what_a_token_cannot_pay_is_refused_before_anything_is_sent(terms: Terms) -> None:
    wire = answers(payment=a_payment())
    with pytest.raises(Unsupported, match="Square takes cards"):
        a_gateway(wire).charge_token(replace(DIRECT, terms=terms), an_order())
    assert wire.sent == []


def test_a_link_has_no_instalments() -> None:
    wire = answers()
    with pytest.raises(Unsupported, match="no instalments"):
        a_gateway(wire).create_checkout(replace(ATTEMPT, terms=Terms(MethodType.CARD, installments=3)), an_order())
    assert wire.sent == []


@pytest.mark.parametrize("code", ["APPROVED", "PENDING", "FAILED", "CANCELED"])
def test_of_money_that_was_not_captured_nothing_can_have_gone_back(code: str) -> None:
    wire = by_path(PAY1={"payment": a_payment(code, refund_ids=["PAY1_R1"])})
    assert a_gateway(wire).fetch_payment(AUTHORIZED).returned is None
    assert steps(wire) == ["GET payments/PAY1"]


DISPUTE: dict[str, Any] = {"id": "D1", "amount_money": money(10000), "disputed_payment": {"payment_id": "PAY1"}}
ENDS = {
    "ACCEPTED": DisputeStatus.LOST,
    "LOST": DisputeStatus.LOST,
    "WON": DisputeStatus.WON,
    "INQUIRY_CLOSED": DisputeStatus.CLOSED,
    "EVIDENCE_REQUIRED": None,
    "PROCESSING": None,
    "SOMETHING_NEW": None,
}


@pytest.mark.parametrize(("state", "end"), ENDS.items(), ids=ENDS)
def test_a_dispute_that_may_not_be_accepted_is_what_it_had_ended_as(state: str, end: DisputeStatus | None) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(400, json=an_error("INVALID_STATE"))
        return httpx.Response(200, json={"dispute": DISPUTE | {"state": state}})

    wire = Wire(answer)
    if end is None:
        with pytest.raises(Rejected, match="INVALID_STATE"):
            a_gateway(wire).accept_dispute("D1")
    else:
        assert a_gateway(wire).accept_dispute("D1").status is end
    assert steps(wire) == ["POST disputes/D1/accept", "GET disputes/D1"]
