"""What is accepted as the merchant's own text stays a text; and the other proofs would see an effect."""

from __future__ import annotations

from itertools import pairwise

from tests.api.driver import Edge
from tests.security.walls.estate import traces

PRETENCE = {
    "status": "completed",
    "workspace_id": "ws_other",
    "amount": "1",
    "captured": "49900",
    "role": "owner",
    "payment_id": "pay_00000000000000000000000000",
    "return_url": "https://evil.example/",
    "checkout_token_hashes": "x",
    "version": "99",
}


def test_metadata_named_like_our_fields_changes_none_of_them(edge: Edge) -> None:
    plain = edge.pay().json
    posed = edge.pay(merchant_order_id="ORDER-2", key="key-2", metadata=PRETENCE).json
    assert posed["metadata"] == PRETENCE
    own = {"payment_id", "merchant_order_id", "attempts", "metadata", "next_action", "checkout_ref", "checkout_token"}
    for fields in (plain, posed):
        assert fields["attempts"][0]["status"] == "pending"
    assert {k: v for k, v in plain.items() if k not in own} == {k: v for k, v in posed.items() if k not in own}
    stored = edge.world.payment(posed["payment_id"])
    assert (stored.status, stored.workspace_id, stored.amount.minor) == ("pending", "ws_demo", 49900)


def test_traces_show_every_effect(edge: Edge) -> None:
    seen = [traces(edge.world)]
    payment = edge.pay().json
    seen.append(traces(edge.world))
    edge.world.payer("pay", payment["attempts"][0]["attempt_id"])
    seen.append(traces(edge.world))
    edge.world.advance(1)
    seen.append(traces(edge.world))
    assert all(before != after for before, after in pairwise(seen))
