"""Many callers at once against the real stack. After each storm the gateway's ledger and our books must agree."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

import pytest

from dev.local.testing import Answer, running_stack
from tests.e2e.books import equal_books, scan
from tests.e2e.crowd import CUT_OFF, Crowd
from tests.e2e.shop import Shop, at_once, until
from tests.e2e.storm import Act, Racers, untrue_event, variants, webhooks_of

T = TypeVar("T")
Json = dict[str, Any]
COPIES = 10_000
OPEN_AT_ONCE = 1_000
BROKEN = (CUT_OFF, 429, 500, 503, 504)  # A client repeats these, with the same key.
KILLED = ("InitiateFunction", "RefundFunction", "WebhookFunction", "ApplyFunction", "StatusFunction")
FATES = {  # An order's fate: (share, the payer's act, the payment's end, the fault of its webhook).
    "paid": (40, "pay", "completed", ""),
    "declined": (20, "decline", "failed", ""),
    "told twice": (10, "pay", "completed", "duplicate_webhook"),
    "paid unheard": (15, "pay", "completed", "no_webhook"),
    "abandoned": (15, "abandon", "expired", ""),
}


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """A stack of its own, without executions: they would poll a thousand open payments thousands of times a second."""
    with running_stack(speed=20, workers=4) as stack:
        stack.stop_executions(start="off")
        yield Shop(stack)


def test_two_hundred_identical_initiations_are_one_payment_and_one_answer(shop: Shop) -> None:
    order, token = shop.an_order(), shop.stack.token()
    headers = {"X-Tenant-ID": "ws_demo", "Idempotency-Key": order["merchant_order_id"]}
    answers = at_once(200, lambda _: shop.stack.call("POST", "/v1/payments", order, headers, token))
    assert Counter(answer.http_status for answer in answers) == {201: 200}
    assert len({answer.body for answer in answers}) == 1
    payment = answers[0].json()
    shop.payer(payment, "pay")
    shop.ends(payment["payment_id"], "completed")
    books = equal_books(shop, [payment["payment_id"]])
    assert books.orders[attempt_of(payment)]["calls"]["pay"] == 1


def test_two_hundred_refunds_at_once_never_exceed_the_capture(shop: Shop) -> None:
    payment = shop.paid()
    token, path = shop.stack.token("finance"), f"/v1/payments/{payment['payment_id']}/refunds"

    def refund(number: int) -> tuple[int, str]:
        headers = {"X-Tenant-ID": "ws_demo", "Idempotency-Key": f"refund-{payment['payment_id']}-{number}"}
        answer = shop.stack.call("POST", path, {"amount": 5000}, headers, token)
        return answer.http_status, answer.json().get("error", {}).get("code", "")

    assert Counter(at_once(200, refund)) == {(201, ""): 9, (422, "refund_exceeds_payment"): 191}
    books = equal_books(shop, [payment["payment_id"]], at_rest=False)
    seen = books.payments[payment["payment_id"]]
    assert seen["amount_reserved"] + seen["amount_refunded"] == 45000


def test_ten_thousand_copies_of_webhooks_have_the_effect_of_one_each(shop: Shop) -> None:
    """Shuffled, in other bytes, some untrue; the first of them while three initiations still wait for their answer."""
    rng = random.Random(3)
    shop.fault("slow", "pay", 3, seconds=4)
    with Crowd(shop.stack, 24) as gateway, ThreadPoolExecutor(3) as merchants:
        slow = [merchants.submit(shop.initiate) for _ in range(3)]
        early = until(lambda: shop.ledger()["orders"], lambda orders: _open(orders) == 3)
        attempt_ids = [order["id"] for order in early if order["state"] == "PENDING"]
        for attempt_id in attempt_ids:
            shop.payer({"attempts": [{"attempt_id": attempt_id}]}, "pay")
        snapshot = _webhooks(shop, attempt_ids)
        took_in = gateway.each(gateway.webhook, rng.choices(snapshot, k=COPIES // 10))
        payments = [waiting.result() for waiting in slow]
        for payment in payments:
            shop.ends(payment["payment_id"], "completed")
        before = equal_books(shop, ids_of(payments))
        took_in += gateway.each(gateway.webhook, rng.choices(snapshot, k=COPIES - len(took_in)))
    assert Counter(answer.http_status for answer in took_in) == {200: COPIES}
    until(lambda: _states_of_webhooks(shop), lambda states: not states["received"])
    after = equal_books(shop, ids_of(payments))
    assert {key: after.log(key) for key in after.events} == {key: before.log(key) for key in before.events}


def _open(orders: list[Json]) -> int:
    return sum(order["state"] == "PENDING" for order in orders)


def _states_of_webhooks(shop: Shop) -> Counter[str]:
    return Counter(item["state"]["S"] for item in scan(shop, "payment_webhook_logs"))


def _webhooks(shop: Shop, attempt_ids: list[str]) -> list[bytes]:
    true = [copy for body in webhooks_of(shop, attempt_ids) for copy in variants(body, 5)]
    return true + [body for attempt_id in attempt_ids for body in untrue_event(attempt_id)]


@pytest.mark.parametrize("seed", [4])
def test_webhook_poll_sweep_return_and_refresh_race_and_each_payment_completes_once(shop: Shop, seed: int) -> None:
    """On a busy machine one of them may be first at every payment: then they race again."""
    rng = random.Random(seed)
    winners = set[str]()
    for _ in range(4):
        winners |= _raced(shop, rng)
        if len(winners) > 1:
            return
    pytest.fail(f"nobody raced: {winners}")


def _raced(shop: Shop, rng: random.Random) -> set[str]:
    """Which of them completed the payments."""
    payments = [shop.initiate() for _ in range(16)]
    orders = {order["id"]: order for order in shop.ledger()["orders"]}
    shop.fault("late_webhook", "pay", len(payments))
    with Crowd(shop.stack, 24) as crowd:
        racers, acts = Racers.of(shop, crowd), list[Act]()
        for payment in payments:
            shop.payer(payment, "pay")
            attempt_id = attempt_of(payment)
            snapshot = webhooks_of(shop, [attempt_id])
            of_one = [*racers.of_one(payment, snapshot, orders[attempt_id]["redirect_url"], 2), racers.sweep]
            acts += rng.sample(of_one, len(of_one))
        assert Counter(crowd.each(_act, acts)) == {True: len(acts)}
    books = equal_books(shop, ids_of(payments))
    assert books.statuses() == {"completed": len(payments)}
    return set(books.causes("attempt.completed"))


def _act(act: Callable[[], T]) -> T:
    return act()


@pytest.mark.parametrize("seed", [5])
def test_workers_killed_in_the_middle_lose_and_double_nothing(shop: Shop, seed: int) -> None:
    """Kills come between acts, not by the clock: on a slow machine no worker would live to answer."""
    rng = random.Random(seed)
    paid = [shop.paid() for _ in range(6)]
    orders = [shop.an_order(merchant_order_id=f"KILLED-{seed}-{number}", expires_in_s=300) for number in range(60)]
    known = [
        copy for payment in paid for body in webhooks_of(shop, [attempt_of(payment)]) for copy in variants(body, 9)
    ]
    with Crowd(shop.stack, 12) as crowd:
        acts = [_initiation(shop, crowd, order, rng.random()) for order in orders]
        acts += [_refund(crowd, payment, number) for payment in paid for number in range(8)]
        acts += [_delivery(crowd, body) for body in known]
        acts += [partial(shop.stack.kill_worker, name) for name in KILLED for _ in range(10)]
        rng.shuffle(acts)
        answers = crowd.each(_act, acts)
    assert {answer.http_status for answer in answers} <= {200, 201, 409, 422, *BROKEN}
    killed = [answer for answer in answers if b'"killed"' in answer.body]
    assert len(killed) >= 10, Counter(answer.http_status for answer in answers)
    stored = [item for item in scan(shop, "payment_transactions") if "id" in item]
    begun = {item["id"]["S"]: item["merchant_order_id"]["S"] for item in stored}
    begun = {key: order for key, order in begun.items() if order.startswith(f"KILLED-{seed}-")}
    assert len(set(begun.values())) == len(begun), "an order has two payments"
    books = equal_books(shop, [*begun, *ids_of(paid)])
    for payment in paid:
        wanted = Counter(refund["reason_text"] for refund in books.refunds[payment["payment_id"]])
        assert set(wanted.values()) == {1}, wanted


def _initiation(shop: Shop, crowd: Crowd, order: Json, luck: float) -> Callable[[], Answer]:
    def act() -> Answer:
        answer = _insisting(crowd, "/v1/payments", order, order["merchant_order_id"])
        if answer.http_status == 201 and answer.json()["next_action"]["type"] == "redirect" and luck < 0.7:
            shop.payer(answer.json(), "pay" if luck < 0.5 else "decline")
        return answer

    return act


def _refund(crowd: Crowd, payment: Json, number: int) -> Callable[[], Answer]:
    key = f"killed-{payment['payment_id']}-{number}"
    wanted = {"amount": 15000, "reason_text": key}
    return lambda: _insisting(crowd, f"/v1/payments/{payment['payment_id']}/refunds", wanted, key)


def _insisting(crowd: Crowd, path: str, wanted: Json, key: str) -> Answer:
    return crowd.api("POST", path, wanted, key=key, again=BROKEN)


def _delivery(crowd: Crowd, body: bytes) -> Callable[[], Answer]:
    return lambda: crowd.webhook(body, again=BROKEN)


@pytest.mark.parametrize("seed", [6])
def test_a_thousand_open_payments_all_reach_their_end_and_the_sums_agree(shop: Shop, seed: int) -> None:
    rng = random.Random(seed)
    fates = rng.choices(list(FATES), [share for share, *_ in FATES.values()], k=OPEN_AT_ONCE)
    fates.sort(key=lambda fate: fate == "abandoned")  # Last, so that none expires before all are open.
    orders = [
        shop.an_order(amount=rng.randint(100, 9_999_999), expires_in_s=600 if fate == "abandoned" else 3600)
        for fate in fates
    ]
    with Crowd(shop.stack, 8) as crowd:
        answers = crowd.each(lambda order: crowd.api("POST", "/v1/payments", order, key=_key(order)), orders)
        payments = [answer.json() for answer in answers]
        attempt_ids = {attempt_of(payment) for payment in payments}
        open_ones = [order for order in shop.ledger()["orders"] if order["id"] in attempt_ids]
        assert _open(open_ones) == OPEN_AT_ONCE
        for fate in FATES:
            _befalls(shop, crowd, fate, [p for p, its in zip(payments, fates, strict=True) if its == fate])
    books = equal_books(shop, ids_of(payments))
    assert books.statuses() == Counter(FATES[fate][2] for fate in fates)
    captured = sum(payment["amount_captured"] for payment in books.payments.values())
    assert captured == sum(books.orders[attempt_id]["captured"] for attempt_id in attempt_ids)
    assert captured == sum(o["amount"] for o, fate in zip(orders, fates, strict=True) if FATES[fate][1] == "pay")


def _befalls(shop: Shop, crowd: Crowd, fate: str, payments: list[Json]) -> None:
    _, act, _, fault = FATES[fate]
    if fault:
        shop.fault(fault, "pay", len(payments))
    crowd.each(lambda payment: shop.payer(payment, act), payments)


def _key(order: Json) -> str:
    return str(order["merchant_order_id"])


def attempt_of(payment: Json) -> str:
    return str(payment["attempts"][-1]["attempt_id"])


def ids_of(payments: list[Json]) -> list[str]:
    return [payment["payment_id"] for payment in payments]
