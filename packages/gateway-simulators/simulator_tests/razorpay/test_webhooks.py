"""Webhooks to the merchant: which, and how often."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from gateway_simulators.razorpay.settings import Settings
from simulator_tests.razorpay.harness import HOOK, MANUAL, Harness

SALE = ["payment.authorized", "payment.captured", "order.paid"]


def test_a_sale_is_reported_in_three_events_whose_proof_covers_the_bytes(sim: Harness) -> None:
    payment = sim.paid()
    assert sim.receiver.events == SALE
    for got in sim.receiver.got:
        proof = hmac.new(b"sim-webhook-secret", got.body, hashlib.sha256).hexdigest()
        assert got.headers["X-Razorpay-Signature"] == proof
        assert (got.envelope["entity"], got.envelope["account_id"]) == ("event", "acc_PavatiSim00001")
        assert got.envelope["contains"] == list(got.envelope["payload"])
        assert got.entity("payment")["id"] == payment["id"]
    paid = sim.receiver.got[2].entity("order")
    assert (paid["status"], paid["receipt"], paid["amount_due"]) == ("paid", "att_1", 0)
    assert len({got.headers["x-razorpay-event-id"] for got in sim.receiver.got}) == 3


def test_a_payload_shows_the_state_at_the_time_of_the_event(sim: Harness) -> None:
    sim.paid(**MANUAL)
    (authorized,) = sim.receiver.got
    assert (authorized.event, authorized.entity("payment")["status"]) == ("payment.authorized", "authorized")


def test_a_failed_payment_is_reported_with_its_reason(sim: Harness) -> None:
    sim.order()
    sim.act("decline")
    (failed,) = sim.receiver.got
    reported = failed.entity("payment")
    assert (failed.event, reported["error_reason"], reported["error_code"]) == (
        "payment.failed", "payment_cancelled", "BAD_REQUEST_ERROR",
    )  # fmt: skip


def test_a_refund_is_reported_from_its_beginning_to_its_end(sim: Harness) -> None:
    payment = sim.paid()
    sim.receiver.got.clear()
    sim.refund(payment, amount=100, notes={"refund_id": "rfd_1"})
    sim.wait(5)
    assert sim.receiver.events == ["refund.created", "refund.processed"]
    assert sim.receiver.got[1].entity("refund")["notes"] == {"refund_id": "rfd_1"}
    assert sim.receiver.got[1].entity("payment")["refund_status"] == "partial"


def test_only_subscribed_events_are_sent() -> None:
    sim = Harness(Settings(webhook_url=HOOK, webhook_events=("order.paid",)))
    sim.paid()
    assert sim.receiver.events == ["order.paid"]


def test_without_an_address_nothing_is_reported() -> None:
    sim = Harness(Settings())
    sim.paid()
    assert (sim.receiver.got, sim.ledger()["webhooks"]) == ([], [])


@pytest.mark.parametrize(("fault", "times"), [("no_webhook", 0), ("duplicate_webhook", 2)])
def test_a_fault_hits_all_events_of_a_sale(sim: Harness, fault: str, times: int) -> None:
    sim.fault(fault, "pay")
    sim.paid()
    assert sorted(sim.receiver.events) == sorted(SALE * times)
    bodies = {got.body for got in sim.receiver.got}
    assert len(bodies) == len({got.headers["x-razorpay-event-id"] for got in sim.receiver.got}) == (3 if times else 0)


def test_a_late_webhook_is_late(sim: Harness) -> None:
    sim.fault("late_webhook", "pay", seconds=90)
    sim.paid()
    sim.wait(89)
    assert sim.receiver.events == []
    sim.wait(1)
    assert sim.receiver.events == SALE


def test_a_webhook_may_overtake_the_answer(sim: Harness) -> None:
    seen: list[int] = []
    sim.receiver.on_call = lambda: seen.append(len(sim.model.orders.captures))
    sim.fault("webhook_first", "pay")
    sim.order()
    assert (sim.receiver.events, seen) == (SALE, [1, 1, 1])
    sim.fault("webhook_first", "refund")
    sim.refund(sim.get("/v1/payments")["items"][0], amount=100, receipt="rfd_1")
    assert sim.receiver.events[3:] == ["refund.created", "refund.processed"]


def test_a_receiver_that_does_not_answer_well_is_tried_again_for_most_of_a_day(sim: Harness) -> None:
    sim.receiver.answers = [500] * 10
    sim.order()
    sim.act("decline")
    for _ in range(30):
        sim.wait(3600)
    assert len(sim.receiver.got) == 10
    assert len({got.headers["x-razorpay-event-id"] for got in sim.receiver.got}) == 1
    assert sim.ledger()["webhooks"][0]["state"] == "given_up"


def test_a_webhook_is_sent_again_on_request(sim: Harness) -> None:
    sim.paid()
    sim.http.post("/_sim/webhooks", json={"order": "att_1", "copies": 2}).raise_for_status()
    sim.app.pump()
    assert sim.receiver.events == SALE * 3
    sim.order("att_2")
    assert sim.http.post("/_sim/webhooks", json={"order": "att_2"}).status_code == 409
