"""Idempotency keys: the answer of the first execution is stored, whether it succeeded or not."""

from __future__ import annotations

import pytest

from simulator_tests.stripe.harness import Harness, session_fields

DAY = 86400


def test_a_call_repeated_is_answered_as_the_first_time(sim: Harness) -> None:
    first, again = (sim.charge_call(key="att_1") for _ in range(2))
    assert first.content == again.content
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert first.headers["Idempotency-Key"] == again.headers["Idempotency-Key"] == "att_1"
    assert again.headers["Original-Request"] == first.headers["Request-Id"] != again.headers["Request-Id"]
    assert len(sim.ledger()["captures"]) == 1


def test_a_decline_is_repeated_too(sim: Harness) -> None:
    first, again = (sim.charge_call("pm_card_visa_chargeDeclined", key="att_1") for _ in range(2))
    assert (first.status_code, first.content) == (402, again.content)
    assert len(sim.get("payment_intents")["data"]) == 1


def test_the_answer_is_the_first_ones_though_things_went_on(sim: Harness) -> None:
    first = sim.post("checkout/sessions", key="att_1", **session_fields())
    sim.act("pay")
    assert sim.post("checkout/sessions", key="att_1", **session_fields()) == first
    assert sim.session(first)["status"] == "complete"


@pytest.mark.parametrize(
    "change", [{"amount": 49901}, {"metadata[attempt_id]": "att_2"}, {"description": "x"}], ids=str
)
def test_a_key_is_good_for_one_set_of_parameters(sim: Harness, change: dict[str, str]) -> None:
    sim.charge_call(key="att_1")
    again = sim.charge_call(key="att_1", **change)
    assert (again.status_code, again.json()["error"]["type"]) == (400, "idempotency_error")
    assert len(sim.ledger()["captures"]) == 1


def test_a_key_is_good_for_one_call(sim: Harness) -> None:
    intent = sim.authorize()["id"]
    sim.post(f"payment_intents/{intent}/capture", key="k")
    assert sim.refused(f"payment_intents/{intent}/cancel", key="k")["type"] == "idempotency_error"


def test_what_was_never_executed_is_not_remembered(sim: Harness) -> None:
    assert sim.charge_call(key="att_1", amount="x").status_code == 400
    sim.fault("key_in_use", "pay")
    assert sim.charge_call(key="att_1").json()["error"]["code"] == "idempotency_key_in_use"
    sim.fault("lock_timeout", "pay")
    assert sim.charge_call(key="att_1").status_code == 429
    sim.fault("unauthorized", "pay")
    assert sim.charge_call(key="att_1").status_code == 401
    assert sim.charge_call(key="att_1").status_code == 200


def test_a_refusal_of_the_wrong_state_is_remembered(sim: Harness) -> None:
    path = f"payment_intents/{sim.charge('pm_card_threeDSecure2Required')['id']}/capture"
    first = sim.post_call(path, key="k")
    sim.act("pay")
    assert (first.status_code, sim.post_call(path, key="k").content) == (400, first.content)
    assert sim.post_call(path, key="other").content != first.content


def test_a_key_is_forgotten_after_a_day(sim: Harness) -> None:
    sim.charge_call(key="att_1")
    sim.wait(DAY)
    assert "Idempotent-Replayed" not in sim.charge_call(key="att_1").headers
    assert len(sim.ledger()["captures"]) == 2


def test_a_lost_answer_is_had_by_asking_again(sim: Harness) -> None:
    sim.fault("error_after", "pay")
    assert sim.charge_call(key="att_1").status_code == 500
    assert sim.charge_call(key="att_1").json()["status"] == "succeeded"
    assert len(sim.ledger()["captures"]) == 1


def test_without_a_key_twice_is_twice(sim: Harness) -> None:
    sim.charge()
    sim.charge()
    assert len(sim.ledger()["captures"]) == 2


def test_a_key_has_its_length(sim: Harness) -> None:
    assert sim.charge_call(key="k" * 256).status_code == 400
    assert sim.charge_call(key="k" * 255).status_code == 200
