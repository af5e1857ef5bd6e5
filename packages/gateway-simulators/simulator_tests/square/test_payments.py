"""Square's payments: keys, states, authorizations, declines and test tokens, by its published rules."""

from __future__ import annotations

from typing import Any

import pytest

from simulator_tests.square.harness import PAYMENTS, Shop, code_of, usd

TOKENS = [
    ("cnon:card-nonce-ok", 200, "COMPLETED"),
    ("cnon:gift-card-nonce-ok", 200, "COMPLETED"),
    ("bnon:bank-nonce-ok", 200, "PENDING"),
    ("bnon:bank-nonce-failure", 200, "PENDING"),
    ("ccof:customer-card-id-ok", 200, "COMPLETED"),
    ("CASH", 200, "COMPLETED"),
    ("EXTERNAL", 200, "COMPLETED"),
    ("cnon:sim-once-1", 200, "COMPLETED"),
    ("cnon:card-nonce-declined", 402, "GENERIC_DECLINE"),
    ("cnon:card-nonce-rejected-cvv", 402, "CVV_FAILURE"),
    ("cnon:card-nonce-rejected-postalcode", 402, "ADDRESS_VERIFICATION_FAILURE"),
    ("cnon:card-nonce-rejected-expiration", 400, "INVALID_EXPIRATION"),
    ("cnon:card-nonce-already-used", 400, "CARD_TOKEN_USED"),
    ("cnon:gift-card-nonce-insufficient-funds", 402, "INSUFFICIENT_FUNDS"),
    ("cnon:gift-card-nonce-insufficient-permission", 400, "INSUFFICIENT_PERMISSIONS"),
    ("bnon:bank-nonce-account-unusable", 402, "ACCOUNT_UNUSABLE"),
    ("bnon:bank-nonce-insufficient-funds", 402, "INSUFFICIENT_FUNDS"),
    ("bnon:bank-nonce-invalid-account", 402, "INVALID_ACCOUNT"),
    ("bnon:bank-nonce-buyer-refused-payment", 402, "BUYER_REFUSED_PAYMENT"),
    ("cnon:sim-insufficient-funds", 402, "INSUFFICIENT_FUNDS"),
    ("cnon:sim-verification-required", 402, "CARD_DECLINED_VERIFICATION_REQUIRED"),
    ("cnon:sim-temporary-error", 400, "TEMPORARY_ERROR"),
    ("cnon:unheard-of", 404, "NOT_FOUND"),
    ("cnon:sim-once-", 404, "NOT_FOUND"),
]


@pytest.mark.parametrize(("token", "http_status", "name"), TOKENS)
def test_every_token_has_its_outcome(token: str, http_status: int, name: str) -> None:
    answer = Shop().charge_call(source=token)
    if http_status == 200:
        assert answer.json()["payment"]["status"] == name
    else:
        assert code_of(answer) == (http_status, name)


@pytest.mark.parametrize(("token", "http_status", "name"), [row for row in TOKENS if row[1] == 402])
def test_all_declines_may_be_400_and_without_a_payment(token: str, http_status: int, name: str) -> None:
    shop = Shop(all_declines_are_400=True, shows_failed_payment=False)
    answer = shop.charge_call(source=token)
    assert code_of(answer) == (400, name)
    assert "payment" not in answer.json()
    assert shop.charge_call(source=token).json() == answer.json()


def test_a_bank_transfer_ends_later() -> None:
    shop = Shop()
    good, bad = shop.charge(source="bnon:bank-nonce-ok"), shop.charge("att_2", "bnon:bank-nonce-failure")
    shop.wait(4 * 86400 - 1)
    assert shop.payment(good["id"])["status"] == "PENDING"
    shop.wait(1)
    assert shop.payment(good["id"])["status"] == "COMPLETED"
    failed = shop.payment(bad["id"])
    assert (failed["status"], failed["bank_account_details"]["errors"][0]["code"]) == ("FAILED", "GENERIC_DECLINE")


def test_a_single_use_token_is_used_once() -> None:
    shop = Shop()
    shop.charge(source="cnon:sim-once-1")
    assert shop.charge_call(source="cnon:sim-once-1").status_code == 200  # The same key.
    assert code_of(shop.charge_call("att_2", "cnon:sim-once-1")) == (400, "CARD_TOKEN_USED")


def test_one_key_is_one_payment_and_one_body() -> None:
    shop = Shop()
    first = shop.charge()
    assert shop.charge() == first
    reused = shop.charge_call(amount_money=usd(1001))
    assert code_of(reused) == (400, "IDEMPOTENCY_KEY_REUSED")
    assert reused.json()["errors"][0]["field"] == "idempotency_key"
    assert [capture["amount"] for capture in shop.ledger()["captures"]] == [1000]


def test_a_refusal_that_did_nothing_does_not_use_up_the_key() -> None:
    shop = Shop()
    assert shop.charge_call(amount_money=usd(0)).status_code == 400
    assert shop.charge()["status"] == "COMPLETED"


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"amount": 5}, "UNKNOWN_BODY_PARAMETER"),
    ({"amount_money": {"amount": 1, "currency": "USD", "minor": 1}}, "UNKNOWN_BODY_PARAMETER"),
    ({"amount_money": usd("1000")}, "EXPECTED_INTEGER"),
    ({"amount_money": usd(10.5)}, "EXPECTED_INTEGER"),
    ({"amount_money": usd(True)}, "EXPECTED_INTEGER"),
    ({"amount_money": usd(0)}, "VALUE_TOO_LOW"),
    ({"amount_money": usd(-5)}, "VALUE_TOO_LOW"),
    ({"amount_money": usd(10**15)}, "VALUE_TOO_HIGH"),
    ({"amount_money": {"amount": 1000, "currency": "INR"}}, "INVALID_VALUE"),
    ({"amount_money": {"amount": 1000}}, "MISSING_REQUIRED_PARAMETER"),
    ({"amount_money": None}, "MISSING_REQUIRED_PARAMETER"),
    ({"amount_money": 1000}, "EXPECTED_OBJECT"),
    ({"idempotency_key": "k" * 46}, "VALUE_TOO_LONG"),
    ({"idempotency_key": ""}, "VALUE_EMPTY"),
    ({"idempotency_key": None}, "MISSING_REQUIRED_PARAMETER"),
    ({"reference_id": "r" * 41}, "VALUE_TOO_LONG"),
    ({"note": "n" * 501}, "VALUE_TOO_LONG"),
    ({"note": 5}, "EXPECTED_STRING"),
    ({"autocomplete": "false"}, "EXPECTED_BOOLEAN"),
    ({"location_id": "LOTHER"}, "INVALID_LOCATION"),
    ({"order_id": "nobody"}, "NOT_FOUND"),
    ({"autocomplete": False, "delay_duration": "a week"}, "INVALID_VALUE"),
    ({"autocomplete": False, "delay_duration": "PT1S"}, "INVALID_VALUE"),
    ({"autocomplete": False, "delay_action": "KEEP"}, "INVALID_ENUM_VALUE"),
]


@pytest.mark.parametrize(("more", "code"), REFUSED)
def test_a_body_by_no_rule_is_refused_and_does_nothing(more: dict[str, Any], code: str) -> None:
    shop = Shop()
    assert code_of(shop.charge_call(**more))[1] == code
    assert shop.ledger()["orders"] == []


@pytest.mark.parametrize("content", [b"[]", b"x", b"\xff"])
def test_a_body_that_is_no_object_is_refused(content: bytes) -> None:
    assert code_of(Shop().http.post(PAYMENTS, content=content)) == (400, "BAD_REQUEST")


def test_credentials_and_version_are_checked() -> None:
    shop = Shop()
    for value in ("", "Bearer wrong", shop.settings.access_token):
        answer = shop.http.get(PAYMENTS, headers={"Authorization": value})
        assert code_of(answer) == (401, "UNAUTHORIZED")
    assert code_of(shop.http.get(PAYMENTS, headers={"Square-Version": "yesterday"})) == (400, "INVALID_VALUE")
    assert shop.http.get("/v2/unheard").status_code == 404


def authorized(shop: Shop, **more: Any) -> dict[str, Any]:
    return shop.charge(autocomplete=False, **more)


def test_an_authorization_captures_nothing_until_it_is_completed() -> None:
    shop = Shop()
    payment = authorized(shop)
    assert (payment["status"], payment["card_details"]["status"]) == ("APPROVED", "AUTHORIZED")
    assert shop.ledger()["captures"] == []
    done = shop.http.post(f"{PAYMENTS}/{payment['id']}/complete", json={}).json()["payment"]
    assert (done["status"], done["card_details"]["status"]) == ("COMPLETED", "CAPTURED")
    assert "capabilities" not in done
    assert done["version_token"] != payment["version_token"]


def test_an_authorization_can_be_lowered_and_not_raised() -> None:
    shop = Shop()
    payment = authorized(shop)
    path = f"{PAYMENTS}/{payment['id']}"
    up = shop.http.put(path, json={"idempotency_key": "u1", "payment": {"amount_money": usd(1001)}})
    assert code_of(up) == (400, "BAD_REQUEST")
    down = {"idempotency_key": "u2", "payment": {"amount_money": usd(400), "version_token": payment["version_token"]}}
    first = shop.http.put(path, json=down).json()
    assert shop.http.put(path, json=down).json() == first
    assert first["payment"]["total_money"]["amount"] == 400
    assert code_of(shop.http.put(path, json=down | {"idempotency_key": "u3"})) == (400, "VERSION_MISMATCH")


def test_an_old_version_is_not_completed() -> None:
    shop = Shop()
    payment = authorized(shop)
    old = {"version_token": "old"}
    assert code_of(shop.http.post(f"{PAYMENTS}/{payment['id']}/complete", json=old)) == (400, "VERSION_MISMATCH")


@pytest.mark.parametrize("act", ["complete", "cancel"])
def test_what_has_ended_is_neither_completed_nor_cancelled(act: str) -> None:
    shop = Shop()
    payment = shop.charge()
    assert code_of(shop.http.post(f"{PAYMENTS}/{payment['id']}/{act}", json={})) == (400, "BAD_REQUEST")
    assert shop.http.post(f"{PAYMENTS}/nobody/{act}", json={}).status_code == 404


def test_a_capture_has_no_amount() -> None:
    shop = Shop()
    answer = shop.http.post(f"{PAYMENTS}/{authorized(shop)['id']}/complete", json={"amount_money": usd(1)})
    assert code_of(answer) == (400, "UNKNOWN_BODY_PARAMETER")


@pytest.mark.parametrize(("action", "status"), [("CANCEL", "CANCELED"), ("COMPLETE", "COMPLETED")])
def test_an_authorization_that_is_neither_captured_nor_voided_ends_by_its_own_rule(action: str, status: str) -> None:
    shop = Shop()
    payment = authorized(shop, delay_duration="P1DT12H", delay_action=action)
    assert payment["delay_duration"] == "PT36H"
    shop.wait(36 * 3600 - 1)
    assert shop.payment(payment["id"])["status"] == "APPROVED"
    shop.wait(2)
    assert shop.payment(payment["id"])["status"] == status


def test_an_authorization_is_voided_by_the_key_that_made_it() -> None:
    shop = Shop()
    payment, captured = authorized(shop), shop.charge("att_2")
    for key in ("att_1", "att_2", "nobody"):
        answer = shop.http.post(f"{PAYMENTS}/cancel", json={"idempotency_key": key})
        assert (answer.status_code, answer.json()) == (200, {})
    assert shop.payment(payment["id"])["status"] == "CANCELED"
    assert shop.payment(captured["id"])["status"] == "COMPLETED"


def test_an_order_is_paid_in_full() -> None:
    shop = Shop()
    order_id = shop.link()["order_id"]
    answer = shop.charge_call("att_2", order_id=order_id, amount_money=usd(999))
    assert code_of(answer) == (400, "PAYMENT_AMOUNT_MISMATCH")
