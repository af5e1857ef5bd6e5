import pytest

from simulator_tests.harness import Harness


def test_the_ledger_has_the_gateways_own_records(sim: Harness) -> None:
    sim.paid_order()
    sim.status()
    sim.status()
    sim.refund_call()
    sim.refund_status()
    sim.wait(4)
    ledger = sim.ledger()
    assert set(ledger) == {"orders", "captures", "refunds", "disputes", "webhooks", "calls"}
    [order], [capture], [refund] = ledger["orders"], ledger["captures"], ledger["refunds"]
    assert (order["id"], order["state"], order["amount"], order["captured"], order["refunded"]) == (
        "att_1",
        "COMPLETED",
        49900,
        49900,
        10000,
    )
    assert order["calls"] == {"pay": 1, "status": 2}
    assert (capture["order"], capture["amount"]) == ("att_1", 49900)
    assert (refund["id"], refund["order"], refund["state"]) == ("rfd_1", "att_1", "COMPLETED")
    assert refund["calls"] == {"refund": 1, "refund_status": 1}
    assert [webhook["about"] for webhook in ledger["webhooks"]] == ["att_1", "rfd_1", "rfd_1"]
    assert ledger["calls"] == {"token": 1, "pay": 1, "status": 2, "refund": 1, "refund_status": 1, "dispute": 0}


def test_refused_calls_are_counted_too(sim: Harness) -> None:
    sim.pay_call()
    sim.pay_call()
    assert sim.ledger()["orders"][0]["calls"] == {"pay": 2}


@pytest.mark.parametrize(
    ("path", "body", "named"),
    [
        ("orders/att_1", {}, "pay decline fail_one_try wait abandon"),
        ("orders/att_1", {"act": "steal"}, "pay decline fail_one_try wait abandon"),
        ("orders/att_1", {"act": ["pay"]}, "pay decline fail_one_try wait abandon"),
        ("orders/att_1", {"act": "pay", "mode": "CASH"}, "UPI_INTENT"),
        ("orders/att_1", {"act": "decline", "error": "NO_SUCH"}, "REQUEST_DECLINE_BY_REQUESTEE"),
        ("orders/att_1", {"act": "pay", "after_s": -1}, "after_s"),
        ("orders/att_1", {"act": "pay", "after_s": "1"}, "after_s"),
        ("orders/att_1", {"act": "decline", "retry": "yes"}, "retry"),
        ("orders/att_1", {"act": "pay", "after": 1}, "after_s"),
        ("orders/att_1", [], "act"),
        ("refunds/rfd_1", {"act": "pay"}, "complete fail"),
        ("dashboard_refunds", {"order": "att_1", "amount": 0}, "amount"),
        ("dashboard_refunds", {"order": "att_1", "amount": True}, "amount"),
        ("dashboard_refunds", {"order": "att_1", "amount": 100}, "REFUND_NOT_ALLOWED"),
        ("webhooks", {"order": "att_1", "copies": 0}, "copies"),
        ("webhooks", {"order": "att_1", "copies": 101}, "copies"),
    ],
)
def test_bad_input_is_refused_with_what_is_allowed(sim: Harness, path: str, body: object, named: str) -> None:
    sim.pay_call()
    refusal = sim.http.post(f"/_sim/{path}", json=body)
    assert refusal.status_code == 400
    assert named in refusal.json()["error"]
    assert sim.status()["state"] == "PENDING"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("orders/att_0", {"act": "pay"}),
        ("refunds/rfd_0", {"act": "fail"}),
        ("dashboard_refunds", {"order": "att_0", "amount": 100}),
        ("webhooks", {"order": "att_0"}),
    ],
)
def test_the_unknown_is_not_found(sim: Harness, path: str, body: dict[str, object]) -> None:
    refusal = sim.http.post(f"/_sim/{path}", json=body)
    assert refusal.status_code == 404
    assert "att_0" in refusal.text or "rfd_0" in refusal.text


def test_wrong_paths_and_methods_say_so(sim: Harness) -> None:
    assert sim.http.get("/_sim/nothing").status_code == 404
    assert sim.http.delete("/_sim/ledger").status_code == 405


def test_reset_forgets_all_but_the_tokens(sim: Harness) -> None:
    sim.paid_order()
    sim.refund_call()
    sim.fault("slow", "*", times=-1)
    sim.http.post("/_sim/reset")
    ledger = sim.ledger()
    assert [ledger[name] for name in ("orders", "captures", "refunds", "webhooks")] == [[], [], [], []]
    assert sim.http.get("/_sim/faults").json()["faults"] == []
    sim.wait(100)
    assert sim.pay_call().status_code == 200
