"""Who may approve, for how long a request is valid, and for which case."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from payments.domain.records.approval import LASTS, Approval, ApprovalKind, ApprovalState
from payments.domain.records.case import Case, CaseKind
from payments.domain.values.money import Money
from tests.domain.rules.test_money_rules import AMOUNT, START

CASE = Case(CaseKind.AMOUNT_MISMATCH, "pay_1", "ws", START, "note", "pay_1", AMOUNT)
A_REQUEST = Approval(
    "apr_1", "ws", "pay_1", ApprovalKind.DECISION, CASE.id, AMOUNT, "user:asha", START, START + LASTS
)  # fmt: skip


@pytest.mark.parametrize(
    ("state", "beyond_s", "is_open", "read_as"),
    [
        (ApprovalState.REQUESTED, -0.001, True, "requested"),
        (ApprovalState.REQUESTED, 0, False, "lapsed"),
        (ApprovalState.APPROVED, -1, False, "approved"),
        (ApprovalState.APPROVED, 1, False, "approved"),
        (ApprovalState.REFUSED, 1, False, "refused"),
    ],
)
def test_an_approval_can_be_answered_for_a_day_and_what_was_answered_does_not_lapse(
    state: ApprovalState, beyond_s: float, is_open: bool, read_as: str
) -> None:
    now = START + timedelta(days=1, seconds=beyond_s)
    approval = replace(A_REQUEST, state=state)
    assert (approval.is_open(now), approval.state_at(now)) == (is_open, read_as)


@pytest.mark.parametrize(
    ("case", "is_about"),
    [
        (CASE, True),
        (replace(CASE, subject_id="pay_2"), False),
        (replace(CASE, kind=CaseKind.CURRENCY_MISMATCH), False),
        (replace(CASE, amount=Money(49901, "INR")), False),
        (replace(CASE, amount=None), False),
        (replace(CASE, opened_at=START - timedelta(seconds=1)), True),
        (replace(CASE, opened_at=START + timedelta(milliseconds=1)), False),
    ],
)
def test_an_approval_is_about_the_case_as_it_was_when_it_was_requested(case: Case, is_about: bool) -> None:
    assert A_REQUEST.is_about(case) is is_about
