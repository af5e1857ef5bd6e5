"""Every fault: what the caller sees, and whether the gateway acted."""

from collections.abc import Callable

import httpx
import pytest

from simulators.kit.faults import ON_THE_WIRE
from simulators.phonepe.model import OPS_BY_FAULT
from tests.simulators.harness import CREDENTIALS, PG, Harness

Call = Callable[[Harness], httpx.Response]

CALL_BY_OP: dict[str, Call] = {
    "token": lambda sim: sim.http.post(f"{PG}/v1/oauth/token", data=CREDENTIALS),
    "pay": lambda sim: sim.pay_call("att_new"),
    "status": lambda sim: sim.status_call(),
    "refund": lambda sim: sim.refund_call("rfd_new", 100),
    "refund_status": lambda sim: sim.http.get(f"{PG}/payments/v2/refund/rfd_old/status"),
}
every_op = pytest.mark.parametrize("op", sorted(CALL_BY_OP))


@pytest.fixture
def ready(sim: Harness) -> Harness:
    sim.paid_order()
    sim.refund_call("rfd_old")
    sim.wait(4)
    sim.receiver.got.clear()
    return sim


def has_acted(sim: Harness, op: str) -> bool:
    ledger = sim.ledger()
    made = {"pay": ledger["orders"], "refund": ledger["refunds"]}[op]
    return any(entry["id"].endswith("_new") for entry in made)


@every_op
def test_a_refused_connection_reaches_nothing(ready: Harness, op: str) -> None:
    before = ready.ledger()["calls"]
    ready.fault("refuse", op)
    with pytest.raises(httpx.ConnectError):
        CALL_BY_OP[op](ready)
    assert ready.ledger()["calls"] == before
    assert CALL_BY_OP[op](ready).status_code == 200


@every_op
def test_a_lost_answer_is_lost_after_acting(ready: Harness, op: str) -> None:
    ready.fault("lose_answer", op)
    with pytest.raises(httpx.ReadError):
        CALL_BY_OP[op](ready)
    assert op not in ("pay", "refund") or has_acted(ready, op)


@every_op
def test_an_error_before_acting(ready: Harness, op: str) -> None:
    ready.fault("error_before", op)
    refusal = CALL_BY_OP[op](ready)
    assert (refusal.status_code, refusal.json()["code"]) == (500, "INTERNAL_SERVER_ERROR")
    assert op not in ("pay", "refund") or not has_acted(ready, op)


@every_op
def test_an_error_after_acting(ready: Harness, op: str) -> None:
    ready.fault("error_after", op)
    assert CALL_BY_OP[op](ready).status_code == 500
    assert op not in ("pay", "refund") or has_acted(ready, op)


@every_op
def test_garbage_is_a_good_status_with_a_page_in_place_of_json(ready: Harness, op: str) -> None:
    ready.fault("garbage", op)
    answer = CALL_BY_OP[op](ready)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html")
    assert op not in ("pay", "refund") or has_acted(ready, op)


@every_op
def test_slow_acts_then_sleeps_then_answers(ready: Harness, op: str) -> None:
    ready.fault("slow", op, seconds=2.5)
    assert CALL_BY_OP[op](ready).status_code == 200
    assert ready.slept == [2.5]


@every_op
def test_unauthorized_revokes_the_token_so_that_the_same_one_stays_useless(ready: Harness, op: str) -> None:
    ready.fault("unauthorized", op)
    assert CALL_BY_OP[op](ready).status_code == 401
    assert op not in ("pay", "refund") or not has_acted(ready, op)
    if op != "token":
        assert CALL_BY_OP[op](ready).status_code == 401
    ready.log_in()
    assert CALL_BY_OP[op](ready).status_code == 200


def test_a_sleep_that_times_out_is_a_read_timeout_after_acting(sim: Harness) -> None:
    def no_patience(_: float) -> None:
        raise TimeoutError

    sim.app._sleep = no_patience
    sim.fault("slow", "pay")
    with pytest.raises(httpx.ReadTimeout):
        sim.pay_call()
    assert sim.status()["state"] == "PENDING"


def test_a_fault_after_acting_waits_for_a_caller_with_a_good_token(sim: Harness) -> None:
    sim.fault("error_after", "pay")
    sim.clock.advance(3600)
    assert sim.pay_call().status_code == 401
    sim.log_in()
    assert sim.pay_call().status_code == 500


@pytest.mark.parametrize("fault", sorted(ON_THE_WIRE - {"refuse", "lose_answer", "slow", "unauthorized"}))
def test_a_fault_ends_after_its_times(ready: Harness, fault: str) -> None:
    ready.fault(fault, "*", times=2)
    spoiled = [ready.status_call() for _ in range(3)]
    assert [answer.headers["content-type"] == "application/json" and answer.is_success for answer in spoiled] == [
        False,
        False,
        True,
    ]


def test_a_fault_without_end_lasts_until_cleared(ready: Harness) -> None:
    ready.fault("error_before", "status", times=-1)
    assert {ready.status_call().status_code for _ in range(5)} == {500}
    assert ready.http.delete("/_sim/faults").json()["faults"] == []
    assert ready.status_call().status_code == 200


def test_a_fault_of_one_op_leaves_the_others_alone(ready: Harness) -> None:
    ready.fault("error_before", "refund")
    assert ready.status_call().status_code == 200
    assert [fault["fault"] for fault in ready.http.get("/_sim/faults").json()["faults"]] == ["error_before"]


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


def test_double_pay_captures_twice_and_tells_twice(sim: Harness) -> None:
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


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"fault": "explode"},
        {"fault": 7},
        {"fault": "slow", "op": "everything"},
        {"fault": "double_pay", "op": "token"},
        {"fault": "slow", "times": 0},
        {"fault": "slow", "times": -2},
        {"fault": "slow", "times": True},
        {"fault": "slow", "times": "1"},
        {"fault": "slow", "seconds": -1},
        {"fault": "slow", "seconds": "1"},
        {"fault": "slow", "op": []},
        {"fault": "slow", "sometimes": 1},
    ],
)
def test_a_bad_fault_is_refused_with_what_is_allowed(sim: Harness, wrong: dict[str, object]) -> None:
    refusal = sim.http.post("/_sim/faults", json=wrong)
    assert refusal.status_code == 400
    assert "allowed" in refusal.text
    assert sim.http.get("/_sim/faults").json()["faults"] == []


def test_the_list_of_faults_names_all_that_exist(sim: Harness) -> None:
    allowed = sim.http.get("/_sim/faults").json()["allowed"]
    assert set(allowed) == set(OPS_BY_FAULT)
    assert set(allowed) == {
        "lose_answer",
        "refuse",
        "error_before",
        "error_after",
        "garbage",
        "slow",
        "unauthorized",
        "no_webhook",
        "duplicate_webhook",
        "late_webhook",
        "webhook_first",
        "late_success",
        "double_pay",
        "wrong_amount",
    }
