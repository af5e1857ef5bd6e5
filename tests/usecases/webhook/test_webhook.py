"""Webhooks are hints: proven and stored, and then the gateway itself is asked."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest

from payments.domain.values.account import Account
from payments.domain.values.clock import from_text
from payments.gateways.contract.errors import WebhookForged
from payments.gateways.contract.webhooks import WebhookRequest
from payments.store.contract.due import Due
from payments.store.contract.errors import StoreUnavailable
from payments.usecases.sweep.rows import sweep_row
from payments.usecases.webhook.apply import apply_added
from payments.usecases.webhook.receive import receive_webhook
from tests.world import World, changed

LOGIN = hashlib.sha256(b"sim_user:simPass123").hexdigest()


def webhook_body(
    attempt_id: str, event: str = "checkout.order.completed", state: str = "COMPLETED", **more: Any
) -> bytes:
    payload = {"merchantOrderId": attempt_id, "orderId": "OMO1", "state": state, "amount": 49900, **more}
    return json.dumps({"event": event, "payload": payload}).encode()


def send(world: World, body: bytes, proof: str = LOGIN) -> None:
    world.webhook(body, {"Authorization": proof})


def deliveries(world: World) -> list[dict[str, str]]:
    items = world.dynamo.scan(TableName="pavati-dev-payment_webhook_logs")["Items"]
    return [{name: next(iter(value.values())) for name, value in item.items()} for item in items]


def test_a_forged_webhook_leaves_no_trace(world: World) -> None:
    answer = world.initiate()
    before = world.tables()
    with pytest.raises(WebhookForged):
        send(world, webhook_body(answer["attempt_id"]), proof=LOGIN.upper())
    assert world.tables() == before
    assert (world.metrics["WebhookRejected"], world.metrics["WebhookReceived"]) == (1, 0)


def test_a_proven_lie_completes_nothing(world: World) -> None:
    """PhonePe's header does not cover the body: whoever has seen it once may send any body."""
    answer = world.initiate()
    send(world, webhook_body(answer["attempt_id"]))
    assert world.payment(answer["payment_id"]).status == "pending"


def test_ten_thousand_copies_have_the_effect_of_one(silent_world: World) -> None:
    world = silent_world
    answer = world.initiate()
    world.payer("pay", answer["attempt_id"])
    send(world, webhook_body(answer["attempt_id"]))
    after_one, request = world.timeline(answer["payment_id"]), world.ledger()["calls"]["status"]
    for _ in range(10_000):
        send(world, webhook_body(answer["attempt_id"]))
    assert world.timeline(answer["payment_id"]) == after_one
    assert world.ledger()["calls"]["status"] == request
    assert len(deliveries(world)) == 1


def test_receiving_makes_one_call_to_dynamodb_and_applying_makes_four(silent_world: World) -> None:
    world = silent_world
    answer = world.initiate()
    world.payer("pay", answer["attempt_id"])
    before = world.client.calls.copy()
    request = WebhookRequest(webhook_body(answer["attempt_id"]), {"authorization": LOGIN})
    receive_webhook(Account("phonepe"), request, world.ports)
    received = world.client.calls.copy()
    (key,) = world.added()
    assert apply_added(key, world.ports) == "applied"
    assert received - before == {"put_item": 1}
    assert world.client.calls - received == {"get_item": 3, "transact_write_items": 1}


def test_reordered_webhooks_cannot_move_a_payment_back(silent_world: World) -> None:
    world = silent_world
    answer = world.initiate()
    world.payer("pay", answer["attempt_id"])
    send(world, webhook_body(answer["attempt_id"]))
    send(world, webhook_body(answer["attempt_id"], "checkout.transaction.attempt.failed", "PENDING"))
    send(world, webhook_body(answer["attempt_id"], "checkout.order.failed", "FAILED"))
    assert world.payment(answer["payment_id"]).status == "completed"


def test_while_the_gateway_is_down_the_delivery_is_stored_and_the_sweep_applies_it(silent_world: World) -> None:
    world = silent_world
    answer = world.initiate()
    world.payer("pay", answer["attempt_id"])
    world.fault("error_before", "status", times=1)
    send(world, webhook_body(answer["attempt_id"]))
    assert [delivery["state"] for delivery in deliveries(world)] == ["received"]
    world.clock.sleep(61)
    world.sweep()
    assert world.payment(answer["payment_id"]).status == "completed"
    assert [delivery["state"] for delivery in deliveries(world)] == ["applied"]


def test_a_delivery_that_cannot_be_stored_is_not_acknowledged(world: World) -> None:
    def throttled(_: Any) -> None:
        from botocore.exceptions import ClientError

        raise ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, "PutItem")

    world.client.before.append(("put_item", throttled))
    with pytest.raises(StoreUnavailable):
        send(world, webhook_body("att_01M7WKQK5XHYBH4RFF48WVVR6M"))
    assert world.metrics["WebhookReceived"] == 0


def test_a_webhook_of_an_unknown_order_is_parked_for_a_day_and_then_a_case(world: World) -> None:
    send(world, webhook_body("att_01M7WKQK5XHYBH4RFF48WVVR6M"))
    for hours, state in ((23, "parked"), (9, "dead")):
        for _ in range(hours):
            world.clock.sleep(3600)
            world.sweep()
        assert [delivery["state"] for delivery in deliveries(world)] == [state]
    cases = world.dynamo.scan(TableName="pavati-dev-reconciliation")["Items"]
    assert [case["kind"]["S"] for case in cases if "kind" in case] == ["unknown_order"]


def test_a_webhook_of_an_unknown_order_is_looked_up_soon_and_then_each_hour(silent_world: World) -> None:
    world, waits = silent_world, list[float]()
    send(world, webhook_body("att_01M7WKQK5XHYBH4RFF48WVVR6M"))
    (row,) = deliveries(world)
    for _ in range(7):
        delivery = world.ports.store.get_delivery(Account("phonepe"), row["pk"].rpartition("#")[2])
        assert delivery.due_at is not None
        waits.append((delivery.due_at - world.clock.now()).total_seconds())
        world.clock.sleep(waits[-1])
        world.sweep()
    assert waits == [5, 30, 120, 600, 3600, 3600, 3600]


def test_a_parked_webhook_is_applied_once_its_order_is_known(silent_world: World) -> None:
    world = silent_world
    attempt_id = "att_01M7WKQK5XHYBH4RFF48WVVR6M"
    send(world, webhook_body(attempt_id))
    new = world.ports.ids.new
    ids = changed(world.ports.ids, new=lambda prefix, at: attempt_id if prefix == "att_" else new(prefix, at))
    world.ports = replace(world.ports, ids=ids)
    answer = world.initiate()
    world.payer("pay", attempt_id)
    world.clock.sleep(6)
    world.sweep()
    assert world.payment(answer["payment_id"]).status == "completed"


@pytest.mark.parametrize("event", ["settlement.processed", "subscription.paused", "something.new"])
def test_an_event_that_means_nothing_to_us_is_stored_and_changes_nothing(world: World, event: str) -> None:
    body = json.dumps({"event": event, "payload": {"state": "WHATEVER"}}).encode()
    send(world, body)
    assert [(delivery["state"], delivery["event_type"]) for delivery in deliveries(world)] == [("ignored", event)]


def test_no_body_is_stored(world: World) -> None:
    answer = world.initiate()
    send(world, webhook_body(answer["attempt_id"], paymentDetails=[{"rail": {"vpa": "asha@ybl"}}]))
    assert "asha@ybl" not in str(deliveries(world))


def test_a_delivery_that_never_finds_an_answer_ends_after_a_day_and_its_payment_does_not(silent_world: World) -> None:
    world = silent_world
    answer = world.initiate()
    world.payer("pay", answer["attempt_id"])
    world.fault("error_before", "status", times=-1)
    send(world, webhook_body(answer["attempt_id"]))
    for _ in range(26):
        world.clock.sleep(3600)
        world.sweep()
    assert [delivery["state"] for delivery in deliveries(world)] == ["dead"]
    (line,) = [line for line in world.log if line["message"] == "delivery.dead"]
    assert (line["gateway"], line["event_type"], line["level"]) == ("phonepe", "checkout.order.completed", "ERROR")
    assert str(line["delivery_id"]) in deliveries(world)[0]["pk"]
    world.admin("DELETE", "/_sim/faults")
    world.clock.sleep(86_400)
    world.sweep()
    assert world.payment(answer["payment_id"]).status == "completed"


def test_a_repeat_of_a_delivery_that_was_given_up_is_applied(silent_world: World) -> None:
    world = silent_world
    answer = world.initiate()
    world.payer("pay", answer["attempt_id"])
    world.fault("error_before", "status", times=-1)
    send(world, webhook_body(answer["attempt_id"]))
    for _ in range(26):
        world.clock.sleep(3600)
        world.sweep()
    assert [delivery["state"] for delivery in deliveries(world)] == ["dead"]
    world.admin("DELETE", "/_sim/faults")
    send(world, webhook_body(answer["attempt_id"]))
    assert [delivery["state"] for delivery in deliveries(world)] == ["received"]
    world.clock.sleep(61)
    world.sweep()
    assert [delivery["state"] for delivery in deliveries(world)] == ["applied"]
    assert world.payment(answer["payment_id"]).status == "completed"


def test_a_delivery_whose_gateway_is_down_is_due_at_growing_intervals(silent_world: World) -> None:
    world = silent_world
    answer = world.initiate()
    world.payer("pay", answer["attempt_id"])
    world.fault("error_before", "status", times=100)
    send(world, webhook_body(answer["attempt_id"]))
    waits = []
    for _ in range(4):
        (delivery,) = deliveries(world)
        due_at = from_text(delivery["due_at"])
        waits.append(round((due_at - world.clock.now()).total_seconds()))
        world.clock.sleep(waits[-1])
        row = Due("delivery", "", "phonepe", delivery["id"], due_at, "phonepe")
        assert sweep_row(row, world.ports).outcome == "failed"
    assert waits == [60, 60, 120, 240]
    assert {line["kind"] for line in world.log if line["message"] == "sweep.failed"} == {"delivery"}


def test_a_body_that_names_no_event_is_reported_at_warning(world: World) -> None:
    send(world, b'{"event":"pg.refund.completed","payload":{"merchantRefundId":"rfd_')
    (line,) = [line for line in world.log if line["message"] == "delivery.ignored"]
    assert (line["level"], line["why"]) == (
        "WARNING",
        "its body has no event's name; read it at the gateway's dashboard",
    )


def test_a_repeat_of_what_has_done_its_work_is_reported_as_one(silent_world: World) -> None:
    world = silent_world
    answer = world.initiate()
    world.payer("pay", answer["attempt_id"])
    for _ in range(2):
        send(world, webhook_body(answer["attempt_id"]))
    (line,) = [line for line in world.log if line["message"] == "delivery.repeated"]
    assert (line["gateway"], line["account"], line["event_type"]) == ("phonepe", "main", "checkout.order.completed")
