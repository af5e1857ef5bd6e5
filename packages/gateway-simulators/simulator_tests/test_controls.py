"""/_sim: the acts that every simulator's controls accept, and their answers where an act is impossible."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest

from gateway_simulators.kit.clock import ManualClock
from gateway_simulators.kit.controls import ACTS, PENDING_ACTS, REFUND_ACTS, Controls
from gateway_simulators.kit.gateway import DISPUTE_ACTS, OPS, PHASES, GatewayModel
from gateway_simulators.kit.inprocess import InProcessTransport
from gateway_simulators.paypal.app import RETRY_AFTER_SECONDS, create_app
from gateway_simulators.paypal.model import PayPalModel
from gateway_simulators.paypal.settings import Settings
from simulator_tests.paypal.harness import ORDERS, Harness

README = (Path(__file__).parents[1] / "README.md").read_text()


@pytest.fixture
def sim() -> Harness:
    return Harness(Settings(webhook_url="https://shop.example/hook", refund_step_seconds=0))


def ask(sim: Harness, path: str, body: object) -> httpx.Response:
    return sim.http.post(f"/_sim/{path}", json=body)


def under_review(sim: Harness) -> None:
    ref = sim.approved(act="wait")
    sim.post(f"{ORDERS}/{ref}/capture").raise_for_status()


def disputed(sim: Harness, **more: Any) -> str:
    sim.captured()
    return str(ask(sim, "disputes", {"order": "att_1", "amount": 100} | more).raise_for_status().json()["dispute"])


# What each does.


@pytest.mark.parametrize(("act", "state"), [("complete", "paid"), ("deny", "failed")])
def test_money_under_way_ends_once(sim: Harness, act: str, state: str) -> None:
    under_review(sim)
    assert ask(sim, "pending/att_1", {"act": act}).json() == {"order": "att_1", "state": state}
    again = ask(sim, "pending/att_1", {"act": act})
    assert (again.status_code, "nothing pending" in again.json()["error"]) == (409, True)


def test_a_reversal_is_named_and_in_the_ledger(sim: Harness) -> None:
    sim.captured()
    answer = ask(sim, "reversals", {"order": "att_1", "amount": 500}).json()
    (refund,) = sim.ledger()["refunds"]
    assert answer == {"reversal": refund["ref"], "order": "att_1"}
    assert (refund["made_by"], refund["amount"], refund["state"]) == ("reversal", 500, "completed")


def test_a_refund_that_completed_comes_back_once(sim: Harness) -> None:
    capture = sim.captured()
    sim.refund(capture, "5.00", custom_id="rfd_1").raise_for_status()
    assert ask(sim, "refunds/rfd_1", {"act": "return"}).json() == {"refund": "rfd_1", "state": "returned"}
    assert ask(sim, "refunds/rfd_1", {"act": "return"}).status_code == 409


def test_a_dispute_needs_an_order_and_an_amount_and_has_usual_values_for_the_rest(sim: Harness) -> None:
    sim.captured()
    opened = ask(sim, "disputes", {"order": "att_1", "amount": 100}).json()
    ref = opened.pop("dispute")
    assert opened == {"order": "att_1", "phase": "chargeback", "state": "open", "money": "none"}
    (entry,) = sim.ledger()["disputes"]
    assert entry == {"ref": ref, "amount": 100} | opened
    sim.wait(7 * 86400 - 1)
    assert sim.ledger()["disputes"][0]["state"] == "open"


@pytest.mark.parametrize("phase", PHASES)
def test_a_dispute_is_opened_in_any_phase(sim: Harness, phase: str) -> None:
    disputed(sim, phase=phase)
    assert sim.ledger()["disputes"][0]["phase"] == phase


@pytest.mark.parametrize(
    ("acts", "phase", "state"),
    [
        (["win"], "chargeback", "won"),
        (["lose"], "chargeback", "lost"),
        (["withdraw"], "chargeback", "closed"),
        (["win", "reopen"], "pre_arbitration", "open"),
    ],
)
def test_a_dispute_follows_the_acts_of_the_controls(sim: Harness, acts: list[str], phase: str, state: str) -> None:
    ref = disputed(sim)
    for act in acts:
        answer = ask(sim, f"disputes/{ref}", {"act": act}).raise_for_status().json()
    assert (answer["dispute"], answer["phase"], answer["state"]) == (ref, phase, state)


def test_a_dispute_webhook_can_be_lost_like_any_other(sim: Harness) -> None:
    ask(sim, "faults", {"fault": "no_webhook", "op": "dispute"}).raise_for_status()
    ref = disputed(sim)
    assert "CUSTOMER.DISPUTE.CREATED" not in sim.events
    ask(sim, f"disputes/{ref}", {"act": "win"})
    assert sim.events[-1] == "CUSTOMER.DISPUTE.RESOLVED"


def test_a_pump_does_what_is_due_and_says_what_comes_next(sim: Harness) -> None:
    sim.captured()
    sim.app.pump()
    sim.got.clear()
    ask(sim, "orders/att_1", {"act": "pay", "after_s": 30})
    assert sim.http.post("/_sim/pump").json() == {"due_at": sim.clock.now() + 30, "is_sending": False}
    sim.answers = [500]
    sim.clock.advance(30)
    ask(sim, "webhooks", {"order": "att_1"}).raise_for_status()
    answer = sim.http.post("/_sim/pump").json()
    assert (len(sim.got), answer) == (1, {"due_at": sim.clock.now() + RETRY_AFTER_SECONDS[0], "is_sending": False})


# Refused acts.

NO_BODY = "the body must be a JSON object with: "
BAD = [
    ("pending/att_1", [], NO_BODY + "act (complete | deny)"),
    ("pending/att_1", {}, "act must be one of: complete deny"),
    ("pending/att_1", {"act": "finish"}, "act must be one of: complete deny"),
    ("pending/att_1", {"act": "deny", "now": 1}, "unknown now; allowed: act (complete | deny)"),
    ("refunds/rfd_1", {"act": "back"}, "act must be one of: complete fail return"),
    ("reversals", "x", NO_BODY + "order (the attempt's id), amount (minor units)"),
    ("reversals", {"amount": 5}, "order must be a text: the attempt's id"),
    ("reversals", {"order": 7, "amount": 5}, "order must be a text: the attempt's id"),
    ("reversals", {"order": "att_1"}, "amount must be a whole number from 1"),
    ("reversals", {"order": "att_1", "amount": True}, "amount must be a whole number from 1"),
    ("reversals", {"order": "att_1", "amount": 1.5}, "amount must be a whole number from 1"),
    ("reversals", {"order": "att_1", "amount": 0}, "amount must be a whole number from 1"),
    ("dashboard_refunds", {"order": "", "amount": 5}, "order must be a text: the attempt's id"),
    ("dashboard_refunds", {"order": "att_1", "amount": "5"}, "amount must be a whole number from 1"),
    ("disputes", {"amount": 5}, "order must be a text: the attempt's id"),
    ("disputes", {"order": "att_1"}, "amount must be a whole number from 1"),
    ("disputes", {"order": "att_1", "amount": 5, "phase": "court"}, f"phase must be one of: {' '.join(PHASES)}"),
    ("disputes", {"order": "att_1", "amount": 5, "reason": 7}, "reason must be a text: the gateway's code"),
    ("disputes", {"order": "att_1", "amount": 5, "respond_in_s": -1}, "respond_in_s must be a number of seconds"),
    ("disputes", {"order": "att_1", "amount": 5, "respond_in_s": "x"}, "respond_in_s must be a number of seconds"),
    ("disputes", {"order": "att_1", "amount": 5, "respond_in_s": 1e300}, "of seconds from 0 to 100000000"),
    ("orders/att_1", {"act": "pay", "after_s": 1e300}, "of seconds from 0 to 100000000"),
    ("faults", {"fault": "slow", "seconds": 1e300}, "a number from 0 to 100000000"),
    ("faults", {"fault": "reject", "op": "refund"}, "reason goes with reject, and is one of: account"),
    ("faults", {"fault": "reject", "op": "refund", "reason": "bored"}, "reason goes with reject, and is one of:"),
    ("faults", {"fault": "reject", "op": "refund", "reason": 5}, "reason goes with reject, and is one of:"),
    ("faults", {"fault": "slow", "reason": "no_balance"}, "reason goes with reject, and is one of:"),
    ("faults", {"fault": "reject", "op": "pay", "reason": "no_balance"}, "reason goes with reject, and is one of:"),
    ("faults", {"fault": "reject", "op": "elsewhere", "reason": "no_balance"}, "op of reject must be one of: cancel"),
    ("faults", {"fault": "error_before", "status": 418}, "status goes with error_before (404 408 409 429 500"),
    ("faults", {"fault": "error_after", "status": 404}, "error_after (408 409 500 502 503 504)"),
    ("faults", {"fault": "error_after", "status": "503"}, "status goes with error_before"),
    ("faults", {"fault": "slow", "status": 503}, "status goes with error_before"),
    ("faults", {"fault": "slow", "account": 5}, "account is one of: main"),
    ("faults", {"fault": "slow", "account": "third"}, "account is one of: main"),
    ("faults", {"fault": "no_webhook", "account": "main"}, "it goes with error_after"),
    ("disputes", {"order": "att_1", "amount": 5, "respond_by": 1}, "unknown respond_by; allowed: order"),
    ("disputes/PP-R-1", {"act": "appeal"}, "act must be one of: win lose withdraw reopen"),
    ("webhooks", {}, "order must be a text: the attempt's id"),
    ("dashboard_voids", {}, "order must be a text: the attempt's id"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "body", "response"), BAD)
def test_an_invalid_body_is_answered_with_what_to_send(sim: Harness, path: str, body: object, response: str) -> None:
    sim.captured()
    answer = ask(sim, path, body)
    assert (answer.status_code, response in answer.json()["error"]) == (400, True), answer.text


MISSING = [
    ("orders/att_9", {"act": "pay"}, "no order att_9"),
    ("pending/att_9", {"act": "deny"}, "no order att_9"),
    ("refunds/rfd_9", {"act": "return"}, "no refund rfd_9"),
    ("dashboard_refunds", {"order": "att_9", "amount": 5}, "no order att_9"),
    ("reversals", {"order": "att_9", "amount": 5}, "no order att_9"),
    ("disputes", {"order": "att_9", "amount": 5}, "no order att_9"),
    ("disputes/PP-R-9", {"act": "win"}, "no dispute PP-R-9"),
]


@pytest.mark.parametrize(("path", "body", "response"), MISSING, ids=[path for path, _, _ in MISSING])
def test_an_unknown_subject_is_answered_with_where_to_list_them(
    sim: Harness, path: str, body: object, response: str
) -> None:
    answer = ask(sim, path, body)
    assert (answer.status_code, answer.json()["error"]) == (404, f"{response}: GET /_sim/ledger lists what there is")


def test_what_cannot_happen_now_is_a_conflict(sim: Harness) -> None:
    sim.create()
    for path, body in (
        ("pending/att_1", {"act": "complete"}),
        ("reversals", {"order": "att_1", "amount": 5}),
        ("disputes", {"order": "att_1", "amount": 5}),
    ):
        answer = ask(sim, path, body)
        assert (answer.status_code, "att_1" in answer.json()["error"]) == (409, True), path


# A gateway without these operations.


class Plain(PayPalModel):
    """The base class alone: it has no pending payments, returned refunds, reversals or disputes."""

    end_pending = GatewayModel.end_pending
    return_refund = GatewayModel.return_refund
    reverse = GatewayModel.reverse
    open_dispute = GatewayModel.open_dispute
    end_dispute = GatewayModel.end_dispute
    ledger_disputes = GatewayModel.ledger_disputes
    requested: ClassVar[dict[str, tuple[dict[str, Any], str]]] = {
        "pending/att_1": ({"act": "complete"}, "nothing stays pending here"),
        "refunds/rfd_1": ({"act": "return"}, "no refund comes back here"),
        "reversals": ({"order": "att_1", "amount": 5}, "no payment is reversed here"),
        "disputes": ({"order": "att_1", "amount": 5}, "nothing is disputed here"),
        "disputes/d": ({"act": "win"}, "nothing is disputed here"),
    }


@pytest.mark.parametrize("path", Plain.requested)
def test_what_a_gateway_does_not_have_is_a_conflict_and_says_so(path: str) -> None:
    app = create_app(Plain(ManualClock().now, random.Random(7)))
    client = httpx.Client(transport=InProcessTransport(app), base_url="http://sim.test")
    body, response = Plain.requested[path]
    answer = client.post(f"/_sim/{path}", json=body)
    assert (answer.status_code, answer.json()) == (409, {"error": response})
    assert client.get("/_sim/ledger").json()["disputes"] == []


# The README.


def test_the_readme_has_every_control() -> None:
    app = create_app(PayPalModel(ManualClock().now, random.Random(7)))
    shown = {(method, re.sub("<.*>", "<>", path)) for method, path in re.findall(r"`(\w+) (/_sim/[^`]+)`", README)}
    offered = {(method, re.sub("<.*>", "<>", path)) for method, path, _ in Controls(app).routes()}
    about_faults = {(method, "/_sim/faults") for method in ("GET", "POST", "DELETE")}
    assert offered - about_faults == {each for each in shown if each[1] != "/_sim/faults"}


@pytest.mark.parametrize("words", [ACTS, PENDING_ACTS, REFUND_ACTS, DISPUTE_ACTS, PHASES, OPS])
def test_the_readme_has_every_setting(words: tuple[str, ...]) -> None:
    assert [code for code in words if f"`{code}`" not in README] == []
