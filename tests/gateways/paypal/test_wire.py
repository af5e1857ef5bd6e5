"""PayPal's answers as our snapshots, row by row."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from payments.domain.records.snapshot import ExtraCapture, Snapshot
from payments.domain.values.money import Money
from payments.domain.values.status import FailureCode, Status
from payments.domain.values.terms import ActionKind
from payments.gateways.contract.errors import Rejected
from payments.gateways.paypal import requests, wire
from payments.gateways.paypal.money import CURRENCIES, from_amount, to_amount
from payments.gateways.transport.token_vault import Token
from tests.gateways.fakes import NOW, an_order
from tests.gateways.paypal.calls import (
    ATTEMPT,
    AUTHORIZATION_REF,
    CAPTURE_REF,
    MANUAL,
    ORDER_REF,
    REFUND,
    REFUND_REF,
    USD,
    a_capture,
    a_refunded,
    an_answer,
    an_authorization,
)

OUR_PAGE = re.compile("https://www.sandbox.paypal.com/.*")
SECOND = "9SECOND000000000C"
OLDER, NEWER = "0OLD0000000000000", "0NEW0000000000000"  # Authorizations beside AUTHORIZATION_REF.
UNPAID = replace(ATTEMPT, payment_ref="")


AMOUNTS = [
    (Money(49900, "USD"), "499.00"),
    (Money(1, "EUR"), "0.01"),
    (Money(100, "GBP"), "1.00"),
    (Money(10_000_001, "SGD"), "100000.01"),
    (Money(1050, "JPY"), "1050"),
    (Money(105000, "HUF"), "1050"),
    (Money(105000, "TWD"), "1050"),
]


@pytest.mark.parametrize(("money", "value"), AMOUNTS, ids=lambda given: str(getattr(given, "currency", given)))
def test_an_amount_is_a_decimal_text_and_back(money: Money, value: str) -> None:
    amount = to_amount(money)
    assert amount == {"currency_code": money.currency, "value": value}
    assert from_amount({"amount": amount}) == money


@pytest.mark.parametrize("currency", ["INR", "KRW", "AED", "", "usd"])
def test_a_currency_that_paypal_does_not_accept_is_rejected_in_a_sentence(currency: str) -> None:
    with pytest.raises(Rejected, match=f"PayPal does not take {currency}"):
        to_amount(Money(100, currency))


@pytest.mark.parametrize("currency", ["HUF", "TWD"])
def test_decimals_are_rejected_where_paypal_accepts_whole_units_only(currency: str) -> None:
    with pytest.raises(Rejected, match="whole"):
        to_amount(Money(105050, currency))


def test_every_currency_of_paypals_list_is_written_and_read_back() -> None:
    assert len(CURRENCIES) == 25
    for currency in CURRENCIES:
        assert from_amount({"amount": to_amount(Money(12300, currency))}) == Money(12300, currency)


@pytest.mark.parametrize(
    "amount",
    [
        None, 5, {}, {"currency_code": "USD"}, {"value": "1.00"}, {"currency_code": "USD", "value": 1.0},
        {"currency_code": "USD", "value": "-1.00"}, {"currency_code": "USD", "value": "1e3"},
        {"currency_code": "USD", "value": "1.005"}, {"currency_code": "JPY", "value": "1.50"},
        {"currency_code": "USD", "value": ""}, {"currency_code": "USD", "value": "\u0661.00"},
        {"currency_code": "USD", "value": "1" * 14}, {"currency_code": "", "value": "1.00"},
    ],
)  # fmt: skip
def test_what_is_no_amount_is_a_value_error(amount: object) -> None:
    with pytest.raises(ValueError, match="amount"):
        from_amount({"amount": amount})


@pytest.mark.parametrize(("value", "minor"), [("499", 49900), ("499.5", 49950), ("499.000", 49900), ("0.07", 7)])
def test_an_amount_is_read_however_it_is_written(value: str, minor: int) -> None:
    assert from_amount({"amount": {"currency_code": "USD", "value": value}}) == Money(minor, "USD")


def test_a_currency_that_is_no_code_is_none() -> None:
    assert from_amount({"amount": {"currency_code": "<b>", "value": "1.00"}}) == Money(100, "XXX")


FULL = Money(49900, "USD")


def holding(*holds: dict[str, Any]) -> dict[str, Any]:
    return an_answer("COMPLETED", "AUTHORIZE", authorizations=list(holds))


def capturing(*captures: dict[str, Any]) -> dict[str, Any]:
    return an_answer("COMPLETED", captures=list(captures))


STATES: dict[str, tuple[dict[str, Any], Status, Money | None, str]] = {
    "created": (an_answer("CREATED"), Status.PENDING, None, ""),
    "at the payer": (an_answer("PAYER_ACTION_REQUIRED"), Status.PENDING, None, ""),
    "saved": (an_answer("SAVED"), Status.PENDING, None, ""),
    "new status_there": (an_answer("CELEBRATED"), Status.PENDING, None, ""),
    "approved, to be captured": (an_answer("APPROVED"), Status.AUTHORIZED, FULL, ""),
    "approved, to be held": (an_answer("APPROVED", "AUTHORIZE"), Status.PENDING, FULL, ""),
    "completed without a status_there of money": (an_answer("COMPLETED"), Status.PENDING, None, ""),
    "voided": (an_answer("VOIDED"), Status.CANCELLED, None, ""),
    "held": (holding(an_authorization()), Status.AUTHORIZED, FULL, AUTHORIZATION_REF),
    "hold pending": (holding(an_authorization("PENDING")), Status.PENDING, None, ""),
    "hold denied": (holding(an_authorization("DENIED")), Status.FAILED, None, ""),
    "hold voided": (holding(an_authorization("VOIDED")), Status.CANCELLED, None, ""),
    "hold captured, unseen": (holding(an_authorization("CAPTURED")), Status.PENDING, None, ""),
    "hold with a new status_there": (holding(an_authorization("HUGGED")), Status.PENDING, None, ""),
    "capture pending": (capturing(a_capture("PENDING")), Status.PENDING, None, ""),
    "capture with a new status_there": (capturing(a_capture("HUGGED")), Status.PENDING, None, ""),
    "capture declined": (capturing(a_capture("DECLINED")), Status.FAILED, None, ""),
    "capture failed": (capturing(a_capture("FAILED")), Status.FAILED, None, ""),
    "captured": (capturing(a_capture()), Status.COMPLETED, FULL, CAPTURE_REF),
    "captured, order still approved": (
        an_answer("APPROVED", captures=[a_capture()]), Status.COMPLETED, FULL, CAPTURE_REF,
    ),
    "refunded": (capturing(a_capture("REFUNDED")), Status.COMPLETED, FULL, CAPTURE_REF),
    "partly refunded": (capturing(a_capture("PARTIALLY_REFUNDED")), Status.COMPLETED, FULL, CAPTURE_REF),
    "reversed": (capturing(a_capture("REVERSED")), Status.COMPLETED, FULL, CAPTURE_REF),
    "declined, then captured": (
        capturing(a_capture("DECLINED", SECOND), a_capture()), Status.COMPLETED, FULL, CAPTURE_REF,
    ),
    "held and a capture declined": (
        an_answer("COMPLETED", "AUTHORIZE", authorizations=[an_authorization()], captures=[a_capture("DECLINED")]),
        Status.AUTHORIZED, FULL, AUTHORIZATION_REF,
    ),
    "denied, then pending": (
        holding(an_authorization("DENIED", OLDER), an_authorization("PENDING")), Status.PENDING, None, "",
    ),
    "pending, then denied": (
        holding(an_authorization("PENDING", OLDER), an_authorization("DENIED")), Status.PENDING, None, "",
    ),
    "denied, then voided": (
        holding(an_authorization("DENIED", OLDER), an_authorization("VOIDED")), Status.CANCELLED, None, "",
    ),
    "held, then denied": (
        holding(an_authorization(), an_authorization("DENIED", NEWER)), Status.AUTHORIZED, FULL, AUTHORIZATION_REF,
    ),
    "pending, then held": (
        holding(an_authorization("PENDING", OLDER), an_authorization()), Status.AUTHORIZED, FULL, AUTHORIZATION_REF,
    ),
    "voided, then pending": (
        holding(an_authorization("VOIDED", OLDER), an_authorization("PENDING")), Status.PENDING, None, "",
    ),
    "held anew": (
        holding(an_authorization("VOIDED", OLDER), an_authorization()),
        Status.AUTHORIZED, FULL, AUTHORIZATION_REF,
    ),
}  # fmt: skip
STATES = {name.replace(" ", "_"): row for name, row in STATES.items()}


@pytest.mark.parametrize(("answer", "status", "amount", "ref"), STATES.values(), ids=STATES)
def test_the_money_says_what_an_attempt_is(
    answer: dict[str, Any], status: Status, amount: Money | None, ref: str
) -> None:
    snapshot = wire.from_order(answer, UNPAID)
    assert (snapshot.status, snapshot.amount, snapshot.ref) == (status, amount, ref)
    assert (snapshot.subject_id, snapshot.merchant_ref) == (ATTEMPT.id, "PAVATISIM0001")
    assert (snapshot.failure is not None) is (status is Status.FAILED)
    is_to_be_authorized = answer["status"] == "APPROVED" and answer["intent"] == "AUTHORIZE"
    assert snapshot.is_approved is is_to_be_authorized


def test_an_authorization_says_until_when() -> None:
    authorized = wire.from_order(an_answer("COMPLETED", "AUTHORIZE", authorizations=[an_authorization()]), UNPAID)
    assert authorized.authorization_expires_at == datetime(2026, 12, 19, 10, 30, tzinfo=UTC)
    for text in ("2026-12-19T10:30:00", "soon", None):
        odd = an_answer("COMPLETED", "AUTHORIZE", authorizations=[an_authorization(expiration_time=text)])
        assert wire.from_order(odd, UNPAID).authorization_expires_at is None


def test_of_several_captures_the_known_one_wins_and_the_others_are_reported() -> None:
    second = a_capture(ref=SECOND, amount={"currency_code": "USD", "value": "1.00"})
    answer = an_answer("COMPLETED", captures=[second, a_capture("REFUNDED")])
    known, first = wire.from_order(answer, ATTEMPT), wire.from_order(answer, UNPAID)
    assert (known.ref, known.extra_captures) == (CAPTURE_REF, (ExtraCapture(SECOND, Money(100, "USD")),))
    assert (first.ref, first.extra_captures) == (SECOND, (ExtraCapture(CAPTURE_REF, Money(49900, "USD")),))


@pytest.mark.parametrize(
    "answer",
    [
        {}, {"status": "APPROVED"}, an_answer() | {"id": "9OTHER000000000OR"}, an_answer() | {"id": "5o1"},
        an_answer() | {"status": None}, an_answer() | {"purchase_units": []},
        an_answer("COMPLETED", captures=[{"id": CAPTURE_REF, "status": "COMPLETED"}]),
        capturing(a_capture() | {"id": None}), capturing({"id": CAPTURE_REF}),
        an_answer("COMPLETED", "AUTHORIZE", authorizations=[an_authorization(amount=None)]),
    ],
)  # fmt: skip
def test_an_order_without_what_we_rely_on_makes_no_sense(answer: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"id|status|amount"):
        wire.from_order(answer, UNPAID)


def test_an_answer_about_another_attempt_says_so() -> None:
    answer = an_answer()
    answer["purchase_units"][0] |= {"custom_id": "att_other", "payee": {"merchant_id": "SOMEBODY"}}
    snapshot = wire.from_order(answer, ATTEMPT)
    assert (snapshot.subject_id, snapshot.merchant_ref) == ("att_other", "SOMEBODY")


FAILURES = [
    ({"processor_response": {"response_code": "5120"}}, FailureCode.INSUFFICIENT_FUNDS, "5120"),
    ({"processor_response": {"response_code": "9500"}}, FailureCode.SUSPECTED_FRAUD, "9500"),
    ({"processor_response": {"response_code": "1234"}}, FailureCode.DECLINED, "1234"),
    ({"status_details": {"reason": "BUYER_COMPLAINT"}}, FailureCode.DECLINED, "BUYER_COMPLAINT"),
    ({}, FailureCode.DECLINED, "DECLINED"),
    ({"processor_response": {"response_code": "4111111111111111"}}, FailureCode.DECLINED, "DECLINED"),
]


@pytest.mark.parametrize(("more", "code", "status_there"), FAILURES)
def test_a_declined_capture_says_why(more: dict[str, Any], code: FailureCode, status_there: str) -> None:
    failure = wire.from_order(an_answer("COMPLETED", captures=[a_capture("DECLINED", **more)]), UNPAID).failure
    assert failure is not None
    assert (failure.code, failure.gateway_code) == (code, status_there)


@pytest.mark.parametrize(
    ("status", "ours"),
    [
        ("COMPLETED", Status.COMPLETED), ("PENDING", Status.PROCESSING), ("FAILED", Status.FAILED),
        ("CANCELLED", Status.FAILED), ("SOMETHING_NEW", Status.PROCESSING),
    ],
)  # fmt: skip
def test_a_refund_is_what_its_status_says(status: str, ours: Status) -> None:
    snapshot = wire.from_refund(a_refunded(status))
    assert (snapshot.status, snapshot.amount, snapshot.ref) == (ours, Money(10000, "USD"), REFUND_REF)
    assert snapshot.subject_id == REFUND.id
    assert (snapshot.failure is not None) is (ours is Status.FAILED)


def test_a_refund_without_a_ref_is_found_in_its_order_by_our_id() -> None:
    others = [a_refunded(custom_id="rfd_other"), {"id": "X", "status": "COMPLETED"}]
    captures = [a_capture("PARTIALLY_REFUNDED")]
    found = an_answer("COMPLETED", captures=captures, refunds=[*others, a_refunded()])
    assert wire.from_refunds(found, REFUND, ATTEMPT).ref == REFUND_REF
    for order in (an_answer("COMPLETED", captures=captures, refunds=others), capturing(a_capture())):
        assert wire.from_refunds(order, REFUND, ATTEMPT) == Snapshot(Status.CREATED)


@pytest.mark.parametrize(
    "order", [{}, an_answer("COMPLETED"), capturing(a_capture(ref=SECOND)), capturing(a_capture()) | {"id": "9OTHER"}]
)
def test_an_order_that_does_not_show_the_capture_says_nothing_of_refunds(order: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="captures"):
        wire.from_refunds(order | {"id": order.get("id", "X")}, REFUND, ATTEMPT)


@pytest.mark.parametrize("rel", ["approve", "payer-action"])
def test_the_page_is_found_under_either_name(rel: str) -> None:
    links = [{"rel": "self", "href": "x"}, {"rel": rel, "href": "https://www.sandbox.paypal.com/checkoutnow?token=A"}]
    checkout = wire.from_created({"id": ORDER_REF, "status": "CREATED", "links": links}, OUR_PAGE)
    assert (checkout.ref, checkout.webhook_ref, checkout.next_action.kind) == (
        ORDER_REF,
        ORDER_REF,
        ActionKind.REDIRECT,
    )
    assert checkout.next_action.url.endswith("token=A")


@pytest.mark.parametrize("status", ["APPROVED", "COMPLETED", "VOIDED"])
def test_an_order_that_is_requested_again_after_its_approval_needs_no_page(status: str) -> None:
    checkout = wire.from_created({"id": ORDER_REF, "status": status, "links": []}, OUR_PAGE)
    assert (checkout.ref, checkout.webhook_ref, checkout.next_action.kind) == (ORDER_REF, ORDER_REF, ActionKind.NONE)


@pytest.mark.parametrize("links", [[], [{"rel": "self", "href": "https://www.sandbox.paypal.com/x"}]])
def test_a_new_order_without_a_page_makes_no_sense(links: list[dict[str, str]]) -> None:
    with pytest.raises(ValueError, match="links"):
        wire.from_created({"id": ORDER_REF, "status": "PAYER_ACTION_REQUIRED", "links": links}, OUR_PAGE)


def test_an_order_with_a_page_sends_the_payer_there_whatever_its_status() -> None:
    links = [{"rel": "approve", "href": "https://www.sandbox.paypal.com/checkoutnow?token=A"}]
    checkout = wire.from_created({"id": ORDER_REF, "status": "APPROVED", "links": links}, OUR_PAGE)
    assert checkout.next_action.kind is ActionKind.REDIRECT


UNTOUCHED = {
    "CREATED": (an_answer("CREATED"), True),
    "approved": (an_answer("APPROVED"), True),
    "voided": (
        an_answer("COMPLETED", "AUTHORIZE", authorizations=[an_authorization("VOIDED")]) | {"status": "VOIDED"},
        True,
    ),
    "declined": (an_answer("APPROVED", captures=[a_capture("DECLINED")]), True),
    "hold denied": (an_answer("APPROVED", "AUTHORIZE", authorizations=[an_authorization("DENIED")]), True),
    "completed, nobody knows how": (an_answer("COMPLETED"), False),
    "a new status_there": (an_answer("CELEBRATED"), False),
    "captured": (an_answer("APPROVED", captures=[a_capture()]), False),
    "refunded": (an_answer("APPROVED", captures=[a_capture("REFUNDED")]), False),
    "on its way": (an_answer("APPROVED", captures=[a_capture("PENDING")]), False),
    "held": (an_answer("APPROVED", "AUTHORIZE", authorizations=[an_authorization()]), False),
}


@pytest.mark.parametrize(("answer", "is_untouched"), UNTOUCHED.values(), ids=UNTOUCHED)
def test_an_order_is_untouched_only_where_no_money_is_or_goes(answer: dict[str, Any], is_untouched: bool) -> None:
    assert wire.is_untouched(answer) is is_untouched


NO_TOKENS: list[dict[str, Any]] = [
    {}, {"access_token": "a"}, {"access_token": "a b", "expires_in": 5}, {"access_token": "a", "expires_in": True},
    {"access_token": "a", "expires_in": 0},
]  # fmt: skip


@pytest.mark.parametrize("answer", NO_TOKENS)
def test_a_token_without_an_end_is_none(answer: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="access_token"):
        wire.from_token(answer, NOW)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"name": "UNPROCESSABLE_ENTITY", "details": [{"issue": "ORDER_NOT_APPROVED"}]}, "ORDER_NOT_APPROVED"),
        ({"name": "RESOURCE_NOT_FOUND"}, "RESOURCE_NOT_FOUND"),
        ({"error": "invalid_token"}, "invalid_token"),
        ({"name": "X", "details": [{"issue": "4111111111111111"}]}, "X"),
        ({"details": "x"}, ""),
        ({}, ""),
    ],
)
def test_a_refusal_is_called_by_its_first_issue(answer: dict[str, Any], code: str) -> None:
    assert wire.from_refusal(answer).code == code


def test_the_intent_is_read_from_the_terms_where_an_answer_leaves_it_out() -> None:
    answer = {name: value for name, value in an_answer().items() if name != "intent"}
    assert wire.from_order(answer, UNPAID).status is Status.AUTHORIZED
    assert wire.from_order(answer, MANUAL).is_approved


def test_a_capture_on_its_own_is_read_like_one_in_an_order() -> None:
    assert wire.from_capture(a_capture(), UNPAID).amount == Money(49900, "USD") == from_amount({"amount": USD})
    assert wire.from_capture(a_capture("PENDING"), UNPAID).status is Status.PENDING
    assert wire.from_capture(a_capture("DECLINED"), UNPAID).failure is not None


def test_a_capture_that_failed_is_none_that_was_booked_under_another_ref() -> None:
    answer = an_answer(
        "COMPLETED", "AUTHORIZE", authorizations=[an_authorization("CAPTURED")], captures=[a_capture("DECLINED")]
    )
    snapshot = wire.from_order(answer, replace(UNPAID, payment_ref=AUTHORIZATION_REF))
    assert (snapshot.status, snapshot.amount) == (Status.FAILED, None)


def test_the_last_declined_capture_says_why() -> None:
    one, other = (
        a_capture("DECLINED", ref, processor_response={"response_code": code})
        for ref, code in ((SECOND, "9500"), (CAPTURE_REF, "5120"))
    )
    failure = wire.from_order(capturing(one, other), UNPAID).failure
    assert failure
    assert failure.code is FailureCode.INSUFFICIENT_FUNDS


def test_a_capture_that_is_pending_has_not_failed() -> None:
    pending = a_capture("PENDING", status_details={"reason": "ECHECK"})
    assert wire.from_capture(pending, UNPAID).failure is None


def test_a_void_that_left_the_authorization_is_none() -> None:
    assert wire.from_void(an_authorization()).status is Status.AUTHORIZED
    assert wire.from_void(an_authorization("VOIDED")).status is Status.CANCELLED


def test_the_authorization_of_another_order_is_none_of_ours() -> None:
    with pytest.raises(ValueError, match="id"):
        wire.from_authorization(holding(an_authorization()) | {"id": "9OTHER000000000OR"}, UNPAID)


@pytest.mark.parametrize(("lasts_s", "stored_s"), [(1, 1), (32_400, 32_400), (86_401, 86_400)])
def test_a_token_is_stored_as_long_as_it_lasts_but_no_longer_than_a_day(lasts_s: int, stored_s: int) -> None:
    token = wire.from_token({"access_token": "a", "expires_in": lasts_s}, NOW)
    assert token == Token("Bearer a", NOW, NOW + timedelta(seconds=stored_s))


def test_a_long_title_is_cut_to_paypals_limit() -> None:
    units: Any = requests.to_order(UNPAID, an_order(merchant_order_id="x" * 128))["purchase_units"]
    assert units[0]["description"] == "Order " + "x" * 121


def test_of_two_authorizations_the_first_is_shown_and_captured() -> None:
    first, second = (
        an_authorization(),
        an_authorization(ref=NEWER, amount={"currency_code": "USD", "value": "1.00"}),
    )
    snapshot = wire.from_order(holding(first, second), UNPAID)
    assert (snapshot.ref, snapshot.amount) == (AUTHORIZATION_REF, FULL)
    assert wire.authorization_ref(holding(first, second)) == AUTHORIZATION_REF


def test_an_authorization_that_was_denied_has_failed_whenever_that_was() -> None:
    for at in ("2026-12-19T10:30:00Z", "2026-12-20T10:30:00Z"):
        assert wire.from_order(holding(an_authorization("DENIED", update_time=at)), UNPAID).status is Status.FAILED


def test_a_voided_authorization_without_an_end_was_cancelled() -> None:
    voided = an_authorization("VOIDED", expiration_time=None, update_time="2026-12-20T10:30:00Z")
    assert wire.from_order(holding(voided), UNPAID).status is Status.CANCELLED


@pytest.mark.parametrize("status_there", ["PENDING", "FAILED"])
def test_a_refund_that_is_not_completed_may_leave_its_amount_out(status_there: str) -> None:
    bare = {name: value for name, value in a_refunded(status_there).items() if name != "amount"}
    assert wire.from_refund(bare).amount is None
    with pytest.raises(ValueError, match="amount"):
        wire.from_refund(bare | {"status": "COMPLETED"})


def test_a_refund_is_found_though_no_capture_was_booked() -> None:
    answer = an_answer("COMPLETED", captures=[a_capture()], refunds=[a_refunded()])
    assert wire.from_refunds(answer, REFUND, UNPAID).ref == REFUND_REF


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"message": "all", "details": [{"issue": "A", "description": "first"}, {"description": "second"}]}, "first"),
        ({"message": "all", "details": [{"issue": "A"}, {"description": "second"}]}, "second"),
        ({"message": "all", "details": [{"issue": "A"}]}, "all"),
        ({"message": "all", "error_description": "login"}, "all"),
        ({"error": "invalid_client", "error_description": "login"}, "login"),
        ({}, ""),
    ],
)
def test_a_refusal_has_the_words_of_its_first_issue(answer: dict[str, Any], words: str) -> None:
    assert wire.from_refusal(answer).words == words


CAPTURED = {
    **dict.fromkeys(("COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED", "REVERSED"), Status.COMPLETED),
    **dict.fromkeys(("DECLINED", "DENIED", "FAILED"), Status.FAILED),
    **dict.fromkeys(("PENDING", "SOMETHING_NEW"), Status.PENDING),
}


@pytest.mark.parametrize(("status_there", "status"), CAPTURED.items())
def test_a_capture_on_its_own_is_what_its_status_says(status_there: str, status: Status) -> None:
    snapshot = wire.from_capture(a_capture(status_there), UNPAID)
    assert (snapshot.status, snapshot.is_in_progress) == (status, status is Status.PENDING)
    assert (snapshot.amount, snapshot.ref) == ((FULL, CAPTURE_REF) if status is Status.COMPLETED else (None, ""))
    assert wire.is_untouched(an_answer("APPROVED", captures=[a_capture(status_there)])) is (status is Status.FAILED)
