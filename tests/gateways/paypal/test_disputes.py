"""PayPal's disputes as our records."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from payments.domain.records.dispute import DisputeMoney, DisputePhase, DisputeSnapshot, DisputeStatus
from payments.domain.values.money import Money
from payments.gateways.contract.disputes import CanDispute, DisputePage
from payments.gateways.contract.errors import OutcomeUnknown, Rejected, Unavailable
from payments.gateways.paypal import disputes
from payments.gateways.paypal.codes import IN_PROGRESS
from tests.gateways.fakes import NOW
from tests.gateways.paypal.calls import (
    ATTEMPT,
    CAPTURE_REF,
    DISPUTE_REF,
    USD,
    Wire,
    a_dispute,
    a_gateway,
    answers,
    in_turn,
    refused,
)

PATH = "/v1/customer/disputes"
SINCE = NOW - timedelta(days=120)


def resolved(outcome: str, **more: Any) -> dict[str, Any]:
    return a_dispute("RESOLVED", dispute_outcome={"outcome_code": outcome}) | more


def moved(
    kind: str, value: str = "499.00", party: str = "SELLER", reason: str = "DISPUTE_SETTLEMENT"
) -> dict[str, Any]:
    amount = {"currency_code": "USD", "value": value}
    return {"affected_party": party, "type": kind, "reason": reason, "amount": amount}


def test_all_fields_of_a_dispute_are_read() -> None:
    assert disputes.from_dispute(a_dispute()) == DisputeSnapshot(
        ref=DISPUTE_REF,
        amount=Money(49900, "USD"),
        phase=DisputePhase.CHARGEBACK,
        status=DisputeStatus.OPEN,
        reported_status="OPEN",
        subject_ref=CAPTURE_REF,
        reason_code="MERCHANDISE_OR_SERVICE_NOT_RECEIVED",
        opened_at=datetime(2026, 11, 25, 8, tzinfo=UTC),
        respond_by=datetime(2026, 12, 5, 8, tzinfo=UTC),
    )


STATUSES = {
    "OPEN": DisputeStatus.OPEN,
    "WAITING_FOR_SELLER_RESPONSE": DisputeStatus.OPEN,
    "WAITING_FOR_BUYER_RESPONSE": DisputeStatus.UNDER_REVIEW,
    "UNDER_REVIEW": DisputeStatus.UNDER_REVIEW,
    "OTHER": None,
    "A_NEW_WORD": None,
    "RESOLVED": None,
}


@pytest.mark.parametrize(("text", "status"), STATUSES.items())
def test_each_status_of_a_dispute_is_mapped(text: str, status: DisputeStatus | None) -> None:
    dispute = disputes.from_dispute(a_dispute(text))
    assert (dispute.status, dispute.reported_status, dispute.money) == (status, text, DisputeMoney.NONE)


OUTCOMES = {
    "RESOLVED_SELLER_FAVOUR": (DisputeStatus.WON, DisputeMoney.NONE),
    "DENIED": (DisputeStatus.WON, DisputeMoney.NONE),
    "RESOLVED_BUYER_FAVOUR": (DisputeStatus.LOST, DisputeMoney.DEBITED),
    "ACCEPTED": (DisputeStatus.LOST, DisputeMoney.DEBITED),
    "RESOLVED_WITH_PAYOUT": (DisputeStatus.LOST, DisputeMoney.NONE),
    "CANCELED_BY_BUYER": (DisputeStatus.CLOSED, DisputeMoney.NONE),
    "NONE": (DisputeStatus.CLOSED, DisputeMoney.NONE),
    "A_NEW_WORD": (None, DisputeMoney.NONE),
}


@pytest.mark.parametrize(("outcome", "ends"), OUTCOMES.items())
def test_each_outcome_of_a_resolved_dispute_is_mapped(
    outcome: str, ends: tuple[DisputeStatus | None, DisputeMoney]
) -> None:
    dispute = disputes.from_dispute(resolved(outcome))
    assert ((dispute.status, dispute.money), dispute.reported_status) == (ends, outcome)


PHASES = {
    "INQUIRY": DisputePhase.INQUIRY,
    "CHARGEBACK": DisputePhase.CHARGEBACK,
    "PRE_ARBITRATION": DisputePhase.PRE_ARBITRATION,
    "ARBITRATION": DisputePhase.ARBITRATION,
    "MEDIATION": None,
}


@pytest.mark.parametrize(("stage", "phase"), PHASES.items())
def test_a_stage_is_a_phase(stage: str, phase: DisputePhase | None) -> None:
    dispute = disputes.from_dispute(a_dispute(stage=stage))
    assert (dispute.phase, dispute.reported_status) == (phase, "OPEN" if phase else stage)


MOVEMENTS = {
    "debited": ([moved("DEBIT")], DisputeMoney.DEBITED),
    "given back": ([moved("DEBIT"), moved("CREDIT")], DisputeMoney.RETURNED),
    "a part given back": ([moved("DEBIT"), moved("CREDIT", "100.00")], DisputeMoney.DEBITED),
    "the buyer's only": ([moved("CREDIT", party="BUYER")], DisputeMoney.DEBITED),
    "a gift": ([moved("CREDIT")], DisputeMoney.NONE),
}


@pytest.mark.parametrize(("movements", "money"), MOVEMENTS.values(), ids=MOVEMENTS)
def test_the_merchants_movements_decide_where_the_money_is(movements: list[Any], money: DisputeMoney) -> None:
    """Without a movement of the merchant's the outcome decides: this movement is the buyer's."""
    dispute = disputes.from_dispute(resolved("RESOLVED_BUYER_FAVOUR", money_movements=movements))
    assert dispute.money is money


def test_a_movement_without_a_reason_is_of_the_disputed_money() -> None:
    movement = {name: value for name, value in moved("DEBIT").items() if name != "reason"}
    assert disputes.from_dispute(a_dispute(money_movements=[movement])).money is DisputeMoney.DEBITED


def test_a_new_status_is_reported_before_a_new_stage() -> None:
    dispute = disputes.from_dispute(a_dispute("A_NEW_WORD", "MEDIATION"))
    assert (dispute.phase, dispute.status, dispute.reported_status) == (None, None, "A_NEW_WORD")


def test_a_fee_is_not_the_disputed_money() -> None:
    fee = moved("DEBIT", "20.00", reason="DISPUTE_FEE")
    assert disputes.from_dispute(a_dispute(money_movements=[fee])).money is DisputeMoney.NONE


@pytest.mark.parametrize(
    ("transactions", "subject_id", "subject_ref"),
    [
        ([{"seller_transaction_id": CAPTURE_REF, "custom": ATTEMPT.id}], ATTEMPT.id, ""),
        ([{"seller_transaction_id": CAPTURE_REF, "invoice_number": ATTEMPT.id}], ATTEMPT.id, ""),
        ([{"seller_transaction_id": CAPTURE_REF, "custom": "table 7"}], "", CAPTURE_REF),
        ([{"buyer_transaction_id": "8BUYER"}, {"seller_transaction_id": CAPTURE_REF}], "", CAPTURE_REF),
        ([{"seller_transaction_id": "../x"}], "", ""),
        ([{"seller_transaction_id": f"../{CAPTURE_REF}"}], "", ""),
        ([{"custom": ATTEMPT.id}, {"seller_transaction_id": CAPTURE_REF}], ATTEMPT.id, ""),
        (None, "", ""),
    ],
)
def test_a_dispute_is_about_our_attempt_else_about_the_capture(
    transactions: Any, subject_id: str, subject_ref: str
) -> None:
    dispute = disputes.from_dispute(a_dispute(disputed_transactions=transactions))
    assert (dispute.subject_id, dispute.subject_ref) == (subject_id, subject_ref)


@pytest.mark.parametrize("gone", ["dispute_id", "dispute_amount"])
def test_a_dispute_without_a_name_or_an_amount_makes_no_sense(gone: str) -> None:
    with pytest.raises(ValueError, match=gone):
        disputes.from_dispute(a_dispute() | {gone: None})


def test_a_dispute_that_paypal_does_not_know_is_a_404() -> None:
    with pytest.raises(Rejected) as raised:
        a_gateway(in_turn(refused("INVALID_RESOURCE_ID", 404))).fetch_dispute(DISPUTE_REF)
    assert raised.value.http_status == 404


# Lists.


def listed(*refs: str, created: str = "2026-11-01T08:00:00.000Z", next_page: str = "") -> dict[str, Any]:
    links = [{"rel": "self", "href": f"https://evil.example{PATH}"}]
    links += [{"rel": "next", "href": f"https://evil.example{PATH}?next_page_token={next_page}"}] if next_page else []
    items = [{"dispute_id": ref, "create_time": created, "status": "RESOLVED"} for ref in refs]
    return {"items": items, "links": links}


def test_each_dispute_of_a_list_is_fetched_for_its_payment_and_its_outcome() -> None:
    wire = in_turn((200, listed("PP-D-2", "PP-D-1")), (200, resolved("DENIED")), (200, a_dispute()))
    page = a_gateway(wire).list_disputes(SINCE, NOW)
    assert isinstance(page, DisputePage)
    assert [dispute.status for dispute in page.disputes] == [DisputeStatus.WON, DisputeStatus.OPEN]
    assert page.next_cursor == ""
    assert [sent.url.path for sent in wire.sent] == [PATH, f"{PATH}/PP-D-2", f"{PATH}/PP-D-1"]
    assert dict(wire.sent[0].url.params) == {"update_time_after": "2026-07-23T10:30:00.000Z", "page_size": "10"}


def test_of_the_next_page_only_the_token_is_accepted() -> None:
    wire = in_turn((200, listed(next_page="Q1%3D%3D")), (200, listed()))
    gateway = a_gateway(wire)
    first = gateway.list_disputes(SINCE, NOW)
    assert first == DisputePage((), "Q1==")
    assert gateway.list_disputes(SINCE, NOW, first.next_cursor) == DisputePage(())
    assert wire.sent[1].url.host == "api-m.sandbox.paypal.com"
    window = {"update_time_after": "2026-07-23T10:30:00.000Z", "page_size": "10"}
    assert dict(wire.sent[1].url.params) == window | {"next_page_token": "Q1=="}


@pytest.mark.parametrize("query", ["next_page_token=a%20b", "next_page_token=", "page=2"])
def test_a_next_page_without_a_token_makes_no_sense(query: str) -> None:
    links = [{"rel": "next", "href": f"https://evil.example{PATH}?{query}"}]
    with pytest.raises(Unavailable, match="next_page_token"):
        a_gateway(answers(items=[], links=links)).list_disputes(SINCE, NOW)


@pytest.mark.parametrize("empty", [{"items": []}, {"links": []}])
def test_a_list_of_nothing_is_a_page(empty: dict[str, Any]) -> None:
    assert a_gateway(answers(**empty)).list_disputes(SINCE, NOW) == DisputePage(())


def test_a_listed_dispute_without_a_time_is_fetched() -> None:
    wire = in_turn((200, {"items": [{"dispute_id": DISPUTE_REF}]}), (200, a_dispute()))
    assert [each.ref for each in a_gateway(wire).list_disputes(SINCE, NOW).disputes] == [DISPUTE_REF]


def test_what_was_opened_after_the_end_is_left_out() -> None:
    wire = answers(**listed("PP-D-1", created="2026-11-20T10:30:01.000Z"))
    assert a_gateway(wire).list_disputes(SINCE, NOW) == DisputePage(())
    assert len(wire.sent) == 1


# Accepting.

ACCEPTED = resolved("RESOLVED_BUYER_FAVOUR")


def test_a_claim_is_accepted_and_then_fetched() -> None:
    wire = in_turn((200, {"links": []}), (200, ACCEPTED))
    gateway = a_gateway(wire)
    assert isinstance(gateway, CanDispute)
    dispute = gateway.accept_dispute(DISPUTE_REF)
    assert (dispute.status, dispute.money) == (DisputeStatus.LOST, DisputeMoney.DEBITED)
    wanted, _ = wire.sent
    assert (wanted.method, wanted.url.path) == ("POST", f"{PATH}/{DISPUTE_REF}/accept-claim")
    assert wanted.headers["paypal-request-id"] == f"{DISPUTE_REF}-accept"
    assert wire_body(wanted) == {"note": "The claim is accepted.", "accept_claim_type": "REFUND"}


def wire_body(request: httpx.Request) -> Any:
    return httpx.Response(200, content=request.content).json()


def test_accepting_twice_accepts_once() -> None:
    wire = in_turn(refused("ACTION_NOT_ALLOWED"), (200, ACCEPTED))
    assert a_gateway(wire).accept_dispute(DISPUTE_REF).status is DisputeStatus.LOST


@pytest.mark.parametrize("shown", [a_dispute(), a_dispute("OTHER")])
def test_a_claim_that_cannot_be_accepted_and_goes_on_is_rejected(shown: dict[str, Any]) -> None:
    with pytest.raises(Rejected) as raised:
        a_gateway(in_turn(refused("ACTION_NOT_ALLOWED"), (200, shown))).accept_dispute(DISPUTE_REF)
    assert raised.value.code == "ACTION_NOT_ALLOWED"


@pytest.mark.parametrize("code", sorted(IN_PROGRESS))
def test_an_acceptance_that_is_in_progress_is_no_refusal(code: str) -> None:
    with pytest.raises(OutcomeUnknown):
        a_gateway(in_turn(refused(code), (200, a_dispute()))).accept_dispute(DISPUTE_REF)


def test_a_lost_answer_of_an_acceptance_is_unknown() -> None:
    with pytest.raises(OutcomeUnknown):
        a_gateway(Wire(lambda request: httpx.Response(503))).accept_dispute(DISPUTE_REF)


def test_an_amount_of_another_name_is_named_in_the_error() -> None:
    with pytest.raises(ValueError, match="dispute_amount"):
        disputes.from_dispute(a_dispute(dispute_amount=USD | {"value": "x"}))
