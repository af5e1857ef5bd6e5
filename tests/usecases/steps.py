"""Ways to a payment at any gateway, as far as a test needs it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from dev.histories.assumed import assumed_of
from payments.domain.records.event import Why
from payments.domain.rules.transitions import opened
from payments.domain.values.ids import ATTEMPT, PAYMENT
from payments.domain.values.money import Money
from payments.domain.values.terms import CaptureMode, Terms
from payments.gateways.registry import GATEWAYS
from payments.store.contract.due import SHARDS
from payments.store.dynamodb.deployment import DynamoStore
from payments.usecases.payment.refresh import refresh_payment
from tests.world import OWNER, PREFIX, WORKSPACE, World, make_world

INDIAN = tuple(name for name in GATEWAYS if assumed_of(name).country == "IN")
REFRESH = Why("user:owner", "refresh")
AMOUNT = 49900


def world_at(gateway: str, delivers_webhooks: bool = False) -> World:
    """A workspace of the gateway's country, without executions; with webhooks only on request."""
    world = make_world(1, delivers_webhooks, (gateway,))
    world.workspace(country="IN" if gateway in INDIAN else "US", gateways=[gateway])
    world.flow.accepts = False
    return world


def opened_at(
    gateway: str, delivers_webhooks: bool = False, *, manual: bool = False, token: str = ""
) -> tuple[World, dict[str, Any]]:
    world = world_at(gateway, delivers_webhooks)
    currency = "INR" if gateway in INDIAN else "USD"
    terms = Terms(capture=CaptureMode.MANUAL if manual else CaptureMode.AUTO, source_token=token)
    return world, world.initiate(world.order(gateway=gateway, amount=Money(AMOUNT, currency), terms=terms))


def opened_many(world: World, number: int) -> None:
    """So many further payments are open, a second after each other. No gateway knows them."""
    store = DynamoStore(world.dynamo, PREFIX, GATEWAYS).within(WORKSPACE)  # Not through the checks of each request.
    like = world.payment(world.initiate(world.order("ORD-like"), "like")["payment_id"])
    for count in range(1, number):
        world.clock.sleep(1)
        now = world.clock.now()
        attempt_id, payment_id = world.ports.ids.new(ATTEMPT, now), world.ports.ids.new(PAYMENT, now)
        attempt = replace(like.current, id=attempt_id, created_at=now, sent_at=now, expires_at=now + timedelta(hours=1))
        its = {"merchant_order_id": f"ORD-many-{count}", "created_at": now, "updated_at": now, "version": 0}
        store.save(opened(replace(like, id=payment_id, attempts=(attempt,), **its), OWNER, now))  # type: ignore[arg-type]


def paid_at(gateway: str, delivers_webhooks: bool = False) -> tuple[World, str]:
    """Paid in full, and completed in our books."""
    world, answer = opened_at(gateway, delivers_webhooks)
    world.payer("pay", answer["attempt_id"], at=gateway)
    world.advance(3)
    refresh_payment(answer["payment_id"], world.context(REFRESH))
    assert world.payment(answer["payment_id"]).status == "completed"
    return world, answer["payment_id"]


def authorized_at(gateway: str, delivers_webhooks: bool = False) -> tuple[World, str]:
    """Authorized for a later capture, also in our books; at Square by a token."""
    token = "cnon:card-nonce-ok" if gateway == "square" else ""
    world, answer = opened_at(gateway, delivers_webhooks, manual=True, token=token)
    if not token:
        world.payer("pay", answer["attempt_id"], at=gateway)
    world.advance(3)
    refresh_payment(answer["payment_id"], world.context(REFRESH))
    assert world.payment(answer["payment_id"]).status == "authorized"
    return world, answer["payment_id"]


def swept(world: World, minutes: int) -> None:
    """Let so many minutes pass, with a sweep in each."""
    for _ in range(minutes):
        world.advance(61)
        world.sweep()


def take_every_lane(world: World, owner: str, now: datetime) -> None:
    """Let another sweep take the lease of every lane."""
    for shard in range(SHARDS):
        assert world.ports.store.take_job_lease(f"sweep phonepe {shard}", owner, now, now + timedelta(seconds=70))
