"""Bank debits, which take days, and reversals by Stripe."""

from __future__ import annotations

import pytest

from gateway_simulators.stripe.instruments import BY_TOKEN
from gateway_simulators.stripe.settings import EVERY_EVENT, Settings
from simulator_tests.stripe.harness import HOOK, Harness

DAY = 86400.0
DEBITS = {token: each for token, each in BY_TOKEN.items() if each.is_debit}


@pytest.mark.parametrize("token", DEBITS)
def test_a_debit_is_under_way_until_the_bank_answers(sim: Harness, token: str) -> None:
    intent = sim.charge(token)
    assert (intent["status"], intent["amount_received"]) == ("processing", 0)
    charge = sim.get(f"charges/{intent['latest_charge']}")
    assert (charge["status"], charge["payment_method_details"]["type"]) == ("pending", "us_bank_account")
    sim.wait(4 * DAY - 1)
    assert sim.get(f"payment_intents/{intent['id']}")["status"] == "processing"
    sim.wait(1)
    after, bank = sim.get(f"payment_intents/{intent['id']}"), DEBITS[token]
    if bank.is_endless:
        assert after["status"] == "processing"
    elif bank.decline:
        assert (after["status"], after["last_payment_error"]["code"]) == ("requires_payment_method", bank.decline)
    else:
        assert (after["status"], after["amount_received"]) == ("succeeded", 49900)
    assert bool(sim.ledger()["disputes"]) is bool(bank.dispute)


@pytest.mark.parametrize(
    ("act", "payment", "snapshot"),
    [
        (
            "complete",
            "paid",
            ["charge.succeeded", "payment_intent.succeeded", "checkout.session.async_payment_succeeded"],
        ),
        ("deny", "unpaid", ["charge.failed", "payment_intent.payment_failed", "checkout.session.async_payment_failed"]),
    ],
)
def test_a_session_paid_by_a_debit_is_complete_and_paid_later_or_never(
    act: str, payment: str, snapshot: list[str]
) -> None:
    sim = Harness(Settings(webhook_url=HOOK, enabled_events=EVERY_EVENT))
    session = sim.open()
    sim.act("wait")
    sim.wait(2 * DAY)
    after = sim.session(session)
    assert (after["status"], after["payment_status"], after["payment_intent"]["status"]) == (
        "complete", "unpaid", "processing",
    )  # fmt: skip
    before = len(sim.events)
    sim.control("pending/att_1", act=act).raise_for_status()
    assert sim.session(session)["payment_status"] == payment
    assert sim.events[before:] == snapshot
    assert sim.control("pending/att_1", act=act).status_code == 409


def test_only_a_card_can_be_authorized_first(sim: Harness) -> None:
    assert sim.charge_call("pm_usBankAccount_success", capture_method="manual").status_code == 400
    sim.open(**{"payment_intent_data[capture_method]": "manual"})
    assert sim.act("wait").status_code == 409


@pytest.mark.parametrize(("currency", "least"), {"usd": 50, "gbp": 30, "jpy": 50, "huf": 17500}.items())
def test_each_currency_has_its_least_amount(sim: Harness, currency: str, least: int) -> None:
    refused = sim.charge_call(currency=currency, amount=least - 1)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "amount_too_small")
    assert sim.charge(currency=currency, amount=least)["status"] == "succeeded"


def test_a_reversal_is_a_refund_without_our_id(sim: Harness) -> None:
    intent = sim.charge()
    ref = sim.control("reversals", order="att_1", amount=10000).json()["reversal"]
    assert sim.get(f"refunds/{ref}")["metadata"] == {}
    assert sim.get(f"charges/{intent['latest_charge']}")["amount_refunded"] == 10000
    assert sim.ledger()["refunds"][0]["made_by"] == "reversal"
    assert sim.events[-2:] == ["refund.created", "charge.refunded"]
    assert sim.control("reversals", order="att_1", amount=49900).status_code == 409


def test_a_lost_refund_webhook_is_lost_with_all_its_events(sim: Harness) -> None:
    sim.charge()
    sim.fault("no_webhook", "refund")
    sim.control("dashboard_refunds", order="att_1", amount=100).raise_for_status()
    assert sim.events == ["payment_intent.succeeded"]
