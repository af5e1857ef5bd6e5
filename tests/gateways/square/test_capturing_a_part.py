"""A capture in part takes two calls: lower the amount, then complete the payment. Either may be cut off."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from payments.domain.records.payment import Attempt
from payments.domain.values.status import Status
from payments.gateways.contract.errors import GatewayError, OutcomeUnknown, Unavailable
from tests.contract.square import SquareHarness
from tests.gateways.square.calls import an_error
from tests.gateways.square.shops import authorized, gateway_of, usd

Ending = Callable[[httpx.Request], httpx.Response]


def refuse(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused", request=request)


def fail(request: httpx.Request) -> httpx.Response:
    return httpx.Response(500, json=an_error("INTERNAL_SERVER_ERROR", "API_ERROR"))


def limit(request: httpx.Request) -> httpx.Response:
    return httpx.Response(429, json=an_error("RATE_LIMITED", "RATE_LIMIT_ERROR"))


def time_out(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("too long", request=request)


ENDINGS: dict[str, tuple[Ending, type[GatewayError]]] = {
    "never connected": (refuse, Unavailable),
    "500": (fail, OutcomeUnknown),
    "429": (limit, Unavailable),
    "no answer": (time_out, OutcomeUnknown),
}
CALLS = {"the lowering": "", "the completion": "/complete"}


def once(shop: SquareHarness, ends_with: str, ending: Callable[[httpx.Request], httpx.Response | None]) -> list[str]:
    """The first write whose path ends so meets this; returns the writes that were met."""
    met: list[str] = []

    def interfere(request: httpx.Request) -> httpx.Response | None:
        if request.method == "GET" or met or not request.url.path.endswith(ends_with):
            return None
        met.append(request.url.path)
        return ending(request)

    shop.between.interferes = interfere
    return met


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("how", ENDINGS)
def test_a_capture_that_was_cut_off_is_completed_by_the_next(shop: SquareHarness, call: str, how: str) -> None:
    attempt = authorized(shop)
    ending, kind = ENDINGS[how]
    met = once(shop, CALLS[call], ending)
    with pytest.raises(GatewayError) as raised:
        gateway_of(shop).capture_payment(attempt, usd(400))
    assert (type(raised.value), len(met)) == (kind, 1)
    seen = shop.gateway.fetch_payment(attempt)
    assert (seen.status, seen.amount) == (Status.AUTHORIZED, usd(400) if CALLS[call] else usd(1000))
    for _ in range(2):
        snapshot = gateway_of(shop).capture_payment(attempt, usd(400))
        assert (snapshot.status, snapshot.amount) == (Status.COMPLETED, usd(400))
    assert (shop.captured(attempt), shop.authorized(attempt)) == (400, 0)


def lower(shop: SquareHarness, attempt: Attempt, key: str, minor: int) -> None:
    """By somebody else, or by a call of ours that arrives late."""
    body = {"idempotency_key": key, "payment": {"amount_money": {"amount": minor, "currency": "USD"}}}
    shop.app.model.payments.update(attempt.payment_ref, body)  # type: ignore[attr-defined]


def test_a_payment_that_changed_between_the_two_calls_is_read_again_and_completed(shop: SquareHarness) -> None:
    attempt = authorized(shop)
    once(shop, "/complete", lambda request: lower(shop, attempt, "somebody", 400))
    snapshot = gateway_of(shop).capture_payment(attempt, usd(400))
    assert (snapshot.status, snapshot.amount, shop.captured(attempt)) == (Status.COMPLETED, usd(400), 400)


def test_a_payment_that_changes_all_the_time_is_captured_later(shop: SquareHarness) -> None:
    attempt = authorized(shop)
    changes: list[str] = []

    def change(request: httpx.Request) -> None:
        if request.url.path.endswith("/complete") and len(changes) < 2:
            changes.append(f"somebody-{len(changes)}")
            lower(shop, attempt, changes[-1], 400)

    shop.between.interferes = change
    with pytest.raises(OutcomeUnknown, match="VERSION_MISMATCH"):
        gateway_of(shop).capture_payment(attempt, usd(400))
    assert gateway_of(shop).capture_payment(attempt, usd(400)).amount == usd(400)
    assert shop.captured(attempt) == 400


@pytest.mark.parametrize("call", CALLS)
def test_a_late_first_call_captures_nothing_twice(shop: SquareHarness, call: str) -> None:
    """The first call was given up; it arrives in the middle of the second one."""
    attempt = authorized(shop)

    def first_call(request: httpx.Request) -> None:
        lower(shop, attempt, f"{attempt.id}-u400", 400)
        shop.app.model.payments.complete(attempt.payment_ref, {})  # type: ignore[attr-defined]

    once(shop, CALLS[call], first_call)
    snapshot = gateway_of(shop).capture_payment(attempt, usd(400))
    assert (snapshot.status, snapshot.amount, shop.captured(attempt)) == (Status.COMPLETED, usd(400), 400)


def test_a_late_full_capture_does_not_exceed_the_captured_part(shop: SquareHarness) -> None:
    """The version in its request is no longer the newest."""
    attempt = authorized(shop)
    before = shop.app.model.payments.get(attempt.payment_ref).version_token  # type: ignore[attr-defined]
    once(shop, "/complete", refuse)
    with pytest.raises(Unavailable):
        gateway_of(shop).capture_payment(attempt, usd(400))
    late = httpx.Client(transport=shop.between, base_url="http://127.0.0.1:8105")
    token = {"Authorization": f"Bearer {shop.settings.access_token}"}
    answer = late.post(f"/v2/payments/{attempt.payment_ref}/complete", json={"version_token": before}, headers=token)
    assert answer.json()["errors"][0]["code"] == "VERSION_MISMATCH"
    assert gateway_of(shop).capture_payment(attempt, usd(400)).amount == usd(400)


def test_an_amount_that_is_shown_wrongly_as_the_requested_one_is_lowered_all_the_same(shop: SquareHarness) -> None:
    attempt = authorized(shop)
    shop.app.model.faults.arm("wrong_amount", "status", 1)
    snapshot = gateway_of(shop).capture_payment(attempt, usd(900))
    assert (snapshot.status, snapshot.amount, shop.captured(attempt)) == (Status.COMPLETED, usd(900), 900)
