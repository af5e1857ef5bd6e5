"""Texts and cases that the daily list, an acceptance and a sync leave for people, and the list's time limits."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dev.histories.whole import list_disputes
from payments.domain.records.dispute import DisputeSnapshot, DisputeStatus
from payments.domain.values.account import Account
from payments.gateways.contract.disputes import DisputePage
from payments.gateways.contract.errors import Rejected, Unavailable, Unsupported
from payments.usecases.dispute.accept import accept_dispute
from payments.usecases.dispute.import_list import Place, sync_listed
from payments.usecases.dispute.sync import sync_dispute
from payments.usecases.errors import GatewayRefused
from tests.usecases.dispute.test_sync import deliveries, disputing, forget_references, two_shops
from tests.usecases.disputing import (
    FINANCE,
    HOUR_S,
    SWEEP,
    dispute_events,
    disputed_at,
    disputes,
    judged,
    raised,
    the_dispute,
)
from tests.usecases.steps import paid_at
from tests.world import WORKSPACE, World


def reported(world: World, message: str) -> dict[str, object]:
    (line,) = [line for line in world.log if line["message"] == message]
    return line


def test_a_list_that_the_gateway_refuses_is_reported_in_the_gateways_words() -> None:
    world, _ = paid_at("razorpay")

    def refuses(*_: Any) -> DisputePage:
        raise Rejected("no such window", code="BAD_REQUEST_ERROR", http_status=400)

    world.override("razorpay", list_disputes=refuses)
    assert sync_listed(world.ports)["failed"] == 1
    line = reported(world, "disputes.unlisted")
    assert (line["gateway"], line["account"], line["level"]) == ("razorpay", "main", "WARNING")
    shown = ("Rejected", "BAD_REQUEST_ERROR", "no such window")
    assert (line["error"], line["gateway_code"], line["why"]) == shown


def test_a_list_and_what_it_could_not_sync_are_reported_with_their_account() -> None:
    world, _, _ = disputed_at("razorpay", delivers_webhooks=False)

    def silent(_: str) -> DisputeSnapshot:
        raise Unavailable("no answer")

    world.override("razorpay", fetch_dispute=silent)
    sync_listed(world.ports)
    unsynced, listed = reported(world, "disputes.unsynced"), reported(world, "disputes.listed")
    assert (unsynced["account"], unsynced["level"], listed["account"]) == ("main", "WARNING", "main")
    sync_listed(replace(world.ports, time_left=lambda: 1.0))
    unfinished = reported(world, "disputes.unfinished")
    assert (unfinished["account"], unfinished["level"], unfinished["count"]) == ("main", "WARNING", 0)


def test_a_listed_dispute_of_no_known_payment_is_parked_as_it_was_listed_and_due_at_once() -> None:
    world, _, ref = disputed_at("razorpay", delivers_webhooks=False)
    forget_references(world)
    now = world.clock.now()
    (listed,) = disputing("razorpay", world).list_disputes(now - timedelta(days=1), now).disputes
    sync_listed(world.ports)
    (item,) = deliveries(world, ref)
    delivery = world.ports.store.get_delivery(Account("razorpay"), item["pk"]["S"].rpartition("#")[2])
    assert listed.reported_status
    assert (delivery.event_type, delivery.event_state, delivery.kind) == ("listed", listed.reported_status, "dispute")
    assert (delivery.received_at, delivery.due_at, delivery.account) == (now, now, Account("razorpay"))


def test_what_the_daily_list_finds_is_reported_as_its_work() -> None:
    world, payment_id, _ = disputed_at("razorpay", delivers_webhooks=False)
    sync_listed(world.ports)
    event = world.ports.store.within(WORKSPACE).list_events(payment_id)[-1]
    assert (event.kind, event.actor, event.cause) == ("dispute.opened", "system", "daily list")


def test_a_list_takes_its_share_of_the_time_and_keeps_a_reserve() -> None:
    world, paid = two_shops()
    for name in paid:
        for _ in range(5):
            raised(world, paid[name], name, 1000, respond_in_s=20 * 86_400)
    left, order = [25.0], list[str]()
    for name in paid:
        fetch = disputing(name, world).fetch_dispute

        def slow(ref: str, name: str = name, fetch: Any = fetch) -> DisputeSnapshot:
            left[0] -= 5
            order.append(name)
            snapshot: DisputeSnapshot = fetch(ref)
            return snapshot

        world.override(name, fetch_dispute=slow)
    report = sync_listed(replace(world.ports, time_left=lambda: left[0]))
    first, second = dict.fromkeys(order)
    assert (order, report["complete"]) == ([first] * 3 + [second] * 2, False)
    assert world.metrics["DisputeListsUnfinished"] == 2


@pytest.mark.parametrize("cursor", ["", "3", "status=open page 2"])
def test_a_place_in_a_list_is_read_as_it_was_written(cursor: str) -> None:
    place = Place(two_shops()[0].clock.now(), cursor)
    assert Place.of_text(place.to_text()) == place


def test_an_acceptance_that_the_gateway_cannot_do_for_this_dispute_is_refused_and_ends() -> None:
    world, payment_id, _ = disputed_at("razorpay")

    def cannot(_: str) -> DisputeSnapshot:
        raise Unsupported("not in this phase")

    world.override("razorpay", accept_dispute=cannot)
    with pytest.raises(GatewayRefused):
        accept_dispute(the_dispute(world, payment_id).id, "ours", world.context(FINANCE))
    dispute = the_dispute(world, payment_id)
    assert (dispute.status, dispute.is_accepting) == (DisputeStatus.OPEN, False)
    assert dispute_events(world, payment_id)[-1] == "dispute.accept_refused"


def test_an_acceptance_of_what_another_one_has_lost_meanwhile_is_no_mistake() -> None:
    world, payment_id, ref = disputed_at("razorpay", delivers_webhooks=False)
    sync_dispute(Account("razorpay"), ref, SWEEP, world.ports)
    dispute_id = the_dispute(world, payment_id).id

    def other_first(_: Any) -> None:
        world.admin("POST", f"/_sim/disputes/{ref}", {"act": "lose"}, "razorpay")
        sync_dispute(Account("razorpay"), ref, SWEEP, world.ports)

    world.client.before.append(("transact_write_items", other_first))
    assert accept_dispute(dispute_id, "ours", world.context(FINANCE)).status is DisputeStatus.LOST
    assert dispute_events(world, payment_id) == ["dispute.opened", "dispute.lost"]


def test_a_dispute_is_due_before_a_time_and_not_at_it() -> None:
    world, payment_id, _ = disputed_at("razorpay", respond_in_s=30 * HOUR_S)
    respond_by = the_dispute(world, payment_id).respond_by
    assert respond_by
    assert list_disputes(WORKSPACE, None, respond_by, world.ports) == []
    assert list_disputes(WORKSPACE, None, respond_by + timedelta(seconds=1), world.ports) == disputes(world, payment_id)


def test_disputes_are_listed_newest_first_whatever_became_of_them() -> None:
    world, payment_id = paid_at("razorpay")
    refs = list[str]()
    for _ in range(4):
        refs.append(raised(world, payment_id, "razorpay", 1000))
        sync_dispute(Account("razorpay"), refs[-1], SWEEP, world.ports)
    for ref in refs[2:]:
        world.admin("POST", f"/_sim/disputes/{ref}", {"act": "lose"}, "razorpay")
        sync_dispute(Account("razorpay"), ref, SWEEP, world.ports)
    assert [one.ref for one in list_disputes(WORKSPACE, None, None, world.ports)] == refs[::-1]
    assert [one.ref for one in disputes(world, payment_id)] == refs


def test_what_the_bank_has_decided_meanwhile_is_not_accepted() -> None:
    world, payment_id, ref = disputed_at("stripe", delivers_webhooks=False)
    sync_dispute(Account("stripe"), ref, SWEEP, world.ports)
    judged(world, ref, "win", "stripe")
    request = list[str]()
    world.override("stripe", accept_dispute=request.append)
    after = accept_dispute(the_dispute(world, payment_id).id, "sorry", world.context(FINANCE))
    assert (after.status, request) == (DisputeStatus.WON, [])


def test_a_dispute_that_ends_while_the_list_is_read_is_shown_once() -> None:
    world, _, ref = disputed_at("razorpay")
    world.client.after.append(("query", lambda answer: judged(world, ref, "win", "razorpay")))
    (shown,) = list_disputes(WORKSPACE, None, None, world.ports)
    assert shown.status is DisputeStatus.WON
