"""Checked when everything has come to rest: our books agree with the gateway's, and nothing is left open."""

from __future__ import annotations

from dev.histories.actors import Actors
from dev.histories.assumed import assumed_of
from dev.histories.books import Books
from dev.histories.chaos import WHOLE_MS
from dev.histories.cloud import Cloud
from dev.histories.counted import differences
from dev.histories.plan import HOUR
from dev.histories.rest_after import AtRest
from dev.histories.rest_reported import SETTLES_WITHIN_MS, ReportedAtRest
from dev.histories.rows import Row
from dev.histories.settings import WORKSPACE
from gateway_simulators.kit.gateway import LedgerRefund
from payments.domain.records.case import Case, CaseKind
from payments.domain.records.chain import is_unbroken
from payments.domain.records.event import Event
from payments.domain.records.payment import Attempt, Payment, ReviewKind
from payments.domain.records.refund import GATEWAY, SYSTEM, Refund
from payments.domain.values.polling import WATCH
from payments.domain.values.status import Status
from payments.store.dynamodb.codec import decode

_REVIEW_CASES = {
    ReviewKind.AMOUNT: "amount_mismatch",
    ReviewKind.CURRENCY: "currency_mismatch",
    ReviewKind.MERCHANT: "merchant_mismatch",
}


def named_in_cases(cloud: Cloud) -> set[str]:
    """Ids that a case names, also of the payment whose order a case names by the gateway's ref."""
    rows = cloud.rows("reconciliation")
    subjects = {row["subject_id"]["S"] for row in rows if row["pk"]["S"].endswith("CASE")}
    named = {order.id for _, order in cloud.theirs.orders() if order.ref in subjects}
    payments = [row for row in cloud.rows("payment_transactions") if row["sk"]["S"].startswith("PAYMENT")]
    tries = [(payment["id"]["S"], attempt) for payment in payments for attempt in decode(Payment, payment).attempts]
    return subjects | {payment_id for payment_id, attempt in tries if attempt.id in named and _is_unanswered(attempt)}


def _is_unanswered(attempt: Attempt) -> bool:
    """Its creation was never answered, so webhooks that name it by the gateway's ref find nothing."""
    return not (attempt.checkout_ref or attempt.payment_ref)


class Rest:
    def __init__(self, cloud: Cloud, books: Books, actors: Actors, named_in_cases: set[str]) -> None:
        """`named_in_cases` is from before the last reconciliation."""
        self._cloud, self._books, self._actors, self._named = cloud, books, actors, named_in_cases
        calm_at_ms = cloud.scheduler.start_ms + cloud.chaos.profile.calm_after_ms
        self._calm_at_ms = max(calm_at_ms, cloud.network.disarmed_ms)
        self._payments = [decode(Payment, item) for item in self._rows("payment_transactions", "PAYMENT")]
        self._refunds = [decode(Refund, item) for item in self._rows("payment_refunds", "RF#")]
        self._events = [decode(Event, item) for item in self._rows("payment_events_log", "E#")]
        self._cases = [
            decode(Case, item) for item in self._rows("reconciliation", "") if item["pk"]["S"].endswith("CASE")
        ]
        at_rest = AtRest(
            self._payments,
            self._refunds,
            self._events,
            self._cases,
            self._rows("payment_webhook_logs", "DELIVERY"),
            named_in_cases,
            is_reconciled=self._is_reconciled(),
        )
        self._others = ReportedAtRest(cloud, books, actors, at_rest)

    def _is_reconciled(self) -> bool:
        """True if a reconciliation ran after all faults and every gateway answered it."""
        reports = self._actors.people.reports[-1:]
        silent = ("unanswered", "refused")
        return any(not any(issue["kind"] in silent for issue in report["issues"]) for report in reports)

    def check(self) -> None:
        self._check_due()
        self._check_checkpoints()
        for payment in self._payments:
            self._check_payment(payment)
        self._check_refunds()
        self._check_holds()
        self._check_orders()
        self._check_accounts()
        self._others.check()
        self._check_counted()

    def ends(self) -> tuple[str, ...]:
        """Every payment, order and refund, ours and the gateways', as texts."""
        theirs = self._cloud.theirs
        ours = [f"payment {payment.status} {payment.amount.minor}" for payment in self._payments]
        ours += [f"refund {refund.status} {refund.amount.minor}" for refund in self._refunds]
        text = [f"their order {order.state} {order.captured or order.amount}" for _, order in theirs.orders()]
        text += [f"their refund {refund.state} {refund.amount}" for _, refund in theirs.refunds()]
        return tuple(sorted(ours + text))

    def _rows(self, table: str, prefix: str) -> list[Row]:
        return [row for row in self._cloud.rows(table) if row["sk"]["S"].startswith(prefix)]

    def _check_counted(self) -> None:
        """INV-84: the metrics count each thing that was written, once."""
        cloud = self._cloud
        wrong = differences(self._books.written.entries, cloud.counted, is_exact=cloud.has_heard_all)
        self._require(not wrong, "INV-84", f"metric: (least, most, counted): {wrong}")

    def _check_due(self) -> None:
        """Due may be only what waits for a person, for the gateway, or for the end of a dispute or watch."""
        waiting = {refund.payment_id for refund in self._refunds if refund.is_contradicted}
        waiting |= {case.subject_id for case in self._cases if case.kind is CaseKind.EXCESS_REFUND_FAILED}
        if self._cloud.chaos.profile.until_ms < WHOLE_MS:
            waiting |= {payment.id for payment in self._payments if not payment.current.status.is_open}
        waiting |= {payment.id for payment in self._payments if self._waits_long(payment)}
        waiting |= {
            row["id"]["S"] for row in self._rows("payment_webhook_logs", "DELIVERY") if self._others.may_be_parked(row)
        }
        watched = {f"RF#{refund.id}" for refund in self._refunds if refund.status is Status.COMPLETED}
        # Open ones only: INV-26 and INV-72.
        watched |= {key[2] for key in self._books.due if key[2].startswith("DSP#")}
        put_off = (one for one in self._refunds if self._books.after.is_charged_back(one.attempt_id))
        watched |= {f"RF#{refund.id}" for refund in put_off if refund.status is Status.CREATED}
        left = [key for key in self._books.due if key[1].rpartition("#")[2] not in waiting and key[2] not in watched]
        self._require(not left, "INV-25", f"after {self._cloud.scheduler.steps} steps still due: {left}")

    def _check_checkpoints(self) -> None:
        """Each payment is compared within three hours of a checkpoint: a gateway that is silent is asked again after
        one hour.
        """
        lasts_ms = self._cloud.scheduler.now_ms - 3 * HOUR
        late = [name for name, at_ms in self._books.checkpoints.items() if max(at_ms, self._calm_at_ms) < lasts_ms]
        self._require(not late, "INV-83", f"{late} have passed a checkpoint, and were not compared")

    def _waits_long(self, payment: Payment) -> bool:
        """True if it waits for the merchant, with authorized money, or for the end of the watch for late money."""
        watched_until = max(one.expires_at + WATCH for one in payment.attempts).timestamp() * 1000
        is_far = watched_until > self._cloud.scheduler.now_ms
        is_there = any(self._is_under_way(one) or self._lapses_by_itself(one) for one in payment.attempts)
        return payment.current.awaits_capture or is_far or is_there or self._others.was_debited_late(payment)

    def _lapses_by_itself(self, attempt: Attempt) -> bool:
        """It is to be voided at a gateway without a void: it ends when the authorization lapses."""
        is_ended_by_none = attempt.is_cancelling and not assumed_of(attempt.gateway).lets_go
        return is_ended_by_none and attempt.status is Status.AUTHORIZED and self._is_authorized_there(attempt)

    def _is_under_way(self, attempt: Attempt) -> bool:
        """Only the gateway can end it, and it has not."""
        return attempt.status.is_open and attempt.id in self._cloud.theirs.under_way()

    def _require(self, holds: bool, invariant: str, why: str) -> None:
        self._books.require(holds, invariant, why)

    def _has_case(self, subject_id: str, kind: str) -> bool:
        return any(case.subject_id == subject_id and case.kind == kind for case in self._cases)

    # Payments against orders.

    def _check_payment(self, payment: Payment) -> None:
        events = [event for event in self._events if event.stream_id == payment.id]
        events.sort(key=lambda event: event.seq)
        is_whole = is_unbroken(events) and len(events) == payment.version
        self._require(is_whole, "INV-14", f"{payment.merchant_order_id}: the chain of events is broken")
        self._check_authorization(payment)
        if payment.review_kind in _REVIEW_CASES:
            kind = _REVIEW_CASES[payment.review_kind]
            return self._require(
                self._has_case(payment.id, kind), "INV-24", f"under review for {payment.review_kind}, without a case"
            )
        if payment.id in self._books.after.decided:
            return self._require(
                payment.review is None or bool(self._named), "INV-81", "its case is decided, but it is under review"
            )
        for number in sorted({attempt.number for attempt in payment.attempts}):
            self._check_money(payment, [attempt for attempt in payment.attempts if attempt.number == number])
        for attempt in payment.attempts:
            self._check_attempt(payment, attempt)
            self._check_policy(payment, attempt)
            self._check_time(attempt, events)
        return self._check_sum(payment)

    def _check_authorization(self, payment: Payment) -> None:
        """No simulator answers about another order, and only some faults and second debits change an amount."""
        name, faults = payment.merchant_order_id, self._cloud.network.tally.faults
        self._require(
            payment.review_kind is not ReviewKind.MERCHANT, "INV-24", f"{name} is under review as another merchant's"
        )
        is_doubled = any(len(self._cloud.theirs.captured(attempt.id)) > 1 for attempt in payment.attempts)
        is_right = payment.review_kind is not ReviewKind.AMOUNT or faults["wrong_amount"] > 0 or is_doubled
        self._require(is_right, "INV-24", f"{name} is under review for its amount, which was never reported wrongly")

    def _check_money(self, payment: Payment, attempts: list[Attempt]) -> None:
        """All captures with one attempt number: the first, and the copies for further captures."""
        name, is_reported = f"{payment.merchant_order_id}.{attempts[0].number}", payment.id in self._named
        ours = sum(attempt.captured_minor for attempt in attempts)
        theirs = sum(amount for attempt in attempts for amount in self._cloud.theirs.captured(attempt.id))
        if theirs > ours > 0 or (theirs and not ours and any(self._is_named_by_ref(one) for one in attempts)):
            return self._require(
                is_reported, "INV-27", f"{name} was debited {theirs}, our books say {ours}, and there is no case"
            )
        text = f"our books say {attempts[-1].status} {ours}, the gateway captured {theirs}"
        return self._require(ours == theirs, "INV-03", f"{name}: {text}")

    def _is_named_by_ref(self, attempt: Attempt) -> bool:
        refs = {order.ref for _, order in self._cloud.theirs.orders() if order.id == attempt.id}
        return _is_unanswered(attempt) and any(self._has_case(ref, CaseKind.UNKNOWN_ORDER) for ref in refs)

    def _check_sum(self, payment: Payment) -> None:
        """Over all gateways: what was captured and not refunded is in our books, or a case names it."""
        mine = {attempt.id for attempt in payment.attempts}
        refunds = (refund for refund in self._refunds if refund.payment_id == payment.id)
        if payment.id in self._named or any(refund.status.is_open or refund.is_contradicted for refund in refunds):
            return
        theirs = self._cloud.theirs
        captured = sum(amount for attempt_id in mine for amount in theirs.captured(attempt_id))
        returned = sum(r.amount for _, r in theirs.refunds() if r.order in mine and _is_completed_by_us(r))
        stored = sum(attempt.captured_minor - attempt.refunded_minor for attempt in payment.attempts)
        elsewhere = [r for r in self._refunds if r.payment_id == payment.id and r.actor == GATEWAY]
        stored += sum(r.amount.minor for r in elsewhere if r.status is Status.COMPLETED)
        text = (
            f"{payment.merchant_order_id}: gateways captured {captured} and refunded {returned}, our books say {stored}"
        )
        self._require(captured - returned == stored, "INV-39", text)

    def _check_attempt(self, payment: Payment, attempt: Attempt) -> None:
        name = f"{payment.merchant_order_id}.{attempt.number}"
        is_waiting = self._is_under_way(attempt) or (attempt.awaits_capture and self._is_authorized_there(attempt))
        is_waiting = is_waiting or self._lapses_by_itself(attempt)
        self._require(is_waiting or not attempt.status.is_open, "INV-25", f"{name} is still {attempt.status}")
        if attempt.is_excess and attempt.available_minor:
            is_reported = self._has_case(payment.id, "excess_refund_failed")
            self._require(
                is_reported, "INV-03", f"{name}: {attempt.available_minor} of an excess capture are not refunded"
            )

    def _check_accounts(self) -> None:
        """Each order is at the account that its attempt names."""
        named = {attempt.id: attempt.account_name for payment in self._payments for attempt in payment.attempts}
        for gateway, order in self._cloud.theirs.orders():
            is_home = named.get(order.id, order.account) == order.account
            self._require(is_home, "INV-87", f"{order.id} is at {gateway}:{order.account}, not {named.get(order.id)}")

    # Authorizations against authorizations.

    def _is_authorized_there(self, attempt: Attempt) -> bool:
        order = self._cloud.theirs.order(attempt.id)
        return order is not None and order.authorized > 0

    def _check_holds(self) -> None:
        """Nothing is authorized for an attempt that has ended, unless the gateway has no void."""
        known = {attempt.id: (payment, attempt) for payment in self._payments for attempt in payment.attempts}
        for gateway, order in self._cloud.theirs.orders():
            if not order.authorized or not assumed_of(gateway).lets_go or order.id not in known:
                continue
            payment, attempt = known[order.id]
            is_stuck = payment.review_kind in _REVIEW_CASES
            is_unseen = attempt.status.is_dead and self._cloud.chaos.profile.until_ms < WHOLE_MS
            is_wanted = attempt.awaits_capture or is_stuck or is_unseen
            self._require(
                is_wanted,
                "INV-40",
                f"{gateway} has {order.authorized} authorized for an attempt that is {attempt.status}",
            )

    def _check_policy(self, payment: Payment, attempt: Attempt) -> None:
        """Late money is handled by the workspace's policy."""
        if not attempt.is_late or payment.workspace_id != WORKSPACE:
            return
        policy = self._actors.plan.late_success
        is_granted_as_reported = policy == "grant" or (
            policy == "review" and self._has_case(payment.id, CaseKind.LATE_SUCCESS)
        )
        reported = f"{payment.merchant_order_id}.{attempt.number}: late money is not refunded under the policy {policy}"
        self._require(attempt.is_excess or is_granted_as_reported, "INV-03", reported)

    def _check_time(self, attempt: Attempt, events: list[Event]) -> None:
        """Once faults have stopped, an attempt ends soon after its order's expiry."""
        mine = [event for event in events if event.subject_id == attempt.id]
        ends = [event.at for event in mine if event.from_status in _OPEN and event.to_status in _ENDED]
        found = [
            event.at.timestamp() for event in mine if event.to_status == "pending"
        ]  # The check that found it ends later.
        began_ms = max(attempt.expires_at.timestamp() * 1000, self._calm_at_ms, *(at * 1000 for at in found))
        last_ms = began_ms + SETTLES_WITHIN_MS
        # It ends when the gateway says so, and is checked less and less often.
        if attempt.id in self._books.vigil.was_under_way:
            last_ms = max(last_ms, self._books.vigil.was_under_way[attempt.id] + _REQUESTED_WITHIN_MS)
        was_under_review = any(event.kind == "payment.under_review" for event in events)
        for ended_at in ends[:1]:
            late_ms = ended_at.timestamp() * 1000 - last_ms
            self._require(
                was_under_review or late_ms < 0, "INV-25", f"attempt {attempt.number} ended {late_ms} ms too late"
            )

    # Refunds against refunds.

    def _check_refunds(self) -> None:
        under_review = {refund.attempt_id for refund in self._refunds if refund.is_contradicted}
        stuck = {payment.id for payment in self._payments if payment.review_kind in _REVIEW_CASES}
        for refund in self._refunds:
            if refund.is_contradicted:
                self._require(
                    self._has_case(refund.id, "refund_mismatch"), "INV-24", "a refund is under review without a case"
                )
                continue
            is_waiting = refund.attempt_id in under_review or refund.payment_id in stuck
            theirs = self._cloud.theirs.refund(refund.id)
            text = theirs.state if theirs else "nothing"
            # The gateway may take longer than the history.
            is_waiting = is_waiting or self._books.after.is_charged_back(refund.attempt_id) or text == "open"
            is_waiting = is_waiting or self._is_tried_again(refund)
            self._require(is_waiting or not refund.status.is_open, "INV-25", f"{refund.id} is still {refund.status}")
            if refund.actor == GATEWAY or refund.payment_id in self._books.after.decided:
                continue
            agrees = (refund.status, text) in _AGREEING or (is_waiting and refund.status.is_open)
            self._require(agrees, "INV-10", f"{refund.id}: our books say {refund.status}, the gateway {text}")
        ours = {refund.id for refund in self._refunds}
        strange = [r.id for _, r in self._cloud.theirs.refunds() if r.made_by == "api" and r.id not in ours]
        self._require(not strange, "INV-04", f"the gateway has refunds that our books do not have: {strange}")

    def _is_tried_again(self, refund: Refund) -> bool:
        """A new try to refund an excess capture, whose refund had failed, shortly before the end of the history."""
        failed = {case.subject_id for case in self._cases if case.kind is CaseKind.EXCESS_REFUND_FAILED}
        age_ms = self._cloud.scheduler.now_ms - refund.created_at.timestamp() * 1000
        return refund.actor == SYSTEM and refund.payment_id in failed and age_ms < SETTLES_WITHIN_MS

    def _check_orders(self) -> None:
        known = {attempt.id for payment in self._payments for attempt in payment.attempts}
        strange = {order.id for _, order in self._cloud.theirs.orders()} - known
        self._require(not strange, "INV-04", f"a gateway has orders that our books do not have: {sorted(strange)}")


_OPEN, _ENDED = ("created", "pending"), ("completed", "failed", "cancelled", "expired")
_REQUESTED_WITHIN_MS = 6 * 3_600_000.0 + SETTLES_WITHIN_MS
_AGREEING = {("completed", "completed"), ("failed", "failed"), ("failed", "nothing"), ("returned", "returned")}
_AGREEING |= {("failed", "returned")}  # It had come back before our books knew that it was completed.


def _is_completed_by_us(refund: LedgerRefund) -> bool:
    return refund.made_by == "api" and refund.state == "completed"
