"""Searches after a lost answer, and refunds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from payments.domain.records.payment import Attempt
from payments.domain.records.snapshot import Snapshot
from payments.domain.values.money import Money
from payments.domain.values.status import Status
from payments.gateways.contract.errors import Rejected, SearchUnfinished, Unavailable
from tests.gateways.fakes import NOW, Wire, an_order
from tests.gateways.stripe.calls import (
    ATTEMPT,
    CAPTURED,
    DIRECT,
    PAID,
    REFUND,
    a_gateway,
    answers,
    changed,
    one_by_one,
    refusal,
    sent_fields,
    session,
)


def listed(*items: object, has_more: bool = False) -> tuple[int, dict[str, object]]:
    return 200, {"object": "list", "data": list(items), "has_more": has_more}


OTHER = {"id": "cs_test_0", "client_reference_id": "att_0"}


def test_a_lost_session_is_found_in_the_time_in_which_it_may_have_been_made() -> None:
    ours = {"id": "cs_test_9", "client_reference_id": ATTEMPT.id}
    wire = one_by_one(listed(OTHER, has_more=True), listed(ours), (200, session("open")))
    assert a_gateway(wire).fetch_payment(ATTEMPT).status is Status.PENDING
    at = int(NOW.timestamp())
    window = {"created[gte]": str(at - 600), "created[lte]": str(at + 600), "limit": "100"}
    assert sent_fields(wire.sent[0]) == window
    assert sent_fields(wire.sent[1]) == window | {"starting_after": "cs_test_0"}
    assert wire.sent[2].url.path == "/v1/checkout/sessions/cs_test_9"


def test_the_search_reaches_to_the_newest_sending() -> None:
    wire = one_by_one(listed())
    a_gateway(wire).fetch_payment(replace(ATTEMPT, sent_at=NOW + timedelta(hours=1)))
    at = int(NOW.timestamp())
    window = {"created[gte]": str(at - 600), "created[lte]": str(at + 3600 + 600), "limit": "100"}
    assert sent_fields(wire.sent[0]) == window


def test_a_sending_before_the_attempt_was_made_does_not_shorten_the_search() -> None:
    wire = one_by_one(listed())
    a_gateway(wire).fetch_payment(replace(ATTEMPT, sent_at=NOW - timedelta(hours=1)))
    assert sent_fields(wire.sent[0])["created[lte]"] == str(int(NOW.timestamp()) + 600)


def test_what_a_search_did_not_find_is_not_searched_for_again() -> None:
    wire = one_by_one()
    assert a_gateway(wire).fetch_payment(replace(ATTEMPT, is_absent=True)) == Snapshot(Status.CREATED)
    assert wire.sent == []


def test_a_lost_charge_is_found_among_the_intents() -> None:
    wire = one_by_one(listed({**CAPTURED, "metadata": {"attempt_id": ATTEMPT.id}}), (200, CAPTURED))
    snapshot = a_gateway(wire).fetch_payment(DIRECT)
    assert [request.url.path for request in wire.sent] == ["/v1/payment_intents", "/v1/payment_intents/pi_1"]
    assert (snapshot.status, snapshot.ref) == (Status.COMPLETED, "pi_1")


LOOKS: dict[str, Callable[[Any], object]] = {
    "a session": lambda gateway: gateway.fetch_payment(ATTEMPT),
    "a charge": lambda gateway: gateway.fetch_payment(DIRECT),
    "to cancel": lambda gateway: gateway.cancel_payment(ATTEMPT),
    "a refund": lambda gateway: gateway.fetch_refund(REFUND, PAID),
    "a refund of what was never paid": lambda gateway: gateway.fetch_refund(REFUND, ATTEMPT),
}


@pytest.mark.parametrize("check", LOOKS.values(), ids=LOOKS)
def test_what_stripe_does_not_have_is_only_created(check: Callable[[Any], object]) -> None:
    assert check(a_gateway(one_by_one(listed(OTHER)))) == Snapshot(Status.CREATED)


@pytest.mark.parametrize("check", LOOKS.values(), ids=LOOKS)
def test_a_list_too_long_for_one_check_says_where_the_next_one_goes_on(check: Callable[[Any], object]) -> None:
    wire = one_by_one(*[listed(OTHER, has_more=True)] * 5)
    with pytest.raises(SearchUnfinished) as unfinished:
        check(a_gateway(wire))
    assert unfinished.value.position == "cs_test_0"


def test_a_search_goes_on_after_the_last_object_that_was_read() -> None:
    ours = {"id": "cs_test_9", "client_reference_id": ATTEMPT.id}
    wire = one_by_one(listed(OTHER, has_more=True), listed(ours), (200, session("open")))
    found = a_gateway(wire).fetch_payment(replace(ATTEMPT, search_position="cs_test_7"))
    assert [sent_fields(sent).get("starting_after") for sent in wire.sent] == ["cs_test_7", "cs_test_0", None]
    assert (found.status, found.found_ref) == (Status.PENDING, "cs_test_9")


def test_the_next_page_of_a_search_begins_after_the_last_object_of_this_one() -> None:
    first = {**OTHER, "id": "cs_test_1"}
    wire = one_by_one(listed(first, OTHER, has_more=True), listed())
    assert a_gateway(wire).fetch_payment(ATTEMPT).status is Status.CREATED
    assert [sent_fields(sent).get("starting_after") for sent in wire.sent] == [None, "cs_test_0"]


def test_the_intent_of_a_webhook_is_searched_among_the_sessions_by_its_ref() -> None:
    wire = one_by_one(listed({"id": "cs_test_9", "client_reference_id": ATTEMPT.id}))
    assert a_gateway(wire).confirm_ref(ATTEMPT, "pi_1") == "cs_test_9"
    assert sent_fields(wire.sent[0]) == {"payment_intent": "pi_1", "limit": "100"}


@pytest.mark.parametrize("http_status", [403, 404])
def test_a_cancellation_that_stripe_refuses_for_another_reason_is_rejected(http_status: int) -> None:
    wire = one_by_one((200, session("open")), refusal(http_status, "no"), (200, session("expired")))
    with pytest.raises(Rejected):
        a_gateway(wire).cancel_payment(replace(ATTEMPT, checkout_ref="cs_test_1"))


def test_a_search_keeps_what_it_read_before_stripe_stopped_answering() -> None:
    wire = one_by_one(listed(OTHER, has_more=True), (503, {}))
    with pytest.raises(SearchUnfinished) as unfinished:
        a_gateway(wire).fetch_payment(ATTEMPT)
    assert unfinished.value.position == "cs_test_0"
    with pytest.raises(Unavailable) as silence:
        a_gateway(one_by_one((503, {}))).fetch_payment(ATTEMPT)
    assert type(silence.value) is Unavailable


def test_a_position_that_stripe_refuses_is_given_up_and_the_search_begins_anew() -> None:
    with pytest.raises(SearchUnfinished) as unfinished:
        a_gateway(one_by_one(refusal(400, "resource_missing"))).fetch_payment(replace(ATTEMPT, search_position="cs_0"))
    assert unfinished.value.position == ""
    with pytest.raises(Rejected):
        a_gateway(one_by_one(refusal(400, "resource_missing"))).fetch_payment(ATTEMPT)


NAMED_BY = [
    (ATTEMPT, "cs_test_9", {"id": "cs_test_9", "client_reference_id": ATTEMPT.id}, "cs_test_9"),
    (DIRECT, "pi_1", {**CAPTURED, "metadata": {"attempt_id": ATTEMPT.id}}, "pi_1"),
    (ATTEMPT, "pi_1", listed({"id": "cs_test_9", "client_reference_id": ATTEMPT.id})[1], "cs_test_9"),
]


@pytest.mark.parametrize(("attempt", "ref", "answer", "known"), NAMED_BY, ids=["session", "charge", "its intent"])
def test_a_ref_of_a_webhook_is_believed_if_its_object_names_our_id(
    attempt: Attempt, ref: str, answer: dict[str, Any], known: str
) -> None:
    wire = answers(**answer)
    assert a_gateway(wire).confirm_ref(attempt, ref) == known
    assert len(wire.sent) == 1
    assert a_gateway(answers(**answer)).confirm_ref(replace(attempt, id="att_other"), ref) == ""
    assert a_gateway(one_by_one(refusal(404, "resource_missing"))).confirm_ref(attempt, ref) == ""


@pytest.mark.parametrize("data", [None, {}, [{"client_reference_id": ATTEMPT.id}], [{"client_reference_id": 1}]])
def test_a_list_without_sense_is_no_answer(data: object) -> None:
    wire = Wire(lambda request: httpx.Response(200, json={"data": data, "has_more": True}))
    with pytest.raises(Unavailable, match="unusable"):
        a_gateway(wire).fetch_payment(ATTEMPT)


def test_a_lost_refund_is_found_by_our_id() -> None:
    ours = {"id": "re_1", "status": "failed", "amount": 10000, "currency": "usd", "payment_intent": "pi_1",
            "failure_reason": "lost_or_stolen_card", "metadata": {"refund_id": REFUND.id}}  # fmt: skip
    wire = one_by_one(listed({"id": "re_0", "metadata": {}}, ours))
    snapshot = a_gateway(wire).fetch_refund(REFUND, PAID)
    assert (snapshot.status, snapshot.ref, snapshot.subject_id) == (Status.FAILED, "re_1", REFUND.id)
    since = str(int(REFUND.created_at.timestamp()) - 600)
    assert sent_fields(wire.sent[0]) == {"payment_intent": "pi_1", "created[gte]": since, "limit": "100"}


def test_a_known_refund_is_checked_itself() -> None:
    wire = answers(id="re_1", status="succeeded", amount=10000, currency="usd", payment_intent="pi_1")
    assert a_gateway(wire).fetch_refund(replace(REFUND, refund_ref="re_1"), PAID).status is Status.COMPLETED
    assert wire.sent[0].url.path == "/v1/refunds/re_1"


@pytest.mark.parametrize("code", ["charge_already_refunded", "charge_disputed", "", "resource_missing"])
def test_a_refund_that_stripe_refuses_is_rejected(code: str) -> None:
    with pytest.raises(Rejected):
        a_gateway(one_by_one(refusal(400, code))).create_refund(REFUND, PAID)


def test_nothing_is_refunded_of_what_no_one_paid() -> None:
    wire = one_by_one((200, session("open")))
    with pytest.raises(Rejected, match="it is not paid"):
        a_gateway(wire).create_refund(REFUND, replace(PAID, payment_ref=""))


def test_an_id_cannot_change_the_route() -> None:
    wire = answers(**session("open"))
    a_gateway(wire).fetch_payment(changed(ATTEMPT, ref="../../v1/account?x#y"))
    assert wire.sent[0].url.raw_path.startswith(b"/v1/checkout/sessions/..%2F..%2Fv1%2Faccount%3Fx%23y?")


@pytest.mark.parametrize("currency", ["ISK", "UGX", "MGA"])
def test_a_currency_that_stripe_counts_otherwise_is_refused(currency: str) -> None:
    wire = answers()
    attempt = replace(DIRECT, amount=Money(100, currency))
    for call in (a_gateway(wire).create_checkout, a_gateway(wire).charge_token):
        with pytest.raises(Rejected, match=currency):
            call(attempt, an_order())
    assert wire.sent == []
