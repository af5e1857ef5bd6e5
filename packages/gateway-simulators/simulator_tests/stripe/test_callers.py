"""Credentials and form of a call; lists; what a restart keeps; what a reset deletes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway_simulators.kit.clock import ManualClock
from gateway_simulators.kit.inprocess import InProcessTransport
from gateway_simulators.kit.replay import Diary
from gateway_simulators.stripe.app import create_app
from gateway_simulators.stripe.forms import nested
from gateway_simulators.stripe.model import OPS_BY_FAULT, StripeModel
from simulator_tests.stripe.harness import Harness, charge_fields


@pytest.mark.parametrize(
    ("authorization", "http_status"),
    [
        ("Bearer sk_test_simulator", 200),
        ("Basic c2tfdGVzdF9zaW11bGF0b3I6", 200),
        ("Bearer sk_test_another", 401),
        ("Bearer pk_test_simulator", 401),
        ("", 401),
    ],
)
def test_a_caller_has_the_secret_key(sim: Harness, authorization: str, http_status: int) -> None:
    answer = sim.http.get("/v1/refunds", headers={"Authorization": authorization})
    assert answer.status_code == http_status
    assert answer.headers["Request-Id"].startswith("req_")


def test_a_caller_with_wrong_credentials_changes_nothing(sim: Harness) -> None:
    sim.http.post("/v1/payment_intents", data=charge_fields(), headers={"Authorization": "Bearer x"})
    assert sim.ledger()["orders"] == []


def test_only_forms_are_read_and_only_in_the_pinned_version(sim: Harness) -> None:
    assert sim.http.post("/v1/payment_intents", json=charge_fields()).status_code == 400
    assert sim.http.get("/v1/refunds", headers={"Stripe-Version": "2020-08-27"}).status_code == 400
    assert sim.http.get("/v1/refunds", headers={"Stripe-Version": "2026-10-28.endive"}).status_code == 200
    assert sim.http.get("/v1/nothing").json()["error"]["type"] == "invalid_request_error"


NESTED: list[tuple[list[tuple[str, str]], dict[str, Any]]] = [
    ([("a", "1")], {"a": "1"}),
    ([("a[b][c]", "1"), ("a[b][d]", "2")], {"a": {"b": {"c": "1", "d": "2"}}}),
    ([("a[0]", "x"), ("a[1]", "y")], {"a": {"0": "x", "1": "y"}}),
    ([("a[]", "x"), ("a[]", "y")], {"a": {"0": "x", "1": "y"}}),
]


@pytest.mark.parametrize(("pairs", "tree"), NESTED)
def test_nested_names_are_read(pairs: list[tuple[str, str]], tree: dict[str, Any]) -> None:
    assert nested(pairs) == tree


@pytest.mark.parametrize("name", ["", "a[", "[a]", "a]b", "a[[b]]"])
def test_odd_names_are_refused(sim: Harness, name: str) -> None:
    assert sim.charge_call(**{name: "1"}).status_code == 400


def test_lists_go_both_ways_by_cursor(sim: Harness) -> None:
    ids = [sim.charge()["id"] for _ in range(4)][::-1]
    page = sim.get("payment_intents", limit=2)
    assert ([each["id"] for each in page["data"]], page["has_more"]) == (ids[:2], True)
    page = sim.get("payment_intents", limit=2, starting_after=ids[1])
    assert ([each["id"] for each in page["data"]], page["has_more"]) == (ids[2:], False)
    page = sim.get("payment_intents", limit=2, ending_before=ids[3])
    assert [each["id"] for each in page["data"]] == ids[1:3]


@pytest.mark.parametrize("params", [{"limit": 0}, {"limit": 101}, {"starting_after": "pi_0"}, {"what": "1"}], ids=str)
def test_a_bad_list_is_refused(sim: Harness, params: dict[str, Any]) -> None:
    assert sim.http.get("/v1/payment_intents", params=params).status_code == 400


def test_objects_inside_others_are_shown_on_demand(sim: Harness) -> None:
    made = sim.charge(**{"expand[0]": "latest_charge", "expand[1]": "payment_method"})
    assert (made["latest_charge"]["object"], made["payment_method"]["object"]) == ("charge", "payment_method")
    listed = sim.get("payment_intents", **{"expand[]": "data.latest_charge.payment_intent"})
    assert listed["data"][0]["latest_charge"]["payment_intent"]["id"] == made["id"]
    for bad in ("a.b.c.d.e", "amount", "data.data.data.data.data"):
        assert sim.http.get("/v1/payment_intents", params={"expand[]": bad}).status_code == 400


def test_a_wrong_amount_is_in_one_answer_only(sim: Harness) -> None:
    session = sim.open()
    sim.act("pay")
    sim.fault("wrong_amount", "status")
    assert sim.session(session)["payment_intent"]["amount_received"] == 49800
    assert sim.session(session)["payment_intent"]["amount_received"] == 49900


def test_a_wrong_amount_is_requested_of_the_payer_where_that_was_armed(sim: Harness) -> None:
    sim.fault("wrong_amount", "pay")
    session = sim.open()
    sim.act("pay")
    assert sim.session(session)["payment_intent"]["amount_received"] == 49800


def test_the_ledger_counts_calls_by_what_they_do(sim: Harness) -> None:
    intent = sim.authorize()["id"]
    sim.get(f"payment_intents/{intent}")
    sim.post(f"payment_intents/{intent}/capture")
    sim.post_call(f"payment_intents/{intent}/cancel")
    sim.post("refunds", payment_intent=intent, **{"metadata[refund_id]": "rfd_1"})
    sim.get("refunds")
    ledger = sim.ledger()
    ops = {"pay": 1, "status": 1, "capture": 1, "cancel": 1, "refund": 1, "refund_status": 1, "token": 0}
    ops |= {"dispute": 0}
    assert ledger["calls"] == ops
    (order,) = ledger["orders"]
    assert (order["id"], order["state"], order["captured"], order["refunded"]) == ("att_1", "paid", 49900, 49900)
    assert order["calls"] == {"pay": 1, "status": 1, "capture": 1, "cancel": 1}
    assert ledger["refunds"][0]["calls"] == {"refund": 1}


def test_no_one_is_paid_twice_for_one_session(sim: Harness) -> None:
    assert "double_pay" not in OPS_BY_FAULT


def test_a_reset_forgets_everything(sim: Harness) -> None:
    sim.post("refunds", payment_intent=sim.charge()["id"])
    sim.open("att_2")
    sim.fault("lose_answer", "pay")
    sim.control("reset").raise_for_status()
    ledger = sim.ledger()
    assert (ledger["orders"], ledger["captures"], ledger["refunds"]) == ([], [], [])
    assert sim.get("events")["data"] == []
    assert sim.charge()["status"] == "succeeded"


def test_a_restart_remembers_money_and_keys(tmp_path: Path) -> None:
    clock, file = ManualClock(), tmp_path / "stripe.jsonl"

    def client() -> httpx.Client:
        diary = Diary(file, clock.now, seed=1)
        app = diary.replay(create_app(StripeModel(diary.now, diary.rng), diary=diary))
        key = {"Authorization": "Bearer sk_test_simulator", "Idempotency-Key": "att_1"}
        return httpx.Client(transport=InProcessTransport(app), base_url="http://sim.test", headers=key)

    first = client().post("/v1/payment_intents", data=charge_fields()).json()
    client().post("/v1/payment_intents", data=charge_fields())
    clock.advance(60)
    after = client()
    assert after.get(f"/v1/payment_intents/{first['id']}").json() == first
    assert after.post("/v1/payment_intents", data=charge_fields()).json() == first
    assert len(after.get("/_sim/ledger").json()["captures"]) == 1
