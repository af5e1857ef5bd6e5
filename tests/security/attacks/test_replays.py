"""Genuine webhooks sent again: at once, and long after."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from tests.api.driver import Edge, an_event
from tests.security.attacks.forgeries import PROOF, webhook_body
from tests.security.attacks.scene import outbound, stored

COPIES = 100


def copies(attempt_id: str, event: str, state: str) -> dict[str, object]:
    body = json.dumps(webhook_body(event, state)).replace("OPEN", attempt_id).encode()
    return an_event("POST", "/v1/webhooks/phonepe", raw=body, sub=None, headers={"Authorization": PROOF})


@pytest.mark.parametrize(
    ("event", "state"), [("checkout.order.completed", "COMPLETED"), ("checkout.order.failed", "FAILED")]
)
def test_many_copies_have_the_effect_of_one(edge: Edge, event: str, state: str) -> None:
    attempt_id = edge.paid()["attempts"][0]["attempt_id"]
    sent = copies(attempt_id, event, state)
    assert edge.send(sent).status == 200
    after_one, wanted = stored(edge.world), outbound(edge.world)
    assert {edge.send(sent).status for _ in range(COPIES)} == {200}
    assert (stored(edge.world), outbound(edge.world)) == (after_one, wanted)


def test_a_month_later_a_copy_still_changes_nothing(edge: Edge) -> None:
    payment = edge.paid()
    sent = copies(payment["attempts"][0]["attempt_id"], "checkout.order.failed", "FAILED")
    assert edge.send(sent).status == 200
    edge.world.clock.sleep(timedelta(days=30).total_seconds())
    before = stored(edge.world)
    assert edge.send(sent).status == 200
    assert stored(edge.world) == before
    assert edge.world.payment(payment["payment_id"]).status == "completed"
