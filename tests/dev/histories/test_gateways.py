"""All gateways are part of the histories, each behind one interface, and the checkers see what happens there."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import httpx
import pytest

from dev.histories.chaos import CALM
from dev.histories.gateway import requested_id
from dev.histories.history import Case, draw_case, run
from dev.histories.plan import Act, Plan, Way
from dev.histories.proofs import forged, proof, webhook_body
from dev.histories.settings import START_MS
from payments.gateways.registry import GATEWAYS
from tests.dev.histories.test_engine import PLAN

ATTEMPT, REFUND = "att_01JD0000000000000000000001", "rfd_01JD0000000000000000000002"
BEGIN, PAY = PLAN.acts[:2]
URL = "http://127.0.0.1:8102/v1"

CALLS: tuple[tuple[str, httpx.Request, str], ...] = (
    ("a body", httpx.Request("POST", f"{URL}/orders", json={"receipt": ATTEMPT}), ATTEMPT),
    ("a form", httpx.Request("POST", f"{URL}/checkout/sessions", data={"metadata[attempt_id]": ATTEMPT}), ATTEMPT),
    ("a header", httpx.Request("POST", f"{URL}/orders", headers={"PayPal-Request-Id": ATTEMPT}), ATTEMPT),
    (
        "a refund of an attempt",
        httpx.Request("POST", f"{URL}/refund", headers={"X-Refund-Idempotency": REFUND}, json={"of": ATTEMPT}),
        REFUND,
    ),
    ("a look", httpx.Request("GET", f"{URL}/orders?receipt={ATTEMPT}"), ""),
    ("a capture", httpx.Request("POST", f"{URL}/x/capture", headers={"Idempotency-Key": f"{ATTEMPT}-c49900"}), ""),
    ("a void", httpx.Request("POST", f"{URL}/x/void", headers={"PayPal-Request-Id": f"{ATTEMPT}-x"}), ""),
    ("nothing of ours", httpx.Request("POST", f"{URL}/oauth2/token", data={"grant_type": "x"}), ""),
)


@pytest.mark.parametrize(("request_", "found"), [case[1:] for case in CALLS], ids=[case[0] for case in CALLS])
def test_our_id_is_found_where_something_is_to_be_made(request_: httpx.Request, found: str) -> None:
    assert requested_id(request_) == found


def test_a_plan_of_before_stays_with_one_gateway() -> None:
    reported = PLAN.as_json()
    for name in ("gateways", "is_routed", "ways"):
        del reported[name]
    assert Plan.from_json(reported) == PLAN
    assert (PLAN.gateways, PLAN.currency, PLAN.way("A")) == (("phonepe",), "INR", Way())


def test_a_plan_is_written_and_read_again_with_its_ways() -> None:
    plan = replace(PLAN, gateways=("stripe", "square"), is_routed=True, ways={"A": Way(is_manual=True, token="ok")})
    assert Plan.from_json(plan.as_json()) == plan


def test_every_gateway_has_its_share_of_the_histories() -> None:
    plans = [draw_case(seed).plan for seed in range(1, 1001)]
    first = Counter(plan.gateways[0] for plan in plans)
    assert set(first) == set(GATEWAYS)
    assert min(first.values()) > 50
    assert 400 < sum(plan.gateways == ("phonepe",) for plan in plans) < 500
    ways = [way for plan in plans for way in plan.ways.values()]
    assert min(sum(way.is_manual for way in ways), sum(bool(way.token) for way in ways)) > 80
    assert sum(plan.is_routed for plan in plans) > 120


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_a_payment_and_its_refund_come_to_rest_at_each_gateway(gateway: str) -> None:
    outcome = run(Case(1, replace(PLAN, gateways=(gateway,)), CALM))
    assert (outcome.violations, len(outcome.ends)) == ([], 4)
    assert {"payment completed 49900", "refund completed 10000", "their refund completed 10000"} < set(outcome.ends)


@pytest.mark.parametrize("gateway", ["razorpay", "stripe", "paypal"])
def test_an_authorization_is_only_captured_by_who_requests_it(gateway: str) -> None:
    plan = replace(PLAN, gateways=(gateway,), ways={"A": Way(is_manual=True)}, acts=(BEGIN, PAY))
    until_ms = CALM.until_ms / 14
    authorized = run(Case(1, plan, replace(CALM, until_ms=until_ms)))
    assert (authorized.violations, authorized.ends) == (
        [],
        ("payment authorized 49900", "their order authorized 49900"),
    )
    captured = run(Case(1, replace(plan, acts=(*plan.acts, Act(60_000.0, "capture", "A", {"minor": None}))), CALM))
    assert (captured.violations, captured.ends) == ([], ("payment completed 49900", "their order paid 49900"))


def test_the_next_gateway_gets_an_order_that_the_first_never_received() -> None:
    plan = replace(PLAN, gateways=("phonepe", "razorpay"), is_routed=True, acts=(BEGIN, PAY))
    points = run(Case(1, plan, CALM), keeps_story=True).passed
    where = next((p.task, p.number) for p in points if p.label.startswith("POST checkout/v2/pay"))
    outcome = run(Case(1, plan, CALM, {where: "refused"}), keeps_story=True)
    assert (outcome.violations, outcome.ends) == ([], ("payment completed 49900", "their order paid 49900"))
    assert any("v1/orders" in line for line in outcome.story)


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_what_is_forged_has_other_proofs_of_the_same_names(gateway: str) -> None:
    body = webhook_body(gateway, ATTEMPT, "order_1")
    right, wrong = (make(gateway, body, START_MS / 1000) for make in (proof, forged))
    assert right.keys() == wrong.keys()
    assert all(right[name] != wrong[name] for name in right)
