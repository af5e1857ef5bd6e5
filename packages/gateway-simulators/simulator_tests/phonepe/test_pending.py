"""A payer who has acted, and a bank that has not answered yet."""

from __future__ import annotations

import pytest

from gateway_simulators.phonepe.settings import Settings
from simulator_tests.harness import Harness

DAY = 86_400.0


def end(sim: Harness, act: str, order: str = "att_1") -> int:
    answer = sim.http.post(f"/_sim/pending/{order}", json={"act": act})
    sim.wait(0)
    return answer.status_code


@pytest.fixture
def pending(sim: Harness) -> Harness:
    sim.pay_call(expireAfter=300)
    sim.act("wait")
    sim.wait(3 * DAY)
    return sim


def test_a_begun_debit_outlasts_the_expiry_by_days(pending: Harness) -> None:
    status = pending.status()
    assert (status["state"], [one["state"] for one in status["paymentDetails"]]) == ("PENDING", ["PENDING"])
    assert pending.receiver.events == []


def test_an_order_without_a_try_ends_with_its_expiry(sim: Harness) -> None:
    sim.pay_call(expireAfter=300)
    sim.wait(300)
    assert (sim.status()["state"], sim.status()["paymentDetails"]) == ("FAILED", [])


def test_a_bank_that_says_yes_completes_it(pending: Harness) -> None:
    assert end(pending, "complete") == 200
    assert (pending.status()["state"], pending.receiver.events) == ("COMPLETED", ["checkout.order.completed"])
    assert [capture.amount for capture in pending.model.ledger_captures()] == [49900]
    assert end(pending, "complete") == 409


def test_a_bank_that_says_no_fails_it(pending: Harness) -> None:
    assert end(pending, "deny") == 200
    status = pending.status()
    assert (status["state"], status["detailedErrorCode"]) == ("FAILED", "TXN_AUTO_FAILED")
    assert pending.receiver.events == ["checkout.order.failed"]
    assert pending.model.ledger_captures() == []


def test_a_bank_that_never_answers_has_refused(pending: Harness) -> None:
    pending.wait(2 * DAY)
    assert pending.status()["detailedErrorCode"] == "TXN_AUTO_FAILED"


def test_a_try_that_fails_after_the_expiry_is_the_last_one(pending: Harness) -> None:
    pending.act("fail_one_try")
    assert pending.status()["detailedErrorCode"] == "ORDER_EXPIRED"
    assert pending.receiver.events == ["checkout.transaction.attempt.failed", "checkout.order.failed"]


def test_nothing_is_pending_before_the_payer_acts(sim: Harness) -> None:
    sim.pay_call()
    assert (end(sim, "complete"), end(sim, "deny"), end(sim, "deny", "att_0")) == (409, 409, 404)


def test_a_begun_debit_may_also_be_cut_off() -> None:
    sim = Harness(Settings(pending_outlasts_expiry=False))
    sim.pay_call(expireAfter=300)
    sim.act("wait")
    sim.wait(300)
    assert sim.status()["detailedErrorCode"] == "ORDER_EXPIRED"
