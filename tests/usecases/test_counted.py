"""Which metrics are counted for webhooks, cases and reports, and when."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dev.histories.whole import list_cases
from payments.domain.change import Change
from payments.domain.records.case import CaseKind, Outcome
from payments.domain.records.event import Why
from payments.domain.records.payment import Payment
from payments.domain.records.snapshot import Snapshot
from payments.domain.rules.advancing import advance
from payments.domain.rules.transitions import outcome_unknown
from payments.domain.values.account import Account
from payments.domain.values.money import Money
from payments.domain.values.status import Status
from payments.gateways.contract.errors import GatewayError
from payments.usecases.case.decide import decide_case
from payments.usecases.case.wanted import Wanted
from payments.usecases.commit import commit
from payments.usecases.dispute.sync import sync_dispute
from payments.usecases.metrics import Metric
from payments.usecases.reconciliation.reports import hourly_report
from payments.usecases.reconciliation.run import Window, reconcile
from payments.usecases.webhook.apply import APPLIED_WITHIN, PARKED_FOR, apply_delivery, give_up
from tests.usecases.disputing import SWEEP, disputed_at
from tests.usecases.steps import paid_at
from tests.usecases.webhook.test_webhook import deliveries, send, webhook_body
from tests.world import WORKSPACE, World

BY = Why("system", "sweep")


def times(world: World) -> list[int]:
    """Collects the values of the metric from now on."""
    values: list[int] = []
    count = world.ports.count

    def counted(name: Metric, number: int) -> None:
        count(name, number)
        if name is Metric.WEBHOOK_RECEIPT_TO_APPLIED_MS:
            values.append(number)

    world.ports = replace(world.ports, count=counted)
    return values


def test_a_webhook_is_timed_from_its_receipt_until_it_is_applied(silent_world: World) -> None:
    world, answer = silent_world, silent_world.initiate()
    values = times(world)
    world.payer("pay", answer["attempt_id"])
    world.fault("error_before", "status")
    send(world, webhook_body(answer["attempt_id"]))
    assert values == []  # It is stored, not applied.
    world.clock.sleep(61)
    world.sweep()
    assert values == [61_000]
    assert world.metrics["WebhookAppliedLate"] == 0


def test_a_webhook_that_is_applied_at_once_is_timed_as_zero_and_a_copy_is_not_timed(silent_world: World) -> None:
    world, answer = silent_world, silent_world.initiate()
    values = times(world)
    world.payer("pay", answer["attempt_id"])
    for _ in range(3):
        send(world, webhook_body(answer["attempt_id"]))
    assert values == [0]
    assert world.metrics["WebhookReceived"] == 3


def test_a_webhook_is_late_after_two_minutes(silent_world: World) -> None:
    world, answer = silent_world, silent_world.initiate()
    values = times(world)
    world.payer("pay", answer["attempt_id"])
    world.fault("error_before", "status")
    send(world, webhook_body(answer["attempt_id"]))
    world.clock.sleep(APPLIED_WITHIN.total_seconds() + 1)
    world.sweep()
    assert values == [121_000]
    assert world.metrics["WebhookAppliedLate"] == 1


def test_a_webhook_whose_payment_awaits_a_decision_is_stored_until_then_and_is_not_late(world: World) -> None:
    payment_id = mismatched(world)
    values = times(world)
    refund = {"order": world.payment(payment_id).current.id, "amount": 10000}
    world.admin("POST", "/_sim/dashboard_refunds", refund)
    for _ in range(30):  # More than the day for which a webhook of an unknown order is kept.
        world.advance(3601)
        world.sweep()
    assert {row["state"] for row in deliveries(world)} == {"applied", "awaiting"}
    (case,) = (one for one in list_cases(WORKSPACE, world.ports) if one.kind is CaseKind.AMOUNT_MISMATCH)
    decide_case(case.id, Wanted(Outcome.ACCEPT, "agreed"), world.context())
    world.advance(3601)
    world.sweep()
    assert {row["state"] for row in deliveries(world)} == {"applied"}
    assert world.payment(payment_id).current.refunded_minor == 10000
    assert (values, world.metrics["WebhookAppliedLate"], world.metrics["WebhookDead"]) == ([], 0, 0)


def test_a_webhook_of_no_interest_is_not_timed(silent_world: World) -> None:
    world = silent_world
    values = times(world)
    send(world, webhook_body("", event="settlement.ready"))
    assert (world.metrics["WebhookReceived"], values) == (1, [])


def test_a_webhook_about_nothing_we_know_is_given_up_once_with_its_case(silent_world: World) -> None:
    world = silent_world
    values = times(world)
    send(world, webhook_body("att_01M7WKQK5WAGEP8BGF6ZM5JM03"))
    for _ in range(3):
        world.clock.sleep(PARKED_FOR.total_seconds() + 1)
        world.sweep()
    assert (world.metrics["WebhookDead"], world.metrics["CaseOpened"], values) == (1, 1, [])


def test_a_webhook_that_no_gateway_answers_for_a_day_is_given_up_once(silent_world: World) -> None:
    world, answer = silent_world, silent_world.initiate()
    world.fault("error_before", "status", times=-1)
    send(world, webhook_body(answer["attempt_id"]))
    for _ in range(3):
        world.clock.sleep(PARKED_FOR.total_seconds() + 1)
        world.sweep()
    assert world.metrics["WebhookDead"] == 1


@pytest.mark.parametrize("is_known", [True, False])
def test_a_webhook_that_two_give_up_at_once_is_counted_once(silent_world: World, is_known: bool) -> None:
    """With a gateway that does not answer, or an order that nobody has."""
    world, answer = silent_world, silent_world.initiate()
    world.fault("error_before", "status", times=-1)
    body = webhook_body(answer["attempt_id"] if is_known else "att_01M7WKQK5WAGEP8BGF6ZM5JM03")
    send(world, body)
    world.clock.sleep(PARKED_FOR.total_seconds() + 1)
    (row,) = deliveries(world)
    delivery = world.ports.store.get_delivery(Account("phonepe"), row["pk"].rpartition("#")[2])

    def end() -> None:
        with suppress(GatewayError):
            apply_delivery(delivery, world.ports)
        give_up(delivery, world.ports)

    end()
    end()  # It has read the same state as the first.
    assert world.metrics["WebhookDead"] == 1


def test_a_webhook_that_two_apply_at_once_is_timed_once(silent_world: World) -> None:
    world, answer = silent_world, silent_world.initiate()
    values = times(world)
    world.fault("error_before", "status")
    send(world, webhook_body(answer["attempt_id"]))
    (row,) = deliveries(world)
    delivery = world.ports.store.get_delivery(Account("phonepe"), row["pk"].rpartition("#")[2])
    for _ in range(2):
        apply_delivery(delivery, world.ports)
    assert values == [0]


def mismatched(world: World) -> str:
    world.fault("wrong_amount", "pay")
    answer = world.initiate()
    world.payer("pay", answer["attempt_id"])
    world.advance(61)
    world.sweep()
    return str(answer["payment_id"])


def test_a_case_is_counted_when_it_is_opened_and_not_when_it_is_decided(silent_world: World) -> None:
    world = silent_world
    mismatched(world)
    (case,) = list_cases(WORKSPACE, world.ports)
    assert world.metrics["CaseOpened"] == 1
    decide_case(case.id, Wanted(Outcome.ACCEPT, "agreed"), world.context())
    for _ in range(3):
        world.advance(301)
        world.sweep()
    assert list_cases(WORKSPACE, world.ports) == []
    assert world.metrics["CaseOpened"] == 1


def test_the_hourly_report_counts_cases_by_their_age(silent_world: World) -> None:
    world = silent_world
    mismatched(world)
    world.clock.sleep(23 * 3600)
    hourly_report(world.ports)
    assert (world.metrics["OpenCases"], world.metrics["CasesOver24Hours"]) == (1, 0)
    world.clock.sleep(3600)
    hourly_report(world.ports)
    assert (world.metrics["OpenCases"], world.metrics["CasesOver24Hours"]) == (2, 0)
    world.clock.sleep(1)
    hourly_report(world.ports)
    assert (world.metrics["OpenCases"], world.metrics["CasesOver24Hours"]) == (3, 1)


def test_a_case_of_no_workspace_grows_old_as_well(silent_world: World) -> None:
    world = silent_world
    send(world, webhook_body("att_01M7WKQK5WAGEP8BGF6ZM5JM03"))
    world.clock.sleep(PARKED_FOR.total_seconds() + 1)
    world.sweep()
    hourly_report(world.ports)
    assert (world.metrics["OpenCases"], world.metrics["CasesOver24Hours"]) == (1, 0)
    world.clock.sleep(86_401)
    hourly_report(world.ports)
    assert world.metrics["CasesOver24Hours"] == 1


def test_cases_of_workspaces_and_of_none_are_counted_together(silent_world: World) -> None:
    world = silent_world
    mismatched(world)
    send(world, webhook_body("att_01M7WKQK5WAGEP8BGF6ZM5JM03"))
    world.clock.sleep(PARKED_FOR.total_seconds() + 1)
    world.sweep()
    hourly_report(world.ports)
    assert world.metrics["OpenCases"] == 2


def test_a_fresh_retry_of_an_old_payment_has_not_been_pending_for_long(silent_world: World) -> None:
    world = silent_world
    answer = world.initiate(world.order(expires_in_s=300))
    for seconds in (301, 3600):
        world.advance(seconds)
        world.sweep()
    assert world.payment(answer["payment_id"]).status == "expired"
    world.metrics.clear()
    world.retry(answer["payment_id"])
    world.advance(61)
    assert world.sweep()["checked"] == 1
    assert world.metrics["PendingOver30Min"] == 0


def report(world: World, *, dry_run: bool) -> None:
    now = world.clock.now()
    reconcile(Window(now - timedelta(hours=1), now), dry_run, world.context())


def test_a_report_counts_its_issues_mended_or_not_and_what_it_mended(silent_world: World) -> None:
    world, answer = silent_world, silent_world.initiate()
    world.payer("pay", answer["attempt_id"])
    world.clock.sleep(1)
    report(world, dry_run=True)
    assert (world.metrics["ReportIssues"], world.metrics["ReportFixes"]) == (0, 0), "a person who looks needs no alarm"
    report(world, dry_run=False)
    assert (world.metrics["ReportIssues"], world.metrics["ReportFixes"]) == (1, 1)
    report(world, dry_run=False)
    assert (world.metrics["ReportIssues"], world.metrics["ReportFixes"]) == (1, 1)


def test_a_gateway_that_is_silent_is_counted_apart(silent_world: World) -> None:
    world = silent_world
    world.initiate()
    world.fault("error_before", "status", times=-1)
    world.clock.sleep(1)
    report(world, dry_run=False)
    assert (world.metrics["ReportIssues"], world.metrics["ReportUnanswered"]) == (0, 1)


def test_an_issue_of_the_hours_report_is_counted_once_though_the_report_is_written_again() -> None:
    world, payment_id = paid_at("razorpay")
    attempt_id = world.payment(payment_id).current.id
    world.admin("POST", "/_sim/dashboard_refunds", {"order": attempt_id, "amount": 100}, "razorpay")
    world.advance(2 * 86_400)
    for _ in range(3):
        hourly_report(world.ports)
        world.clock.sleep(300)
    assert (world.metrics["ReportIssues"], world.metrics["ReportFixes"]) == (1, 1)


def test_a_dispute_is_counted_when_it_wants_an_answer_and_not_for_a_new_fact() -> None:
    world, _, ref = disputed_at("stripe")
    adapter: Any = world.ports.gateway(Account("stripe"))
    fetch = adapter.fetch_dispute
    world.override("stripe", fetch_dispute=lambda of: replace(fetch(of), reason_code="another"))
    dispute, was_changed = sync_dispute(Account("stripe"), ref, SWEEP, world.ports)
    assert (dispute and dispute.reason_code, was_changed, world.metrics["DisputeOpened"]) == ("another", True, 1)


def test_a_case_that_the_first_of_two_steps_opened_is_counted(silent_world: World) -> None:
    """Each step of one transaction reads the clock itself."""
    world = silent_world
    store = world.ports.store.within(WORKSPACE)
    payment = store.get_payment(str(world.initiate()["payment_id"]))
    paid = Snapshot(Status.COMPLETED, Money(payment.amount.minor + 1, payment.amount.currency))
    at = world.clock.now()

    def decide(read: Payment) -> Change:
        opened = advance(read, read.current.id, paid, "grant", BY, at)
        assert opened
        later = at + timedelta(milliseconds=1)
        return opened.then(outcome_unknown(opened.payment, read.current.id, BY, later))

    commit(world.context(), lambda: store.get_payment(payment.id), decide)
    assert world.metrics["CaseOpened"] == 1
