"""The sweep checks everything that is due; the reports show what it found."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from dev.histories.whole import list_reports
from payments.domain.values import checkout_tokens
from payments.domain.values.account import Account
from payments.store.contract.due import SHARDS, Lane
from payments.store.contract.errors import StoreUnavailable
from payments.store.contract.lists import Cursor
from payments.usecases.errors import GatewayDown, PaymentNotFound, ReportNotFound
from payments.usecases.payment.poll import Execution, PendingEvery3s, PendingEvery6s, PendingEvery60s, poll_attempt
from payments.usecases.payment.read import get_checkout
from payments.usecases.payment.refresh import refresh_payment
from payments.usecases.payment.return_payer import return_payer
from payments.usecases.reconciliation.reports import get_report, hourly_report
from payments.usecases.reconciliation.run import Window, reconcile
from payments.usecases.sweep.run import sweep
from tests.usecases.steps import take_every_lane
from tests.world import WORKSPACE, World, make_world


def run_reconcile(world: World, dry_run: bool) -> dict[str, Any]:
    now = world.clock.now()
    document: dict[str, Any] = reconcile(Window(now - timedelta(hours=1), now), dry_run, world.context())
    return document


def test_many_payments_all_reach_their_end_by_the_sweep_alone(silent_world: World) -> None:
    world = silent_world
    acts = ["pay", "decline", "abandon"] * 10
    answers = [world.initiate(world.order(f"ORD-{n}", expires_in_s=300), f"k{n}", b"%d" % n) for n in range(30)]
    for answer, act in zip(answers, acts, strict=True):
        world.payer(act, answer["attempt_id"])
    for _ in range(9):
        world.advance(60)
        world.sweep()
    ends = [world.payment(answer["payment_id"]).status for answer in answers]
    assert ends == ["completed", "failed", "expired"] * 10
    assert sum(capture["amount"] for capture in world.ledger()["captures"]) == 10 * 49900


def test_one_row_that_cannot_be_read_does_not_stand_before_the_others(silent_world: World) -> None:
    world = silent_world
    first = world.initiate(world.order("ORD-1"), "k1", b"1")
    second = world.initiate(world.order("ORD-2"), "k2", b"2")
    for answer in (first, second):
        world.payer("pay", answer["attempt_id"])
    world.dynamo.update_item(
        TableName="pavati-dev-payment_transactions",
        Key={"pk": {"S": f"T#{WORKSPACE}#PAY#{first['payment_id']}"}, "sk": {"S": "PAYMENT"}},
        UpdateExpression="SET attempts = :poison",
        ExpressionAttributeValues={":poison": {"S": "poison"}},
    )
    world.clock.sleep(61)
    assert world.sweep()["failed"] == 1
    assert world.payment(second["payment_id"]).status == "completed"


def test_two_sweeps_never_run_at_once_and_a_dead_one_is_succeeded(silent_world: World) -> None:
    world = silent_world
    store = world.ports.store
    world.initiate()
    world.clock.sleep(61)
    take_every_lane(world, "dead", world.clock.now())
    assert "skipped" in world.sweep()
    world.clock.sleep(71)
    assert world.sweep()["checked"] == 1
    later = world.clock.now() + timedelta(seconds=70)
    assert sum(store.renew_job_lease(f"sweep phonepe {shard}", 1, later) for shard in range(SHARDS)) == SHARDS - 1


def test_a_sweep_that_lost_the_lease_of_a_lane_leaves_its_other_rows(silent_world: World) -> None:
    world, store = silent_world, silent_world.ports.store
    for n in range(20):
        world.initiate(world.order(f"ORD-{n}"), f"k{n}", b"%d" % n)
    world.clock.sleep(61)
    list_due = store.list_due

    def overtaken(lane: Lane, subject: str, before: datetime, limit: int, cursor: Cursor | None = None) -> Any:
        if cursor:
            later = world.clock.now() + timedelta(seconds=71)
            store.take_job_lease(f"sweep {lane.gateway} {lane.shard}", "newer", later, later + timedelta(seconds=70))
        return list_due(lane, subject, before, 1, cursor)

    world.override_store(list_due=overtaken)
    assert world.sweep()["checked"] == SHARDS


@pytest.mark.parametrize(("behind_s", "is_captured"), [(0, False), (1, False), (69, False), (71, True)])
def test_a_lease_passes_on_only_from_a_clock_that_ran_far_ahead(
    silent_world: World, behind_s: int, is_captured: bool
) -> None:
    store, now, lasts = silent_world.ports.store, silent_world.clock.now(), timedelta(seconds=70)
    assert store.take_job_lease("report", "first", now, now + lasts)
    later = now - timedelta(seconds=behind_s)
    assert (store.take_job_lease("report", "second", later, later + lasts) is not None) is is_captured


def test_a_sweep_that_could_not_read_a_due_index_does_not_count_as_completed(silent_world: World) -> None:
    world, store = silent_world, silent_world.ports.store
    list_due = store.list_due

    def failing(lane: Lane, subject: str, *more: Any) -> Any:
        if (lane.gateway, lane.shard, subject) == ("phonepe", 2, "refund"):
            raise StoreUnavailable("no answer")
        return list_due(lane, subject, *more)

    world.initiate()
    world.clock.sleep(61)
    assert (world.sweep()["complete"], world.metrics["SweepCompleted"]) == (True, 1)
    world.override_store(list_due=failing)
    world.clock.sleep(61)
    assert world.sweep() == {"checked": 1, "recovered": 0, "failed": 0, "complete": False}
    assert world.metrics["SweepCompleted"] == 1


def test_a_sweep_that_could_not_read_one_gateways_due_index_does_not_count_as_completed() -> None:
    world = make_world(1, False, ("phonepe", "razorpay"))
    store = world.ports.store
    list_due = store.list_due

    def failing(lane: Lane, subject: str, *more: Any) -> Any:
        if lane.gateway == "phonepe":
            raise StoreUnavailable("no answer")
        return list_due(lane, subject, *more)

    world.override_store(list_due=failing)
    assert (world.sweep()["complete"], world.metrics["SweepCompleted"]) == (False, 0)


def test_a_sweep_that_gets_no_lease_for_want_of_an_answer_does_not_count_as_completed(silent_world: World) -> None:
    world = silent_world

    def failing(*_: object) -> None:
        raise StoreUnavailable("no answer")

    world.initiate()
    world.clock.sleep(61)
    world.override_store(take_job_lease=failing)
    assert (world.sweep()["complete"], world.metrics["SweepCompleted"]) == (False, 0)


def test_a_sweep_does_not_read_on_where_no_due_index_answers(silent_world: World) -> None:
    world, request = silent_world, list[Lane]()

    def failing(lane: Lane, *more: Any) -> Any:
        request.append(lane)
        raise StoreUnavailable("no answer")

    world.override_store(list_due=failing)
    assert world.sweep()["complete"] is False
    assert (len(request), world.metrics["SweepCompleted"]) == (3, 0)
    request.clear()
    ports = replace(world.ports, time_left=lambda: 9.0)
    assert (sweep(ports)["complete"], request) == (False, [])
    assert world.metrics["SweepCompleted"] == 1, "what time did not allow is a backlog, and has an alarm of its own"


def test_an_outage_defers_every_row_and_loses_none(silent_world: World) -> None:
    world = silent_world
    answer = world.initiate()
    world.payer("pay", answer["attempt_id"])
    world.fault("error_before", "status", times=-1)
    world.clock.sleep(61)
    assert world.sweep()["failed"] == 1
    assert world.sweep()["checked"] == 0
    world.admin("DELETE", "/_sim/faults")
    world.clock.sleep(61)
    assert world.sweep()["recovered"] == 1


def test_an_intent_whose_call_never_left_fails_only_after_its_settle_window(silent_world: World) -> None:
    world = silent_world

    def die(_: Any) -> None:
        raise KeyboardInterrupt

    world.client.before += [("get_item", lambda _: None), ("get_item", die)]  # The workspace, then the token.
    with pytest.raises(KeyboardInterrupt):
        world.initiate()
    payment = world.ports.store.within(WORKSPACE).get_payment_by_order("ORD-1")
    for _ in range(14):
        world.advance(60)
        world.sweep()
    assert world.payment(payment.id).status == "created"
    for _ in range(3):
        world.advance(60)
        world.sweep()
    assert world.payment(payment.id).status == "failed"


def test_a_dry_run_says_what_differs_and_writes_nothing(silent_world: World) -> None:
    world = silent_world
    answer = world.initiate()
    world.payer("pay", answer["attempt_id"])
    world.advance(1)
    before = world.tables()
    report = run_reconcile(world, dry_run=True)
    assert world.tables() == before
    assert [issue["kind"] for issue in report["issues"]] == ["behind_gateway"]
    assert (report["checked"], report["recovered"], report["fixes"]) == (1, 0, [])
    mended = run_reconcile(world, dry_run=False)
    assert (mended["recovered"], len(mended["fixes"])) == (1, 1)
    assert world.payment(answer["payment_id"]).status == "completed"
    assert get_report(WORKSPACE, mended["reconciliation_id"], world.ports) == mended
    assert list_reports(WORKSPACE, world.ports) == [mended]
    assert run_reconcile(world, dry_run=True)["issues"] == []


def test_a_dry_run_never_sends_a_refund(silent_world: World) -> None:
    world = silent_world
    answer = world.initiate()
    world.payer("pay", answer["attempt_id"])
    world.advance(61)
    world.sweep()
    world.fault("error_before", "refund")
    world.refund(answer["payment_id"], 10000)
    run_reconcile(world, dry_run=True)
    assert world.ledger()["refunds"] == []


def paid(world: World) -> str:
    answer = world.initiate()
    world.payer("pay", answer["attempt_id"])
    world.advance(61)
    world.sweep()
    return str(answer["payment_id"])


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_gateway_that_revokes_its_answer_is_a_case_not_a_change(silent_world: World, dry_run: bool) -> None:
    world = silent_world
    payment_id = paid(world)
    world.sim.model.orders.by_id[world.payment(payment_id).current.id].state = "FAILED"
    report = run_reconcile(world, dry_run)
    assert [issue["kind"] for issue in report["issues"]] == ["gateway_disagrees"]
    assert world.payment(payment_id).status == "completed"
    cases = world.ports.store.within(WORKSPACE).list_cases(9).found
    assert [case.kind for case in cases] == ([] if dry_run else ["capture_denied"])


def test_another_amount_of_a_completed_payment_puts_it_under_review(silent_world: World) -> None:
    world = silent_world
    payment_id = paid(world)
    world.fault("wrong_amount", "status", times=-1)
    run_reconcile(world, dry_run=False)
    payment = world.payment(payment_id)
    assert (payment.status, payment.review_kind) == ("completed", "amount")


def test_every_hour_each_workspace_gets_its_report(silent_world: World) -> None:
    world = silent_world
    assert hourly_report(world.ports)["unfinished"] == 0
    assert [len(list_reports(one, world.ports)) for one in world.ports.store.list_workspace_ids()] == [1, 1, 1]
    with pytest.raises(ReportNotFound):
        get_report("ws_other", list_reports(WORKSPACE, world.ports)[0]["reconciliation_id"], world.ports)  # type: ignore[arg-type]


def poll(world: World, answer: dict[str, Any]) -> str:
    attempt = world.payment(answer["payment_id"]).current
    execution = Execution(WORKSPACE, answer["payment_id"], attempt.id, attempt.sent_at, attempt.expires_at)
    return poll_attempt(execution, world.ports).value


def test_a_poll_names_the_rung_and_ends_with_the_payment(silent_world: World) -> None:
    world = silent_world
    answer = world.initiate()
    world.clock.sleep(22)
    with pytest.raises(PendingEvery3s):
        poll(world, answer)
    world.clock.sleep(30)
    with pytest.raises(PendingEvery6s):
        poll(world, answer)
    world.payer("pay", answer["attempt_id"])
    assert poll(world, answer) == "completed"


@pytest.mark.parametrize("trouble", ["outage", "throttled store", "unknown payment"])
def test_trouble_does_not_end_the_poll_early(silent_world: World, trouble: str) -> None:
    world = silent_world
    answer = world.initiate()
    attempt = world.payment(answer["payment_id"]).current
    payment_id = answer["payment_id"]
    if trouble == "outage":
        world.fault("error_before", "status", times=-1)
    if trouble == "unknown payment":
        payment_id = "pay_01M7WKQK5WAGEP8BGF6ZM5JM03"
    if trouble == "throttled store":

        def throttled(_: Any) -> None:
            from botocore.exceptions import ClientError

            raise ClientError({"Error": {"Code": "ProvisionedThroughputExceededException", "Message": ""}}, "GetItem")

        world.client.before.append(("get_item", throttled))
    world.clock.sleep(600)
    with pytest.raises(PendingEvery60s):
        poll_attempt(Execution(WORKSPACE, payment_id, attempt.id, attempt.sent_at, attempt.expires_at), world.ports)


def test_the_returning_payer_triggers_the_check_and_gets_nothing_but_the_id(silent_world: World) -> None:
    world = silent_world
    answer = world.initiate()
    world.payer("pay", answer["attempt_id"])
    token = checkout_tokens.return_token(answer["checkout_token"], WORKSPACE)
    url = return_payer(answer["payment_id"], token, world.ports)
    assert url == f"https://shop.example/done?order=1&payment_id={answer['payment_id']}"
    assert world.payment(answer["payment_id"]).status == "completed"
    assert get_checkout(answer["payment_id"], answer["checkout_token"], world.ports).status == "completed"


@pytest.mark.parametrize(("silent", "error"), [("gateway", "Unavailable"), ("store", "StoreUnavailable")])
def test_the_payer_returns_even_while_the_gateway_or_the_store_is_down(
    silent_world: World, silent: str, error: str
) -> None:
    world = silent_world
    answer = world.initiate()
    world.payer("pay", answer["attempt_id"])

    def unreachable(_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="x")

    if silent == "gateway":
        world.fault("lose_answer", "status", times=-1)
    else:
        world.client.before.append(("transact_write_items", unreachable))
    token = checkout_tokens.return_token(answer["checkout_token"], WORKSPACE)
    assert return_payer(answer["payment_id"], token, world.ports).startswith("https://shop.example/")
    (line,) = [line for line in world.log if line["message"] == "return.unsynced"]
    assert (line["payment_id"], line["error"], line["level"]) == (answer["payment_id"], error, "WARNING")


def test_what_a_returning_payer_triggers_is_reported_as_his(silent_world: World) -> None:
    world = silent_world
    answer = world.initiate()
    world.payer("pay", answer["attempt_id"])
    return_payer(answer["payment_id"], checkout_tokens.return_token(answer["checkout_token"], WORKSPACE), world.ports)
    last = world.ports.store.within(WORKSPACE).list_events(answer["payment_id"])[-1]
    assert (last.kind, last.actor, last.cause) == ("attempt.completed", "payer", "return")


def test_a_refresh_that_gets_no_answer_names_the_payment(silent_world: World) -> None:
    world = silent_world
    answer = world.initiate()
    world.fault("error_before", "status")
    with pytest.raises(GatewayDown) as down:
        refresh_payment(answer["payment_id"], world.context())
    assert down.value.details == {"payment_id": answer["payment_id"]}


def test_payments_of_a_gateway_without_new_payments_are_still_swept() -> None:
    world = make_world(1, False, ("phonepe", "razorpay"))
    answer = world.initiate(world.order(gateway="phonepe"))
    world.payer("pay", answer["attempt_id"])
    world.clock.sleep(301)
    report = sweep(replace(world.ports, known_gateways=("phonepe", "razorpay"), accounts=(Account("razorpay"),)))
    assert (report["checked"], world.payment(answer["payment_id"]).status) == (1, "completed")


def test_a_token_opens_one_payment_for_one_purpose(world: World) -> None:
    answer = world.initiate(world.order("ORD-1"), "k1", b"1")
    other = world.initiate(world.order("ORD-2"), "k2", b"2")
    checkout, back = answer["checkout_token"], checkout_tokens.return_token(answer["checkout_token"], WORKSPACE)
    for wrong in (other["checkout_token"], back, checkout[:-1], checkout.replace(WORKSPACE, "ws_other"), "", "ct_"):
        with pytest.raises(PaymentNotFound):
            get_checkout(answer["payment_id"], wrong, world.ports)
    for wrong in (checkout, back + "x", ""):
        with pytest.raises(PaymentNotFound):
            return_payer(answer["payment_id"], wrong, world.ports)
