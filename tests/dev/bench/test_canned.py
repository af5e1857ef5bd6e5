"""The rows of the stubs are those that a deployment would have."""

from __future__ import annotations

from dev.bench.canned import Scene
from payments.gateways.contract.webhooks import WebhookRequest
from payments.usecases.webhook.receive import receive_webhook
from tests.world import World

TIMES = {"received_at", "due_at", "ttl"}


def test_the_delivery_is_what_receiving_its_webhook_keeps(world: World) -> None:
    scene, table = Scene("http://127.0.0.1:8101"), "pavati-dev-payment_webhook_logs"
    event, (record,) = scene.webhook(), scene.added()["Records"]
    receive_webhook(scene.delivery().account, WebhookRequest(event["body"].encode(), event["headers"]), world.ports)
    (stored,), (key,) = world.dynamo.scan(TableName=table)["Items"], world.added()
    canned = scene.items()[key["pk"]["S"], key["sk"]["S"]]
    assert (record["dynamodb"]["Keys"], set(canned)) == (key, set(stored))
    assert {name for name in stored if stored[name] != canned[name] and name not in TIMES} == set()
