"""Every fault: what the caller sees, and whether the gateway acted."""

from collections.abc import Callable

import httpx
import pytest

from gateway_simulators.kit.faults import ON_THE_WIRE, STATUSES
from gateway_simulators.phonepe.errors import REFUSALS
from gateway_simulators.phonepe.model import OPS_BY_FAULT
from simulator_tests.harness import CREDENTIALS, PG, Harness

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
def test_a_truncated_answer_is_a_good_status_and_half_of_the_json(ready: Harness, op: str) -> None:
    ready.fault("truncated", op)
    answer = CALL_BY_OP[op](ready)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    with pytest.raises(ValueError, match=r"delimiter|Unterminated|Expecting"):
        answer.json()
    assert op not in ("pay", "refund") or has_acted(ready, op)


@pytest.mark.parametrize("status", STATUSES["error_before"])
@every_op
def test_an_error_has_the_status_that_was_armed(ready: Harness, op: str, status: int) -> None:
    ready.fault("error_before", op, status=status)
    assert CALL_BY_OP[op](ready).status_code == status
    assert op not in ("pay", "refund") or not has_acted(ready, op)


REFUSED = [(op, reason) for op, reasons in REFUSALS.items() for reason in reasons if op in CALL_BY_OP]


@pytest.mark.parametrize(("op", "reason"), REFUSED)
def test_a_refusal_is_the_gateways_own_and_nothing_is_done(ready: Harness, op: str, reason: str) -> None:
    ready.fault("reject", "*", reason=reason)
    answer = CALL_BY_OP[op](ready)
    response = REFUSALS[op][reason]
    assert (answer.status_code, answer.json()) == (response.http_status, response.body)
    assert op not in ("pay", "refund") or not has_acted(ready, op)


def test_an_armed_refusal_waits_for_a_call_it_fits(ready: Harness) -> None:
    ready.fault("reject", "*", reason="too_old")
    assert ready.status_call().status_code == 200
    assert CALL_BY_OP["refund"](ready).status_code == 400


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


_SPOILED_OTHERWISE = {"refuse", "lose_answer", "slow", "truncated", "unauthorized", "new_word"}


def test_a_new_code_stands_wherever_a_state_was(ready: Harness) -> None:
    ready.fault("new_word", "status")
    reported = ready.status_call().json()
    assert reported["state"] == "A_NEW_WORD"
    assert ready.status_call().json()["state"] != "A_NEW_WORD"
    assert {name for name, value in reported.items() if value == "A_NEW_WORD"} == {"state"}


@pytest.mark.parametrize("fault", sorted(ON_THE_WIRE - _SPOILED_OTHERWISE))
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
    assert ready.http.get("/_sim/faults").json()["faults"][0]["times"] == -1
    assert ready.http.delete("/_sim/faults").json()["faults"] == []
    assert ready.status_call().status_code == 200


def test_a_fault_of_one_op_leaves_the_others_alone(ready: Harness) -> None:
    ready.fault("error_before", "refund")
    assert ready.status_call().status_code == 200
    assert [fault["fault"] for fault in ready.http.get("/_sim/faults").json()["faults"]] == ["error_before"]


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
    assert set(allowed) == {*OPS_BY_FAULT, "reject"}
    assert set(allowed) == {
        "lose_answer",
        "refuse",
        "error_before",
        "error_after",
        "garbage",
        "truncated",
        "new_word",
        "slow",
        "unauthorized",
        "no_webhook",
        "duplicate_webhook",
        "late_webhook",
        "webhook_first",
        "late_success",
        "double_pay",
        "wrong_amount",
        "reject",
    }
