"""Webhooks at exact times: when one is tried again, is late or given up; and which name nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dev.dynamodb_model import errors
from payments.domain.values.account import Account
from payments.gateways.contract.webhooks import EventKind
from payments.store.contract.deliveries import Delivery, DeliveryState
from payments.store.contract.due import Due
from payments.store.dynamodb import keys
from payments.usecases.sweep.rows import sweep_row
from payments.usecases.webhook.apply import apply_added, apply_delivery, give_up
from tests.store.dynamodb.test_conditions import a_delivery
from tests.usecases.webhook.test_webhook import deliveries, send, webhook_body
from tests.world import World


def stored(world: World, place: int = 0) -> Delivery:
    return world.ports.store.get_delivery(Account("phonepe"), deliveries(world)[place]["pk"].rpartition("#")[2])


UNKNOWN = "att_01M7WKQK5XHYBH4RFF48WVVR6M"
DAY_S = 86_400
AT_ITS_END = pytest.mark.parametrize(("short_s", "is_over"), [(0.01, False), (0, True)])


@AT_ITS_END
def test_an_unknown_order_is_given_up_when_its_day_is_over_and_not_before(
    silent_world: World, short_s: float, is_over: bool
) -> None:
    world = silent_world
    send(world, webhook_body(UNKNOWN))
    delivery = stored(world)
    world.clock.sleep(DAY_S - short_s)
    assert apply_delivery(delivery, world.ports) == ("dead" if is_over else "parked")
    assert (stored(world).state, len(world.ports.store.list_cases(9).found)) == (
        ("dead", 1) if is_over else ("parked", 0)
    )


@AT_ITS_END
def test_a_delivery_without_an_answer_is_given_up_when_its_day_is_over_and_not_before(
    silent_world: World, short_s: float, is_over: bool
) -> None:
    world, answer = silent_world, silent_world.initiate()
    world.fault("error_before", "status")
    send(world, webhook_body(answer["attempt_id"]))
    world.clock.sleep(DAY_S - short_s)
    give_up(stored(world), world.ports)
    assert (stored(world).state, world.metrics["WebhookDead"]) == (("dead", 1) if is_over else ("received", 0))


def test_a_delivery_is_the_sweeps_a_minute_after_its_receipt(silent_world: World) -> None:
    world, answer = silent_world, silent_world.initiate()
    world.fault("error_before", "status")
    send(world, webhook_body(answer["attempt_id"]))
    delivery = stored(world)
    assert delivery.due_at == delivery.received_at + timedelta(seconds=60)


def test_two_minutes_to_the_moment_are_not_late(silent_world: World) -> None:
    world, answer = silent_world, silent_world.initiate()
    world.fault("error_before", "status")
    send(world, webhook_body(answer["attempt_id"]))
    world.clock.sleep(120)
    apply_delivery(stored(world), world.ports)
    assert (stored(world).state, world.metrics["WebhookAppliedLate"]) == ("applied", 0)


def test_a_repeat_of_a_parked_webhook_leaves_the_first_ones_day_and_tries(silent_world: World) -> None:
    world = silent_world
    send(world, webhook_body(UNKNOWN))
    first = stored(world)
    world.clock.sleep(DAY_S - 60)
    send(world, webhook_body(UNKNOWN))
    assert stored(world) == first
    world.clock.sleep(60)
    world.sweep()
    assert stored(world).state == "dead"


def test_two_webhooks_about_one_unknown_order_are_one_case_and_both_end(silent_world: World) -> None:
    world = silent_world
    for state in ("COMPLETED", "PENDING"):
        send(world, webhook_body(UNKNOWN, state=state))
    world.clock.sleep(DAY_S)
    assert [apply_delivery(stored(world, place), world.ports) for place in range(2)] == ["dead", "dead"]
    (case,) = world.ports.store.list_cases(9).found
    assert (case.kind, case.subject_id, case.workspace_id) == ("unknown_order", UNKNOWN, "")
    assert case.note == "phonepe:main sent checkout.order.completed, which fits no payment here"
    assert case.opened_at == world.clock.now()
    assert (world.metrics["CaseOpened"], world.metrics["WebhookDead"]) == (1, 2)


@pytest.mark.parametrize(
    "named",
    [
        {"kind": EventKind.REFUND, "subject_id": UNKNOWN},
        {"kind": EventKind.PAYMENT, "subject_id": "rfd_01M7WKQK5XHYBH4RFF48WVVR6M"},
        {"kind": EventKind.DISPUTE, "subject_id": UNKNOWN},
        {"kind": EventKind.PAYMENT, "subject_id": ""},
        {"kind": EventKind.IGNORED, "subject_id": UNKNOWN, "subject_ref": "OMO1"},
    ],
)
def test_a_webhook_that_names_nothing_of_its_kind_is_ignored_and_not_counted_as_applied(
    silent_world: World, named: dict[str, Any]
) -> None:
    world = silent_world
    delivery = replace(a_delivery(world.clock.now(), DeliveryState.RECEIVED), **named)
    world.ports.store.add_delivery(delivery)
    assert apply_delivery(delivery, world.ports) == "ignored"
    assert (stored(world).state, stored(world).due_at, world.metrics["WebhookReceiptToAppliedMs"]) == (
        "ignored",
        None,
        0,
    )


@pytest.mark.parametrize("kind", [EventKind.PAYMENT, EventKind.REFUND])
def test_a_webhook_that_names_only_the_gateways_own_id_is_looked_up_by_it(silent_world: World, kind: EventKind) -> None:
    world = silent_world
    named = {"subject_id": "", "subject_ref": "rfd_of_theirs", "kind": kind}
    delivery = replace(a_delivery(world.clock.now(), DeliveryState.RECEIVED), **named)  # type: ignore[arg-type]
    world.ports.store.add_delivery(delivery)
    is_payment = kind is EventKind.PAYMENT
    assert apply_delivery(delivery, world.ports) == ("parked" if is_payment else "ignored")


def test_a_webhook_under_way_that_cannot_be_stored_again_is_acknowledged_and_left_to_the_sweep(
    silent_world: World,
) -> None:
    """Once it is stored, no later failure is a reason for the gateway to send it again."""
    world, answer = silent_world, silent_world.initiate()
    world.payer("pay", answer["attempt_id"])

    def throttled(_: Any) -> None:
        raise errors.cancelled([errors.reason("ThrottlingError")])

    world.client.before.append(("transact_write_items", throttled))
    send(world, webhook_body(answer["attempt_id"]))
    assert stored(world).state == "received"
    world.clock.sleep(61)
    world.sweep()
    assert stored(world).state == "applied"


def test_a_gateway_to_which_no_new_payment_goes_is_listened_to_all_the_same(silent_world: World) -> None:
    world, answer = silent_world, silent_world.initiate()
    world.payer("pay", answer["attempt_id"])
    world.ports = replace(world.ports, accounts=())
    send(world, webhook_body(answer["attempt_id"]))
    assert world.payment(answer["payment_id"]).status == "completed"


def test_an_added_delivery_that_is_gone_is_reported_and_raises_nothing(silent_world: World) -> None:
    world = silent_world
    assert apply_added(keys.delivery(Account("phonepe"), "gone"), world.ports) is None
    (line,) = [line for line in world.log if line["message"] == "delivery.unread"]
    assert (line["level"], line["error"]) == ("WARNING", "NotFound")


def test_a_due_delivery_that_is_gone_is_no_failure_of_the_sweep(silent_world: World) -> None:
    world = silent_world
    row = Due("delivery", "", "phonepe", "gone", world.clock.now(), "phonepe")
    assert sweep_row(row, world.ports).outcome == "delivery gone"


def test_a_store_that_fails_after_a_day_ends_no_delivery(silent_world: World) -> None:
    """Only a gateway's silence ends one."""
    world, answer = silent_world, silent_world.initiate()
    world.payer("pay", answer["attempt_id"])
    world.fault("error_before", "status")
    send(world, webhook_body(answer["attempt_id"]))
    world.clock.sleep(DAY_S)

    def throttled(_: Any) -> None:
        raise errors.cancelled([errors.reason("ThrottlingError")])

    world.client.before.append(("transact_write_items", throttled))
    delivery = stored(world)
    assert delivery.due_at
    row = Due("delivery", "", "phonepe", delivery.id, delivery.due_at, "phonepe")
    assert sweep_row(row, world.ports).outcome == "failed"
    assert stored(world).state == "received"


def test_the_sweep_reads_a_delivery_of_a_further_account(silent_world: World) -> None:
    world = silent_world
    delivery = replace(a_delivery(world.clock.now(), DeliveryState.RECEIVED), account_name="second")
    world.ports.store.add_delivery(delivery)
    world.sweep()
    assert world.ports.store.get_delivery(delivery.account, delivery.id).state == "parked"


@pytest.mark.parametrize("state", [DeliveryState.APPLIED, DeliveryState.IGNORED, DeliveryState.DEAD])
def test_a_late_record_of_a_delivery_that_has_ended_changes_nothing(silent_world: World, state: DeliveryState) -> None:
    world = silent_world
    delivery = replace(a_delivery(world.clock.now(), state), due_at=None)
    world.ports.store.add_delivery(delivery)
    assert apply_added(keys.delivery(delivery.account, delivery.id), world.ports) == state
    assert stored(world) == delivery
