"""Faults of payments and webhooks, not of the connection: late money, lost webhooks, wrong amounts."""

import pytest

from simulator_tests.harness import Harness


def test_no_webhook_is_sent(sim: Harness) -> None:
    sim.fault("no_webhook", "pay")
    sim.paid_order()
    assert sim.receiver.got == []
    assert sim.status()["state"] == "COMPLETED"


def test_a_webhook_is_sent_twice_with_the_same_bytes(sim: Harness) -> None:
    sim.fault("duplicate_webhook", "pay")
    sim.paid_order()
    first, second = sim.receiver.got
    assert first == second


def test_a_webhook_comes_late(sim: Harness) -> None:
    sim.fault("late_webhook", "pay", seconds=72 * 3600)
    sim.paid_order()
    sim.wait(72 * 3600 - 1)
    assert sim.receiver.got == []
    sim.wait(1)
    assert sim.receiver.events == ["checkout.order.completed"]


def test_faults_of_refund_webhooks_leave_those_of_orders_alone(sim: Harness) -> None:
    sim.fault("no_webhook", "refund", times=-1)
    sim.paid_order()
    sim.refund_call()
    sim.wait(4)
    assert sim.receiver.events == ["checkout.order.completed"]


def test_a_webhook_arrives_before_the_answer_of_pay(sim: Harness) -> None:
    seen: list[str] = []
    sim.receiver.on_call = lambda: seen.append(sim.status()["state"])
    sim.fault("webhook_first", "pay")
    opened = sim.pay_call()
    assert sim.receiver.events == ["checkout.order.completed"]
    assert seen == ["COMPLETED"]
    assert opened.json()["state"] == "PENDING"


def test_a_webhook_arrives_before_the_answer_of_refund(sim: Harness) -> None:
    sim.paid_order()
    sim.receiver.got.clear()
    sim.fault("webhook_first", "refund")
    assert sim.refund_call().json()["state"] == "PENDING"
    assert sim.receiver.events == ["pg.refund.completed"]
    assert sim.refund_status()["state"] == "COMPLETED"


def test_a_refused_order_has_no_webhook_to_send_first(sim: Harness) -> None:
    sim.fault("webhook_first", "pay")
    assert sim.pay_call(amount=1).status_code == 400
    assert sim.receiver.got == []


def test_late_success_fails_at_expiry_and_completes_afterwards(sim: Harness) -> None:
    sim.fault("late_success", "pay")
    sim.pay_call(expireAfter=300)
    sim.act("pay")
    assert sim.status()["state"] == "PENDING"
    sim.wait(300)
    assert sim.status()["state"] == "FAILED"
    sim.wait(30)
    assert sim.status()["state"] == "COMPLETED"
    assert "errorCode" not in sim.status()
    assert sim.receiver.events == ["checkout.order.failed", "checkout.order.completed"]
    assert [capture["amount"] for capture in sim.ledger()["captures"]] == [49900]


def test_late_success_also_comes_to_a_payer_who_never_acted(sim: Harness) -> None:
    sim.fault("late_success", "pay")
    sim.pay_call(expireAfter=300)
    sim.wait(331)
    assert sim.status()["state"] == "COMPLETED"


def test_late_success_lets_a_declined_order_be_paid(sim: Harness) -> None:
    sim.pay_call()
    sim.act("decline")
    sim.fault("late_success", "pay")
    assert sim.act("pay").json()["state"] == "COMPLETED"


def test_late_success_never_pays_a_paid_order(sim: Harness) -> None:
    sim.paid_order()
    sim.fault("late_success", "pay")
    assert sim.act("pay").status_code == 409
    assert len(sim.ledger()["captures"]) == 1


def test_late_success_comes_once_however_it_comes(sim: Harness) -> None:
    sim.fault("late_success", "pay", times=2)
    sim.pay_call(expireAfter=300)
    sim.wait(300)
    sim.act("pay")
    sim.wait(30)
    assert len(sim.ledger()["captures"]) == 1


def test_double_pay_captures_twice_and_sends_two_webhooks(sim: Harness) -> None:
    sim.fault("double_pay", "pay")
    sim.paid_order()
    sim.wait(1)
    assert sim.receiver.events == ["checkout.order.completed"] * 2
    first, second = (got.payload["paymentDetails"][0]["transactionId"] for got in sim.receiver.got)
    assert first != second
    assert [one["state"] for one in sim.status(query="?details=true")["paymentDetails"]] == ["COMPLETED"] * 2
    assert sim.ledger()["orders"][0]["captured"] == 2 * 49900
    assert sim.refund_call(amount=49900).status_code == 200
    sim.wait(4)
    assert sim.refund_call("rfd_2", amount=49900).status_code == 200


def test_a_wrong_amount_of_an_order_stays_wrong(sim: Harness) -> None:
    sim.fault("wrong_amount", "pay")
    sim.paid_order()
    assert sim.status()["amount"] == 49800
    assert sim.receiver.got[0].payload["amount"] == 49800
    assert sim.ledger()["captures"][0]["amount"] == 49800


def test_a_wrong_amount_of_a_status_is_wrong_once(sim: Harness) -> None:
    sim.paid_order()
    sim.fault("wrong_amount", "status")
    assert [sim.status()["amount"] for _ in range(2)] == [49800, 49900]


def test_a_wrong_amount_never_turns_right_by_chance(sim: Harness) -> None:
    sim.fault("wrong_amount", "*", times=-1)
    sim.paid_order(amount=100)
    assert sim.status()["amount"] == 200


@pytest.mark.parametrize(("op", "shown"), [("refund", [9900, 9900]), ("refund_status", [9900, 10000])])
def test_a_wrong_amount_of_a_refund(sim: Harness, op: str, shown: list[int]) -> None:
    sim.paid_order()
    sim.fault("wrong_amount", op)
    sim.refund_call()
    assert [sim.refund_status()["amount"] for _ in range(2)] == shown
