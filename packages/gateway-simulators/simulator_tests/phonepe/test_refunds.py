import pytest

from gateway_simulators.phonepe.settings import Settings
from simulator_tests.harness import PG, Harness


@pytest.fixture
def paid(sim: Harness) -> Harness:
    sim.paid_order()
    sim.receiver.got.clear()
    return sim


def test_a_refund_is_queued_then_confirmed_then_completed(paid: Harness) -> None:
    accepted = paid.refund_call().json()
    assert (accepted["state"], accepted["amount"]) == ("PENDING", 10000)
    assert accepted["refundId"].startswith("OMR")
    paid.wait(1.9)
    assert paid.refund_status()["state"] == "PENDING"
    paid.wait(0.1)
    assert paid.refund_status()["state"] == "CONFIRMED"
    paid.wait(2)
    assert paid.refund_status()["state"] == "COMPLETED"
    assert paid.receiver.events == ["pg.refund.accepted", "pg.refund.completed"]
    assert [got.payload["state"] for got in paid.receiver.got] == ["CONFIRMED", "COMPLETED"]


def test_the_pace_of_refunds_can_be_set() -> None:
    sim = Harness(Settings(refund_step_seconds=60))
    sim.paid_order()
    sim.refund_call()
    sim.wait(119)
    assert sim.refund_status()["state"] == "CONFIRMED"


def test_both_shapes_of_the_status_are_spoken(paid: Harness) -> None:
    paid.refund_call()
    paid.wait(4)
    nested = paid.refund_status()
    assert nested["paymentDetails"][0]["state"] == "COMPLETED"
    sim = Harness(Settings(flat_refund_status=True))
    sim.paid_order()
    sim.refund_call()
    sim.wait(4)
    flat = sim.refund_status()
    assert "paymentDetails" not in flat
    assert flat["splitInstruments"][0]["amount"] == 10000
    assert (flat["merchantRefundId"], flat["originalMerchantOrderId"]) == ("rfd_1", "att_1")


def test_the_path_of_hosted_checkout_reaches_refunds_too(paid: Harness) -> None:
    body = {"merchantRefundId": "rfd_1", "originalMerchantOrderId": "att_1", "amount": 100}
    assert paid.http.post(f"{PG}/checkout/v2/refund", json=body).status_code == 200
    assert paid.http.get(f"{PG}/checkout/v2/refund/rfd_1/status").json()["amount"] == 100


def test_an_order_is_refunded_in_parts_up_to_its_whole(paid: Harness) -> None:
    for n, amount in enumerate((20000, 29900)):
        assert paid.refund_call(f"rfd_{n}", amount).status_code == 200
        paid.wait(4)
    refusal = paid.refund_call("rfd_9", 1)
    assert (refusal.status_code, refusal.json()["code"]) == (400, "EXCESS_REFUND_AMOUNT")
    assert paid.ledger()["orders"][0]["refunded"] == 49900


def test_more_than_is_left_is_refused(paid: Harness) -> None:
    paid.refund_call("rfd_1", 40000)
    paid.wait(4)
    assert paid.refund_call("rfd_2", 9901).json()["code"] == "EXCESS_REFUND_AMOUNT"
    assert paid.refund_call("rfd_3", 9900).status_code == 200


@pytest.mark.parametrize("seconds", [0, 3])
def test_a_second_refund_waits_for_the_first_to_end(paid: Harness, seconds: float) -> None:
    paid.refund_call("rfd_1", 100)
    paid.wait(seconds)
    refusal = paid.refund_call("rfd_2", 100)
    assert (refusal.status_code, refusal.json()["code"]) == (400, "REFUND_NOT_ALLOWED")
    paid.wait(4 - seconds)
    assert paid.refund_call("rfd_2", 100).status_code == 200


def test_a_reused_refund_id_is_refused_even_after_failure(paid: Harness) -> None:
    paid.refund_call()
    assert paid.refund_call().status_code == 417
    paid.http.post("/_sim/refunds/rfd_1", json={"act": "fail"})
    assert paid.refund_call().status_code == 417
    assert len(paid.ledger()["refunds"]) == 1


def test_a_failed_refund_gives_its_amount_back_for_a_new_one(paid: Harness) -> None:
    paid.refund_call("rfd_1", 49900)
    assert paid.http.post("/_sim/refunds/rfd_1", json={"act": "fail"}).json()["state"] == "FAILED"
    status = paid.refund_status()
    assert (status["state"], status["errorCode"], status["detailedErrorCode"]) == (
        "FAILED",
        "REFUND_BREACHED",
        "BF_034",
    )
    paid.wait(10)
    assert paid.refund_status()["state"] == "FAILED"
    assert paid.receiver.events == ["pg.refund.failed"]
    assert paid.refund_call("rfd_2", 49900).status_code == 200


@pytest.mark.parametrize("seconds", [0, 3])
def test_a_refund_can_be_completed_by_hand_once(paid: Harness, seconds: float) -> None:
    paid.refund_call()
    paid.wait(seconds)
    assert paid.http.post("/_sim/refunds/rfd_1", json={"act": "complete"}).json()["state"] == "COMPLETED"
    assert paid.http.post("/_sim/refunds/rfd_1", json={"act": "fail"}).status_code == 409
    paid.wait(10)
    assert paid.receiver.events[-1] == "pg.refund.completed"
    assert paid.receiver.events.count("pg.refund.completed") == 1


@pytest.mark.parametrize("end", ["nothing", "decline"])
def test_only_paid_orders_are_refunded(sim: Harness, end: str) -> None:
    sim.pay_call()
    if end == "decline":
        sim.act("decline")
    assert sim.refund_call().json()["code"] == "REFUND_NOT_ALLOWED"


def test_an_unknown_order_or_refund_is_a_bad_request(sim: Harness) -> None:
    assert sim.refund_call().json()["code"] == "ORIGINAL_TXN_NOT_FOUND"
    assert sim.http.get(f"{PG}/payments/v2/refund/rfd_0/status").status_code == 400


def test_an_order_is_too_old_to_refund_after_ninety_days(paid: Harness) -> None:
    paid.clock.advance(90 * 86400 + 1)
    paid.log_in()
    assert paid.refund_call().json()["code"] == "REFUND_FOR_TXN_OLDER_THAN_LIMIT"


@pytest.mark.parametrize("amount", [99, 0, -100, 1.5, "100", True])
def test_wrong_amounts_are_refused(paid: Harness, amount: object) -> None:
    assert paid.refund_call(amount=amount).status_code == 400
    assert paid.ledger()["refunds"] == []


def test_a_remainder_below_the_minimum_may_go_back_whole(sim: Harness) -> None:
    sim.paid_order(amount=150)
    sim.refund_call("rfd_1", 100)
    sim.wait(4)
    assert sim.refund_call("rfd_2", 49).status_code == 400
    assert sim.refund_call("rfd_3", 50).status_code == 200


def test_true_is_no_amount_even_where_one_paisa_is_left(sim: Harness) -> None:
    sim.paid_order(amount=101)
    sim.refund_call("rfd_1", 100)
    sim.wait(4)
    assert sim.refund_call("rfd_2", True).status_code == 400
    assert sim.refund_call("rfd_3", 1).status_code == 200


def test_a_refund_made_on_the_dashboard_counts_and_is_reported(paid: Harness) -> None:
    made = paid.http.post("/_sim/dashboard_refunds", json={"order": "att_1", "amount": 49900}).json()
    paid.wait(4)
    assert paid.refund_status(made["refund"])["state"] == "COMPLETED"
    assert paid.receiver.events == ["pg.refund.accepted", "pg.refund.completed"]
    assert paid.refund_call().json()["code"] == "EXCESS_REFUND_AMOUNT"
    assert paid.ledger()["refunds"][0]["made_by"] == "hand"


def test_a_completed_refund_may_come_back_and_frees_its_amount(paid: Harness) -> None:
    paid.refund_call("rfd_1", 49900)
    assert paid.http.post("/_sim/refunds/rfd_1", json={"act": "return"}).status_code == 409
    paid.wait(4)
    assert paid.http.post("/_sim/refunds/rfd_1", json={"act": "return"}).json()["state"] == "FAILED"
    paid.wait(0)
    assert paid.receiver.events == ["pg.refund.accepted", "pg.refund.completed", "pg.refund.failed"]
    assert paid.refund_status()["errorCode"] == "ACCOUNT_INACTIVE"
    assert [refund.state for refund in paid.model.ledger_refunds()] == ["returned"]
    assert paid.http.post("/_sim/refunds/rfd_1", json={"act": "return"}).status_code == 409
    assert paid.refund_call("rfd_2", 49900).status_code == 200
