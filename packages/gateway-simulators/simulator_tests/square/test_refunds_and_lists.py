"""Refunds and lists, by Square's published rules."""

from __future__ import annotations

from typing import Any

import pytest

from simulator_tests.square.harness import PAYMENTS, REFUNDS, Shop, code_of, usd


def test_a_refund_is_pending_and_completes_by_the_clock() -> None:
    shop = Shop()
    payment = shop.charge()
    refund = shop.refund(payment["id"])
    assert refund["id"].startswith(payment["id"] + "_")
    assert (refund["status"], "refunded_money" in shop.payment(payment["id"])) == ("PENDING", False)
    shop.wait(6)
    assert shop.http.get(f"{REFUNDS}/{refund['id']}").json()["refund"]["status"] == "COMPLETED"
    assert shop.payment(payment["id"])["refunded_money"] == usd(300)
    assert shop.payment(payment["id"])["status"] == "COMPLETED"


def test_one_key_is_one_refund() -> None:
    shop = Shop()
    payment = shop.charge()
    assert shop.refund(payment["id"]) == shop.refund(payment["id"])
    assert code_of(shop.refund_call(payment["id"], amount=301)) == (400, "IDEMPOTENCY_KEY_REUSED")
    assert len(shop.ledger()["refunds"]) == 1


REFUSED: list[tuple[dict[str, Any], int, str]] = [
    ({"amount": 1001}, 400, "REFUND_AMOUNT_INVALID"),
    ({"amount": 0}, 400, "VALUE_TOO_LOW"),
    ({"amount": "300"}, 400, "EXPECTED_INTEGER"),
    ({"amount_money": {"amount": 300, "currency": "EUR"}}, 400, "INVALID_VALUE"),
    ({"amount_money": None}, 400, "MISSING_REQUIRED_PARAMETER"),
    ({"key": "k" * 46}, 400, "VALUE_TOO_LONG"),
    ({"reason": "r" * 193}, 400, "VALUE_TOO_LONG"),
    ({"note": "x"}, 400, "UNKNOWN_BODY_PARAMETER"),
    ({"payment_id": "nobody"}, 404, "NOT_FOUND"),
    ({"payment_version_token": "old"}, 400, "VERSION_MISMATCH"),
]


@pytest.mark.parametrize(("more", "http_status", "code"), REFUSED)
def test_a_refund_against_the_rules_is_refused(more: dict[str, Any], http_status: int, code: str) -> None:
    shop = Shop()
    given = {"payment_id": shop.charge()["id"]} | more
    assert code_of(shop.refund_call(**given)) == (http_status, code)
    assert shop.ledger()["refunds"] == []


def test_refunds_together_are_at_most_the_captured_amount() -> None:
    shop = Shop()
    payment = shop.charge()
    shop.refund(payment["id"], "rfd_1", 700)
    assert code_of(shop.refund_call(payment["id"], "rfd_2", 301))[1] == "REFUND_AMOUNT_INVALID"
    shop.refund(payment["id"], "rfd_3", 300)


def test_the_amount_of_a_failed_refund_can_be_refunded_again() -> None:
    shop = Shop()
    payment = shop.charge()
    shop.refund(payment["id"], "rfd_1", 1000)
    assert shop.http.post("/_sim/refunds/rfd_1", json={"act": "fail"}).json()["state"] == "failed"
    assert shop.http.post("/_sim/refunds/rfd_1", json={"act": "fail"}).status_code == 409
    shop.refund(payment["id"], "rfd_2", 1000)


def test_an_authorization_is_cancelled_and_not_refunded() -> None:
    shop = Shop()
    payment = shop.charge(autocomplete=False)
    assert code_of(shop.refund_call(payment["id"]))[1] == "REFUND_ERROR_PAYMENT_NEEDS_COMPLETION"


def test_a_payment_is_refunded_twenty_times_within_a_year() -> None:
    shop = Shop()
    payment = shop.charge()
    for number in range(20):
        shop.refund(payment["id"], f"rfd_{number}", 1)
    assert code_of(shop.refund_call(payment["id"], "rfd_20", 1))[1] == "PAYMENT_NOT_REFUNDABLE"
    old = shop.charge("att_2")
    shop.wait(366 * 86400)
    assert code_of(shop.refund_call(old["id"], "rfd_21"))[1] == "PAYMENT_NOT_REFUNDABLE"


# Lists.


def listed(shop: Shop, path: str = PAYMENTS, **params: Any) -> list[str]:
    noun = path.rpartition("/")[2]
    found = shop.http.get(path, params=params).raise_for_status().json().get(noun, [])
    return [each["id"] for each in found]


def test_without_a_location_only_the_main_one_is_listed() -> None:
    shop = Shop()
    payment = shop.charge()
    shop.refund(payment["id"])
    assert shop.http.get(PAYMENTS).json() == {}
    assert listed(shop, location_id=shop.settings.location_id) == [payment["id"]]
    assert len(listed(shop, REFUNDS)) == 1
    assert listed(shop, REFUNDS, location_id=shop.settings.main_location_id) == []


def test_a_list_is_a_window_newest_first_in_pages() -> None:
    shop = Shop()
    made = []
    for number in range(5):
        made.append(shop.charge(f"att_{number}"))
        shop.wait(60)
    where: dict[str, Any] = {"location_id": shop.settings.location_id}
    assert listed(shop, **where) == [each["id"] for each in reversed(made)]
    window = where | {"begin_time": made[1]["created_at"], "end_time": made[3]["created_at"], "sort_order": "ASC"}
    assert listed(shop, **window) == [made[1]["id"], made[2]["id"]]
    first = shop.http.get(PAYMENTS, params=where | {"limit": 3}).json()
    second = shop.http.get(PAYMENTS, params=where | {"limit": 3, "cursor": first["cursor"]}).json()
    assert [len(first["payments"]), len(second["payments"]), "cursor" in second] == [3, 2, False]


def test_a_page_holds_a_hundred_at_most() -> None:
    shop = Shop()
    for number in range(101):
        shop.charge(f"att_{number}")
    assert len(listed(shop, location_id=shop.settings.location_id, limit=200)) == 100


def test_changes_are_listed_by_their_own_time() -> None:
    shop = Shop()
    payment = shop.charge()
    shop.wait(3600)
    shop.refund(payment["id"])
    shop.wait(6)
    since = shop.payment(payment["id"])["updated_at"]
    where = {"location_id": shop.settings.location_id, "updated_at_begin_time": since, "sort_field": "UPDATED_AT"}
    assert listed(shop, **where) == [payment["id"]]


def test_a_list_may_be_late() -> None:
    shop = Shop(list_lag_seconds=5)
    payment = shop.charge()
    where = {"location_id": shop.settings.location_id}
    assert listed(shop, **where) == []
    shop.wait(5)
    assert listed(shop, **where) == [payment["id"]]


WRONG = [
    ({"reference_id": "att_1"}, "UNKNOWN_QUERY_PARAMETER"),
    ({"limit": "many"}, "EXPECTED_INTEGER"),
    ({"begin_time": "yesterday"}, "INVALID_TIME"),
    ({"begin_time": "2026-11-21T00:00:00Z", "end_time": "2026-11-20T00:00:00Z"}, "INVALID_TIME_RANGE"),
    ({"sort_order": "UP"}, "INVALID_ENUM_VALUE"),
    ({"cursor": "x"}, "INVALID_CURSOR"),
]


@pytest.mark.parametrize(("params", "code"), WRONG)
def test_an_invalid_query_is_refused(params: dict[str, str], code: str) -> None:
    assert code_of(Shop().http.get(PAYMENTS, params=params)) == (400, code)


def test_a_cursor_belongs_to_its_query() -> None:
    shop = Shop()
    for number in range(3):
        shop.charge(f"att_{number}")
    where: dict[str, Any] = {"location_id": shop.settings.location_id, "limit": 1}
    cursor = shop.http.get(PAYMENTS, params=where).json()["cursor"]
    changed = where | {"cursor": cursor, "sort_order": "ASC"}
    assert code_of(shop.http.get(PAYMENTS, params=changed)) == (400, "INVALID_CURSOR")
