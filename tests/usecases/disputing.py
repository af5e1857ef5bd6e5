"""Ways to a disputed payment, and what is read of it."""

from __future__ import annotations

from typing import Any

from dev.histories.whole import list_cases
from payments.domain.records.dispute import Dispute
from payments.domain.records.event import Why
from payments.domain.values.account import Account
from payments.gateways.contract.disputes import CanDispute
from payments.gateways.registry import GATEWAYS
from payments.usecases.dispute.read import list_payment_disputes
from tests.usecases.steps import paid_at, world_at
from tests.world import WORKSPACE, World

SWEEP = Why("system", "sweep")
FINANCE = Why("user:finance", "refund")
HOUR_S = 3600


def has_disputes(name: str) -> bool:
    return isinstance(world_at(name).ports.gateway(Account(name)), CanDispute)


DISPUTING = tuple(name for name in GATEWAYS if has_disputes(name))
INQUIRING = tuple(name for name in DISPUTING if name != "phonepe")  # PhonePe has no inquiries.


def disputed_at(
    gateway: str, delivers_webhooks: bool = True, minor: int = 20000, **more: Any
) -> tuple[World, str, str]:
    """A paid payment whose payer disputes `minor` at the bank; the dispute's ref comes last."""
    world, payment_id = paid_at(gateway, delivers_webhooks)
    return world, payment_id, raised(world, payment_id, gateway, minor, **more)


def raised(world: World, payment_id: str, gateway: str, minor: int = 20000, **more: Any) -> str:
    order = world.payment(payment_id).current.id
    made = world.admin("POST", "/_sim/disputes", {"order": order, "amount": minor, **more}, gateway)
    world.advance(1)
    return str(made["dispute"])


def judged(world: World, ref: str, act: str, gateway: str) -> None:
    world.admin("POST", f"/_sim/disputes/{ref}", {"act": act}, gateway)
    world.advance(1)


def disputes(world: World, payment_id: str) -> list[Dispute]:
    return list_payment_disputes(WORKSPACE, payment_id, world.ports)


def the_dispute(world: World, payment_id: str) -> Dispute:
    (dispute,) = disputes(world, payment_id)
    return dispute


def cases(world: World) -> list[tuple[str, str]]:
    return [(case.kind, case.subject_id) for case in list_cases(WORKSPACE, world.ports)]


def dispute_events(world: World, payment_id: str) -> list[str]:
    return [kind for kind in world.timeline(payment_id) if kind.startswith("dispute.")]


def money(world: World, payment_id: str) -> tuple[int, int, str]:
    attempt = world.payment(payment_id).current
    return attempt.disputed_minor, attempt.available_minor, attempt.dispute_status
