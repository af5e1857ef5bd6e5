"""Checked at rest: what was reported to others. Answers to clients, claims on keys, deliveries, and the last report."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dev.histories.actors import Actors
from dev.histories.books import Books
from dev.histories.cloud import Cloud
from dev.histories.plan import DAY, HOUR
from dev.histories.rest_after import AfterTheEnd, AtRest
from dev.histories.rows import Item
from dev.histories.settings import PREFIX, WORKSPACE
from dev.tools.workspace.state import get_state
from payments.domain.records.approval import ApprovalKind
from payments.domain.records.case import CaseKind
from payments.domain.records.payment import Attempt, Payment
from payments.domain.records.refund import GATEWAY, SYSTEM
from payments.domain.values.polling import FINAL_CHECK
from payments.store.dynamodb.client import FencedClient

_NO_SUBJECT = {"S": ""}
# An hourly check by an hourly sweep; in older histories clocks differ by ten minutes.
SETTLES_WITHIN_MS = 140 * 60_000.0


class ReportedAtRest:
    def __init__(self, cloud: Cloud, books: Books, actors: Actors, rest: AtRest) -> None:
        self._cloud, self._books, self._actors, self._rest = cloud, books, actors, rest
        self._after = AfterTheEnd(cloud, books, rest)
        self._require = books.require

    def check(self) -> None:
        self._after.check()
        self._check_answers()
        self._check_claims()
        self._check_deliveries()
        self._check_reports()

    def _check_answers(self) -> None:
        self._require(not self._actors.shop.differing, "INV-18", f"one key, two answers: {self._actors.shop.differing}")
        captured = self._actors.people.captured_wrongly
        self._require(not captured, "INV-21", f"webhooks were accepted that must be refused: {captured}")
        state = get_state(FencedClient(self._cloud.dynamo, PREFIX, WORKSPACE), WORKSPACE)
        self._require(state.is_unbroken, "INV-14", "the workspace's own events have a gap, or one was altered")

    def _check_claims(self) -> None:
        """Every attempt and refund that somebody requested is the single effect of one key."""
        attempts = [attempt for payment in self._rest.payments for attempt in payment.attempts]
        wanted = [one.id for one in attempts if not (one.failed_over_from or one.duplicate_of)]
        decided = self._books.after.by_decision
        by_key = [one for one in self._rest.refunds if one.id not in decided and not one.is_forced]
        wanted += [refund.id for refund in by_key if refund.actor not in (SYSTEM, GATEWAY)]
        wanted += [row["id"]["S"] for row in self._approvals() if row["kind"]["S"] == ApprovalKind.FORCED_REFUND]
        claimed = [row.get("subject_id", _NO_SUBJECT)["S"] for row in self._claims()]
        loose = sorted(set(wanted).symmetric_difference(claimed))
        self._require(not loose and len(wanted) == len(claimed), "INV-18", f"effects without exactly one key: {loose}")
        passing = [row["subject_id"]["S"] for row in self._claims() if "ttl" in row and "subject_id" in row]
        passing = [name for name in passing if name.startswith("rfd_")]
        self._require(not passing, "INV-18", f"the keys of {passing} lapse, and nothing else prevents a second effect")

    def _check_deliveries(self) -> None:
        for row in self._rest.deliveries:
            is_done = row["state"]["S"] in ("applied", "ignored", "dead") or self.may_be_parked(row)
            self._require(is_done, "INV-25", f"a delivery is still {row['state']['S']}")
            is_named = bool(row["subject_id"]["S"] or row["subject_ref"]["S"])  # Some lies name nothing.
            is_read = row["state"]["S"] != "ignored" or not is_named
            self._require(is_read, "INV-23", f"{row['gateway']['S']} sent {row['word']['S']}, and it was ignored")
            self._check_stranger(row)

    def may_be_parked(self, row: dict[str, Any]) -> bool:
        """While its order is not known yet, or its payment waits for a decision."""
        waiting = (payment for payment in self._rest.payments if payment.review)
        ids = {attempt.id for payment in waiting for attempt in payment.attempts}
        return self.is_puzzling(row) or (row["state"]["S"] == "awaiting" and row["subject_id"]["S"] in ids)

    def is_puzzling(self, row: dict[str, Any]) -> bool:
        """It names an order that we do not have. It is tried for a day, the last time up to two hours later."""
        is_parked = row["state"]["S"] == "parked" and bool(row["subject_ref"]["S"])
        received_ms = datetime.fromisoformat(row["received_at"]["S"]).timestamp() * 1000
        return is_parked and self._cloud.scheduler.now_ms - received_ms < DAY + 2 * HOUR

    def _check_stranger(self, row: dict[str, Any]) -> None:
        ref = row["subject_ref"]["S"]
        subject = row["subject_id"]["S"] or ref
        is_ours = not {subject, f"{row['gateway']['S']}#{ref}"}.isdisjoint(self._books.references)
        is_recent = row["kind"]["S"] == "payment" and bool(ref or subject.startswith("att_"))
        is_raised = row["state"]["S"] == "dead" and self._rest.has_case(subject, CaseKind.UNKNOWN_ORDER)
        is_raised = is_raised or self.is_puzzling(row)
        opened = (attempt.checkout_ref for payment in self._rest.payments for attempt in payment.attempts)
        is_known = bool(ref) and any(name.startswith(ref) for name in opened)
        self._require(
            is_ours or not is_known, "INV-23", f"a webhook about {ref} is about an order of ours, and found none"
        )
        self._require(is_ours or not is_recent or is_raised, "INV-23", f"a webhook about {subject} was dropped")

    def _check_reports(self) -> None:
        """At rest a reconciliation finds nothing without also opening a case."""
        reported = self._rest.named_in_cases | {
            refund.payment_id for refund in self._rest.refunds if refund.id in self._rest.named_in_cases
        }
        reported |= {payment.id for payment in self._rest.payments if self.was_debited_late(payment)}
        for report in self._actors.people.reports[-1:]:
            loose = [issue for issue in report["issues"] if issue["payment_id"] not in reported]
            loose = [issue for issue in loose if not self._after.is_reported_late(issue)]
            self._require(not loose, "INV-27", f"reconciliation finds {loose}")

    def was_debited_late(self, payment: Payment) -> bool:
        """After the last check of what was paid: without the webhook, only a reconciliation finds it."""
        return any(self._is_unlooked_at(one) for one in payment.attempts if one.captured_at and not one.duplicate_of)

    def _is_unlooked_at(self, attempt: Attempt) -> bool:
        last_check = max(attempt.expires_at, attempt.captured_at or attempt.expires_at) + FINAL_CHECK
        last_check_s = last_check.timestamp() - self._books.tolerance_s
        return any(one.order == attempt.id and one.at > last_check_s for one in self._cloud.theirs.captures())

    def _approvals(self) -> list[Item]:
        return [row for row in self._cloud.rows("reconciliation") if row["pk"]["S"].endswith("#APR")]

    def _claims(self) -> list[Item]:
        rows = self._cloud.rows("idempotency_keys")
        return [row for row in rows if row["sk"]["S"].startswith("CLAIM")]
