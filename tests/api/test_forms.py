from __future__ import annotations

import json
from typing import Any

import pytest

from payments.api.errors import CODES, Refusal
from payments.api.forms import canonical, from_body, from_query, key_text
from payments.api.gateway.query import GatewaysQuery
from payments.api.payment.query import PaymentsQuery
from payments.api.payment.requests import PaymentRequest
from payments.api.reconciliation.requests import ReconciliationRequest
from payments.api.refund.requests import RefundRequest
from payments.domain.records.payment import Customer
from tests.api.asking import GOOD, refusal, request


@pytest.mark.parametrize("amount", [1, 100, 49_900, 99_999_999])
def test_an_integer_of_minor_units_is_an_amount(amount: int) -> None:
    assert from_body(PaymentRequest, request(f'{{{GOOD}, "amount": {amount}}}')).amount == amount
    assert from_body(RefundRequest, request(f'{{"amount": {amount}}}')).amount == amount


@pytest.mark.parametrize(
    "order_id",
    ["a", "A-1_b", "a" * 50, "-", "__proto__", "1001", "INV/2026/00001", "A#1", "a b.c", "~", "sub-1", "\"\\'"],
)
def test_an_order_id_of_visible_ascii_is_accepted(order_id: str) -> None:
    raw = json.dumps(json.loads(f'{{{GOOD}, "amount": 1}}') | {"merchant_order_id": order_id})
    assert from_body(PaymentRequest, request(raw)).merchant_order_id == order_id


@pytest.mark.parametrize(
    ("field", "value", "response"),
    [
        ("currency", "inr", "upper-case"),
        ("currency", "INRX", "3"),
        ("currency", "₹", "ISO"),
        ("currency", 356, "ISO"),
        ("currency", None, "ISO"),
        ("merchant_order_id", 1001, "ASCII"),
        ("merchant_order_id", None, "ASCII"),
        ("merchant_order_id", "", "ASCII"),
        ("merchant_order_id", " a", "spaces only between"),
        ("merchant_order_id", "a ", "spaces only between"),
        ("merchant_order_id", " ", "spaces only between"),
        ("merchant_order_id", "a" * 51, "1 to 50"),
        ("merchant_order_id", "a\n", "ASCII"),
        ("merchant_order_id", "a\tb", "ASCII"),
        ("merchant_order_id", "\u00e9", "ASCII"),
        ("merchant_order_id", "a\u00a0b", "ASCII"),
        ("merchant_order_id", "a\x7f", "ASCII"),
        ("merchant_order_id", "sub_1", "must not begin with sub_"),
        ("return_url", "", "https"),
        ("return_url", None, "https"),
        ("return_url", "https://shop.example/" + "a" * 2048, "https"),
        ("expires_in_s", 299, "300 to 3600"),
        ("expires_in_s", 3601, "300 to 3600"),
        ("expires_in_s", "600", "300 to 3600"),
        ("expires_in_s", 600.0, "300 to 3600"),
        ("expires_in_s", True, "300 to 3600"),
        ("gateway", "PhonePe", "name"),
        ("gateway", "../phonepe", "name"),
        ("gateway", "", "name"),
        ("customer", "asha", "object"),
        ("customer", [], "object"),
        ("customer", {"name": "a\nb"}, "no control characters"),
        ("customer", {"name": "a\x85b"}, "no control characters"),
        ("customer", {"name": "\ue000"}, "no control characters"),
        ("customer", {"name": "a" * 101}, "100"),
        ("customer", {"email": "asha"}, "address"),
        ("customer", {"email": "a b@x.example"}, "address"),
        ("customer", {"email": "a@x.example\r\nBcc: y"}, "address"),
        ("customer", {"mobile": 9876543210}, "telephone number"),
        ("customer", {"mobile": "9" * 33}, "up to 32"),
        ("customer", {"mobile": "98765\x0043210"}, "telephone number"),
        ("customer", {"id": "a#b"}, "letters"),
        ("customer", {"role": "owner"}, "no such field"),
        ("metadata", {f"k{number}": "v" for number in range(16)}, "15"),
        ("metadata", {"a b": "v"}, "names of letters"),
        ("metadata", {"": "v"}, "names of letters"),
        ("metadata", {"k" * 41: "v"}, "40"),
        ("metadata", {"k": "v" * 257}, "256"),
        ("metadata", {"k": 1}, "texts"),
        ("metadata", {"k": None}, "texts"),
        ("metadata", {"k": {"deep": "v"}}, "texts"),
        ("metadata", {"k": "a\x1b[31m"}, "without controls"),
        ("metadata", {"k": "\U000f0000"}, "without controls"),
        ("installments", 0, "2 to 24"),
        ("installments", 25, "2 to 24"),
        ("installments", 1.0, "2 to 24"),
        ("metadata", ["k"], "names"),
        ("status", "completed", "no such field"),
        ("workspace_id", "ws_other", "no such field"),
        ("captured", 1, "no such field"),
        ("price", 1, "no such field"),
        ("__proto__", {}, "no such field"),
    ],
)
def test_a_wrong_field_is_named_with_the_form_it_wants(field: str, value: Any, response: str) -> None:
    error = refusal(json.dumps(json.loads(f'{{{GOOD}, "amount": 1}}') | {field: value}))
    assert error.api_code == "invalid_request"
    assert error.message.startswith(field)
    assert response in error.message


def test_an_unknown_field_with_an_odd_name_is_not_quoted() -> None:
    error = refusal(json.dumps({"a\nb<script>": 1} | json.loads(f'{{{GOOD}, "amount": 1}}')))
    assert error.message.startswith("(unnamed): there is no such field; there are merchant_order_id, amount")


def test_every_wrong_field_is_in_the_details() -> None:
    error = refusal('{"amount": 1, "currency": "x", "customer": {"mobile": 1}}')
    assert error.details == {"fields": error.details["fields"]}
    assert sorted(error.details["fields"]) == ["currency", "customer.mobile", "merchant_order_id", "return_url"]  # type: ignore[call-overload]


def an_order(**changes: Any) -> PaymentRequest:
    return from_body(PaymentRequest, request(json.dumps(json.loads(f'{{{GOOD}, "amount": 1}}') | changes)))


@pytest.mark.parametrize(
    "name",
    [
        "क्‍षमा ശ്രീ",
        "Zoë",
        "王小明",
        "O\u2019Brien",
        "Ana\u00a0María",
        "\u202b\u062f\u0627\u0646\u0627\u202c",
        "👩\u200d🔧",
        "a\u2028b",
        "\U000323b0",
    ],
)
def test_names_and_metadata_of_every_script_are_accepted_as_they_are(name: str) -> None:
    wanted = an_order(customer={"name": name}, metadata={"note": name})
    assert wanted.payer("IN") == Customer(name=name)
    assert wanted.metadata == {"note": name}


def test_one_instalment_is_none() -> None:
    assert an_order(installments=1).terms() == an_order().terms()
    assert an_order(installments=1, method_type="card").terms().installments == 0
    assert an_order(installments=1, method_type="emi").terms().installments == 0
    assert an_order(installments=2, method_type="emi").terms().installments == 2


@pytest.mark.parametrize("method", [None, "card", "upi", "wallet"])
def test_instalments_are_refused_of_any_way_to_pay_but_emi(method: str | None) -> None:
    with pytest.raises(Refusal) as refused:
        an_order(installments=3, **({"method_type": method} if method else {})).terms()
    assert refused.value.message == "Send method_type emi with installments."


def test_defaults_are_part_of_what_two_requests_must_share() -> None:
    short = from_body(PaymentRequest, request(f'{{{GOOD}, "amount": 1}}'))
    long = from_body(PaymentRequest, request(f'{{"expires_in_s": 1200, "amount": 1, "capture": "auto", {GOOD}}}'))
    assert canonical("/v1/payments", short) == canonical("/v1/payments", long)
    assert canonical("/v1/payments", short) != canonical("/v1/other", short)
    other = from_body(PaymentRequest, request(f'{{{GOOD}, "amount": 2}}'))
    assert canonical("/v1/payments", short) != canonical("/v1/payments", other)


@pytest.mark.parametrize("raw", ["", "{}"])
def test_a_body_of_defaults_may_be_left_out_where_no_money_moves(raw: str) -> None:
    assert from_body(ReconciliationRequest, request(raw)).dry_run


def test_a_body_that_was_not_sent_refunds_nothing() -> None:
    assert from_body(RefundRequest, request("{}")).reason_code == "other"
    with pytest.raises(Refusal):
        from_body(RefundRequest, request(""))


@pytest.mark.parametrize(
    "body", [{"dry_run": "false"}, {"dry_run": 0}, {"reason_code": "x"}, {"created_from": "2026-11-20"}]
)
def test_a_doubtful_reconciliation_is_refused(body: dict[str, Any]) -> None:
    assert refusal(json.dumps(body), ReconciliationRequest).api_code == "invalid_request"


@pytest.mark.parametrize("reason", ["late_success", "", "Fraud", 1, None])
def test_a_refund_gives_one_of_the_reasons_open_to_callers(reason: Any) -> None:
    error = refusal(json.dumps({"reason_code": reason}), RefundRequest)
    assert error.message.startswith("reason_code: one of customer_request, duplicate")


@pytest.mark.parametrize(
    "instant",
    [
        "2026-11-20",
        "2026-11-20T00:00:00",
        "2026-11-20T00:00:00+05:30",
        "2026-11-20 00:00:00Z",
        "2026-13-20T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-11-20T25:00:00Z",
        "1795170600",
        "now",
        "",
        "0001-01-01T00:00:00Z",
        "9999-01-01T00:00:00Z",
        "२०२६-11-20T00:00:00Z",
    ],
)
def test_a_time_is_utc_and_complete(instant: str) -> None:
    with pytest.raises(Refusal) as refused:
        from_query(PaymentsQuery, request(query=f"created_from={instant}"))
    assert '"2026-11-20T00:00:00Z"' in refused.value.message


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "limit=-1",
        "limit=1.0",
        "limit=1e1",
        "limit=%2010",
        "limit=%EF%BC%91",
        "limit=",
        "limit=9999999999999999999",
        "limit=10&limit=20",
        "status=paid",
        "status=processing",
        "cursor=a%20b",
        "cursor=",
        "page=2",
        "created_form=2026-11-20T00:00:00Z",
        "merchant_order_id=a%0Ab",
        "limit=%ff",
    ],
)
def test_a_list_is_requested_in_its_own_words(query: str) -> None:
    with pytest.raises(Refusal) as refused:
        from_query(PaymentsQuery, request(query=query))
    assert refused.value.api_code == "invalid_request"


def test_a_list_has_fifty_payments_unless_up_to_two_hundred_are_requested() -> None:
    assert from_query(PaymentsQuery, request()).limit == 50
    assert [from_query(PaymentsQuery, request(query=f"limit={limit}")).limit for limit in (1, 200)] == [1, 200]


def test_the_greatest_amount_may_be_requested_too() -> None:
    assert from_query(GatewaysQuery, request(query="amount=99999999")).amount == 99_999_999
    for amount in ("100000000", "0", "01"):
        with pytest.raises(Refusal):
            from_query(GatewaysQuery, request(query=f"amount={amount}"))


def test_fifty_parameters_are_read_and_one_more_is_not() -> None:
    pairs = [f"a{number}=" for number in range(51)]
    for sent, response in ((pairs[:50], "a0: there is no such field"), (pairs, "Send at most 50 query parameters")):
        with pytest.raises(Refusal, match="invalid_request") as refused:
            from_query(PaymentsQuery, request(query="&".join(sent)))
        assert refused.value.message.startswith(response)


def test_an_answer_names_twenty_mistakes_and_no_more() -> None:
    wrong = {f"field_{number}": 1 for number in range(30)}
    error = refusal(json.dumps(json.loads(f'{{{GOOD}, "amount": 1}}') | wrong))
    assert len(error.details["fields"]) == 20  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("model", "named"),
    [
        (RefundRequest, "any of its optional fields: {} will do"),
        (PaymentRequest, "merchant_order_id, amount, currency, return_url"),
    ],
)
def test_a_body_that_is_missing_is_requested_by_its_needed_fields(model: Any, named: str) -> None:
    assert refusal("", model).message == f"Send a JSON object with {named}."


def test_a_wrong_amount_of_a_refund_may_be_left_out_instead() -> None:
    assert refusal('{"amount": 0}', RefundRequest).message.endswith("; leave it out to refund all that is left.")
    assert refusal(f'{{"amount": 0, {GOOD}}}').message.endswith("1 to 99999999.")


def test_a_key_of_255_characters_is_accepted() -> None:
    assert key_text({"idempotency-key": "~" * 255}) == "~" * 255


def test_the_form_of_an_amount_is_the_same_everywhere() -> None:
    assert "49900 means Rs 499.00" in CODES["invalid_amount"].message
