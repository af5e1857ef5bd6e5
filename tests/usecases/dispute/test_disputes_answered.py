"""What a merchant does about a dispute: accept it, refresh it, list it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from dev.histories.whole import list_disputes
from payments.domain.records.dispute import Dispute, DisputeStatus
from payments.domain.values.account import Account
from payments.gateways.contract.errors import OutcomeUnknown, Rejected, Unavailable
from payments.usecases.dispute.accept import accept_dispute
from payments.usecases.dispute.read import get_dispute, list_payment_disputes
from payments.usecases.dispute.refresh import refresh_dispute
from payments.usecases.dispute.sync import sync_dispute
from payments.usecases.errors import (
    DisputeNotFound,
    GatewayDown,
    GatewayRefused,
    InvalidState,
    OutcomePending,
    PaymentNotFound,
    UnsupportedByGateway,
)
from tests.usecases.disputing import (
    DISPUTING,
    FINANCE,
    HOUR_S,
    SWEEP,
    dispute_events,
    disputed_at,
    judged,
    the_dispute,
)
from tests.usecases.steps import swept
from tests.world import WORKSPACE, World


@pytest.mark.parametrize("gateway", DISPUTING)
def test_accepting_loses_it_once(gateway: str) -> None:
    world, payment_id, ref = disputed_at(gateway)
    dispute_id = the_dispute(world, payment_id).id
    for _ in range(2):
        after = accept_dispute(dispute_id, "the goods never left", world.context(FINANCE))
        assert (after.status, after.is_accepting) == (DisputeStatus.LOST, False)
        world.fault("refuse", "*", times=-1, at=gateway)  # No call is made about a lost dispute.
    assert dispute_events(world, payment_id) == ["dispute.opened", "dispute.accept_requested", "dispute.lost"]
    (request,) = [one for one in events(world, payment_id) if one.kind == "dispute.accept_requested"]
    assert (request.actor, request.note) == ("user:finance", "the goods never left")
    assert [one["state"] for one in world.ledger(gateway)["disputes"] if one["ref"] == ref] == ["lost"]


def events(world: World, payment_id: str) -> list[Any]:
    return world.ports.store.within(WORKSPACE).list_events(payment_id)


@pytest.mark.parametrize("gateway", DISPUTING)
@pytest.mark.parametrize(("fault", "raises"), [("lose_answer", OutcomePending), ("error_before", GatewayDown)])
def test_an_acceptance_whose_answer_is_lost_is_sent_until_it_is_known(
    gateway: str, fault: str, raises: type[Exception]
) -> None:
    world, payment_id, _ = disputed_at(gateway)
    dispute_id = the_dispute(world, payment_id).id
    adapter: Any = world.ports.gateway(Account(gateway))
    real, silence = adapter.accept_dispute, OutcomeUnknown("lost") if fault == "lose_answer" else Unavailable("down")

    def silent(ref: str) -> Any:
        if fault == "lose_answer":
            real(ref)
        raise silence

    with world.restoring():
        world.override(gateway, accept_dispute=silent)
        with pytest.raises(raises) as reported:
            accept_dispute(dispute_id, "ours", world.context(FINANCE))
    assert getattr(reported.value, "details", None) == {"payment_id": payment_id}
    swept(world, 3)
    assert the_dispute(world, payment_id).status is DisputeStatus.LOST
    assert dispute_events(world, payment_id).count("dispute.lost") == 1


def test_an_acceptance_under_way_is_requested_once() -> None:
    world, payment_id, _ = disputed_at("razorpay")
    world.fault("refuse", "dispute", 2, at="razorpay")
    for _ in range(2):
        with pytest.raises(GatewayDown):
            accept_dispute(the_dispute(world, payment_id).id, "ours", world.context(FINANCE))
    assert the_dispute(world, payment_id).is_accepting
    assert dispute_events(world, payment_id) == ["dispute.opened", "dispute.accept_requested"]


def test_nothing_is_requested_at_a_gateway_that_has_no_disputes() -> None:
    world, payment_id, _ = disputed_at("razorpay")
    without: Any = object()
    world.ports = replace(world.ports, gateway=lambda account: without)
    with pytest.raises(UnsupportedByGateway, match="disputes of razorpay cannot be accepted here"):
        accept_dispute(the_dispute(world, payment_id).id, "ours", world.context(FINANCE))
    assert dispute_events(world, payment_id) == ["dispute.opened"]


def test_an_acceptance_that_the_gateway_refuses_ends_and_the_dispute_goes_on() -> None:
    world, payment_id, _ = disputed_at("razorpay")

    def refuses(ref: str) -> Any:
        raise Rejected("not now", code="BAD_REQUEST_ERROR", http_status=400)

    world.override("razorpay", accept_dispute=refuses)
    with pytest.raises(GatewayRefused) as refused:
        accept_dispute(the_dispute(world, payment_id).id, "ours", world.context(FINANCE))
    dispute = the_dispute(world, payment_id)
    assert refused.value.details == {"dispute_id": dispute.id}
    assert (dispute.status, dispute.is_accepting) == (DisputeStatus.OPEN, False)
    assert dispute_events(world, payment_id)[-1] == "dispute.accept_refused"
    note = world.ports.store.within(WORKSPACE).list_events(payment_id)[-1].note
    assert note == "the gateway refused: rejected BAD_REQUEST_ERROR: not now"


def test_a_refused_acceptance_of_a_dispute_that_has_changed_returns_the_change() -> None:
    world, payment_id, _ = disputed_at("razorpay")
    adapter: Any = world.ports.gateway(Account("razorpay"))
    fetch = adapter.fetch_dispute

    def refuses(ref: str) -> Any:
        raise Rejected("it is under review", code="BAD_REQUEST_ERROR", http_status=400)

    moved = DisputeStatus.UNDER_REVIEW
    world.override("razorpay", accept_dispute=refuses)
    world.override("razorpay", fetch_dispute=lambda ref: replace(fetch(ref), status=moved))
    with suppress(GatewayRefused):
        accept_dispute(the_dispute(world, payment_id).id, "ours", world.context(FINANCE))
    assert the_dispute(world, payment_id).status is moved


def test_a_refresh_with_an_unknown_order_or_status_changes_nothing() -> None:
    world, payment_id, _ = disputed_at("razorpay")
    before = the_dispute(world, payment_id)
    adapter: Any = world.ports.gateway(Account("razorpay"))
    fetch = adapter.fetch_dispute

    def refuses(ref: str, http_status: int) -> Any:
        raise Rejected("no", http_status=http_status)

    for http_status in (404, 400):
        world.override("razorpay", fetch_dispute=partial(refuses, http_status=http_status))
        with pytest.raises(GatewayDown) as down:
            refresh_dispute(before.id, world.context(FINANCE))
        assert down.value.details == {"payment_id": payment_id}
    with pytest.raises(Rejected):  # And not: there is none.
        sync_dispute(Account("razorpay"), before.ref, SWEEP, world.ports)
    world.override("razorpay", fetch_dispute=lambda ref: replace(fetch(ref), status=None, reported_status="PONDERING"))
    assert refresh_dispute(before.id, world.context(FINANCE)) == before
    assert the_dispute(world, payment_id) == before


def test_what_has_been_won_is_not_accepted_and_what_is_not_there_is_not_found() -> None:
    world, payment_id, ref = disputed_at("razorpay")
    judged(world, ref, "win", "razorpay")
    with pytest.raises(InvalidState) as refused:
        accept_dispute(the_dispute(world, payment_id).id, "ours", world.context(FINANCE))
    assert refused.value.details == {"status": "won"}
    missing = "dsp_00000000000000000000000000"
    request: tuple[Callable[[], Dispute], ...] = (
        lambda: accept_dispute(missing, "ours", world.context(FINANCE)),
        lambda: get_dispute(WORKSPACE, missing, world.ports),
        lambda: get_dispute("ws_other", the_dispute(world, payment_id).id, world.ports),
        lambda: refresh_dispute(missing, world.context(FINANCE)),
    )
    for ask in request:
        with pytest.raises(DisputeNotFound):
            ask()
    with pytest.raises(PaymentNotFound):
        list_payment_disputes("ws_other", payment_id, world.ports)


def test_a_refresh_asks_the_gateway_now() -> None:
    world, payment_id, ref = disputed_at("razorpay", delivers_webhooks=False)
    sync_dispute(Account("razorpay"), ref, SWEEP, world.ports)
    judged(world, ref, "win", "razorpay")
    dispute_id = the_dispute(world, payment_id).id
    assert refresh_dispute(dispute_id, world.context(FINANCE)).status is DisputeStatus.WON
    world.fault("refuse", "dispute", -1, at="razorpay")
    with pytest.raises(GatewayDown):
        refresh_dispute(dispute_id, world.context(FINANCE))


def test_lists_are_of_the_workspace_and_by_status_and_time() -> None:
    world, payment_id, ref = disputed_at("razorpay", respond_in_s=30 * HOUR_S)
    dispute = the_dispute(world, payment_id)

    def listed(status: str | None = None, within_h: int | None = None, workspace: str = WORKSPACE) -> list[str]:
        until = None if within_h is None else world.clock.now() + timedelta(hours=within_h)
        return [one.id for one in list_disputes(workspace, status, until, world.ports)]

    assert listed() == listed("open") == listed(within_h=31) == listed("open", within_h=31) == [dispute.id]
    assert listed("lost") == listed(within_h=29) == listed(workspace="ws_other") == []
    judged(world, ref, "lose", "razorpay")
    assert listed() == listed("lost") == [dispute.id]
    assert listed("open") == listed("won") == listed(within_h=31) == []


def test_a_dispute_that_wants_another_answer_is_among_those_to_be_answered_in_time() -> None:
    """Only webhooks report the change: no list of disputes runs."""
    world, _, ref = disputed_at("phonepe")
    at_the_bank = world.sims["phonepe"].model.disputes
    at_the_bank.contest(at_the_bank.known(ref))
    world.advance(1)
    until = world.clock.now() + timedelta(days=365)
    assert list_disputes(WORKSPACE, None, until, world.ports) == []
    judged(world, ref, "reopen", "phonepe")
    (again,) = list_disputes(WORKSPACE, None, until, world.ports)
    assert (again.status, again.wants_another_answer) == (DisputeStatus.UNDER_REVIEW, True)
