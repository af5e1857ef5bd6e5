"""Where we store and log a gateway's words (codes, currencies, events, ids), in case they contain private data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.test_webhook import PATH, PROOF
from tests.security.walls.canaries import ANSWER, CASES, CLAIMS, DELIVERIES, ERROR, EVENTS, LOG, PAYMENTS, REFUNDS
from tests.security.walls.day import NO_PERSONAL_DATA, Day, Seen, a_day
from tests.security.walls.leaks import card_like, holds

CARD = "4111111111111111"
PRIVATE = (
    CARD,
    "5555 5555 5555 4444",
    "+919867300077",
    "gossip.zq@okzanbank",
    "gossip@kestrelmail.example",
    "482177339056",  # Like an Aadhaar number.
)


@pytest.fixture
def day_and_seen() -> Iterator[tuple[Day, Any]]:
    with a_day() as made:
        yield made


def nowhere_in(seen: Seen, *surfaces: str) -> None:
    found = {(value, at) for value in PRIVATE for at in surfaces if holds(seen.surfaces.get(at, ""), value)}
    assert found == set()


def failed(**more: Any) -> dict[str, Any]:
    return {"orderId": "OMO1", "state": "FAILED", "amount": 49900, **more}


def refreshed(day: Day, body: dict[str, Any]) -> None:
    """A payment for which the gateway sends this answer, and its timeline."""
    payment = day.initiate().json
    day.gossip.will_answer("/status", 200, body)
    day.call("POST", f"/v1/payments/{payment['payment_id']}/refresh")
    day.call("GET", f"/v1/payments/{payment['payment_id']}/events")
    assert day.gossip.forgive() == 0


def sent(day: Day, event: str, subject_id: str = "att_1", state: str = "COMPLETED") -> None:
    body = {"event": event, "payload": {"merchantOrderId": subject_id, "state": state}}
    proof = {"authorization": PROOF}
    assert day.call("POST", PATH, body, sub=None, tenant=None, headers=proof).status == 200


def test_a_refusals_code_is_a_code_or_nothing(day_and_seen: tuple[Day, Any]) -> None:
    day, collected = day_and_seen
    for value in PRIVATE:
        day.gossip.will_answer("/checkout/v2/pay", 400, {"success": False, "code": value})
        assert day.initiate().status == 502
    nowhere_in(collected(), LOG, EVENTS, ERROR, PAYMENTS)


PRIVATE_WORDS = (*PRIVATE, "otp 738261", "QZXPL4821K", "sk_live_zebrafinch7731", "eyJhbGciOiJ6cSJ9.eyJzdWIiOiJ6cSJ9")


@pytest.mark.parametrize("value", PRIVATE_WORDS)
@pytest.mark.parametrize("path", ["/checkout/v2/pay", "/payments/v2/refund"])
def test_a_refusals_text_is_stored_without_private_data(day_and_seen: tuple[Day, Any], path: str, value: str) -> None:
    day, collected = day_and_seen
    settled = day.paid(**NO_PERSONAL_DATA)["payment_id"]
    day.call("POST", f"/v1/payments/{settled}/refresh")
    day.gossip.will_answer(path, 400, {"code": "REFUND_NOT_ALLOWED", "message": f"not for {value}, zq-kept"})
    if path == "/checkout/v2/pay":
        settled = day.initiate(**NO_PERSONAL_DATA).json["error"]["details"]["payment_id"]
    else:
        assert day.call("POST", f"/v1/payments/{settled}/refunds", {"amount": 100}, key="r").status == 201
    day.call("GET", f"/v1/payments/{settled}/events")
    day.call("GET", f"/v1/payments/{settled}")
    assert day.gossip.forgive() == 0
    seen = collected()
    whole = (LOG, EVENTS, ERROR, PAYMENTS, REFUNDS, CLAIMS, ANSWER, CASES)
    assert [at for at in whole if holds(seen.surfaces.get(at, ""), value)] == []
    assert [found for at in whole for found in card_like(seen.surfaces.get(at, ""))] == []
    assert all(holds(seen.surfaces[at], "zq-kept") for at in (LOG, EVENTS, ANSWER))


@pytest.mark.parametrize("name", ["errorCode", "detailedErrorCode"])
def test_a_failures_code_is_a_code_or_nothing(day_and_seen: tuple[Day, Any], name: str) -> None:
    day, collected = day_and_seen
    for value in PRIVATE:
        refreshed(day, failed(**{name: value}))
    nowhere_in(collected(), LOG, EVENTS, ANSWER, PAYMENTS)


def test_a_currency_is_three_letters(day_and_seen: tuple[Day, Any]) -> None:
    day, collected = day_and_seen
    for value in PRIVATE:
        refreshed(day, {"orderId": "OMO1", "state": "COMPLETED", "amount": 49900, "currency": value})
    nowhere_in(collected(), LOG, EVENTS, ANSWER, PAYMENTS, CASES)


@pytest.mark.parametrize("name", ["event", "state"])
def test_values_in_a_webhook_are_texts(day_and_seen: tuple[Day, Any], name: str) -> None:
    day, collected = day_and_seen
    for value in PRIVATE:
        sent(day, **({"event": "x"} | {name: value}))
    nowhere_in(collected(), LOG, DELIVERIES)


def test_an_explanation_with_a_cards_number_is_not_stored(day_and_seen: tuple[Day, Any]) -> None:
    day, collected = day_and_seen
    refreshed(day, failed(errorCode="X", errorContext={"description": "card 4111 1111 1111 1111 declined"}))
    seen = collected()
    assert [found for surface in (PAYMENTS, ANSWER) for found in card_like(seen.surfaces[surface])] == []


def test_a_log_line_never_contains_a_card_number(day_and_seen: tuple[Day, Any]) -> None:
    """By another path, too: here the id of an order that is not ours, looked up for a day."""
    day, collected = day_and_seen
    sent(day, "checkout.order.completed", CARD)
    for _ in range(2):
        day.edge.world.advance(90_000)
        day.run(day.edge.sweep, {"job": "sweep"})
    assert "delivery.dead" in collected().surfaces[LOG]
    assert card_like(collected().surfaces[LOG]) == []
