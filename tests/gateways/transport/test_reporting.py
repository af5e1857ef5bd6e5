"""What is logged of a call: always if it failed; if it was answered, only for a debugged workspace."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter
from typing import Any, cast

import pytest

from payments.domain.records.payment import Attempt
from payments.domain.records.refund import Refund
from payments.domain.records.snapshot import Snapshot
from payments.domain.values.status import Status
from payments.gateways.contract.errors import GatewayError, OutcomeUnknown, Rejected
from payments.gateways.contract.gateway import Gateway
from payments.gateways.transport.reporting import AnsweredCall, FailedCall, debug_to, report_to, watch
from tests.gateways.fakes import a_refund, an_attempt, an_order

Line = dict[str, object]
ATTEMPT = an_attempt()
REFUND = a_refund(ATTEMPT, 100)
ANSWERED = AnsweredCall("stripe", "create_refund", 0.01234, (REFUND, ATTEMPT), Snapshot(Status.PROCESSING))


@pytest.fixture
def lines() -> list[Line]:
    return []


def reported(lines: list[Line], call: AnsweredCall, *, is_debugging: bool = True) -> list[Line]:
    debug_to(lambda message, **facts: lines.append({"message": message, **facts}), lambda: is_debugging)(call)
    return lines


def test_an_answered_call_is_reported_with_whom_it_was_about_its_status_and_its_milliseconds(lines: list[Line]) -> None:
    assert reported(lines, ANSWERED) == [
        {
            "message": "gateway.answered",
            "level": "DEBUG",
            "gateway": "stripe",
            "operation": "create_refund",
            "payment_id": REFUND.payment_id,
            "attempt_id": ATTEMPT.id,
            "refund_id": REFUND.id,
            "status": "processing",
            "duration_ms": 12.3,
        }
    ]


def test_what_an_answered_call_does_not_have_is_not_reported_and_no_time_at_all_is(lines: list[Line]) -> None:
    call = replace(ANSWERED, operation="create_checkout", given=(ATTEMPT, an_order()), answer=None, seconds=0.0)
    (line,) = reported(lines, call)
    assert (line["payment_id"], line["duration_ms"]) == (an_order().payment_id, 0.0)
    assert not {"refund_id", "status"} & set(line)


def test_answers_are_not_reported_without_debugging(lines: list[Line]) -> None:
    assert reported(lines, ANSWERED, is_debugging=False) == []


def failed(lines: list[Line], error: GatewayError) -> Line:
    report = report_to(lambda message, **facts: lines.append({"message": message, **facts}))
    report(FailedCall("stripe", "capture_payment", error, attempt_id=ATTEMPT.id))
    return lines[-1]


def test_a_failed_call_is_reported_with_what_the_gateway_answered(lines: list[Line]) -> None:
    response = failed(lines, Rejected("Stripe answered 400 X", code="X", http_status=400))
    assert response == {
        "message": "gateway.failed",
        "level": "WARNING",
        "gateway": "stripe",
        "operation": "capture_payment",
        "attempt_id": ATTEMPT.id,
        "error": "Rejected",
        "http_status": 400,
        "gateway_code": "X",
        "why": "Stripe answered 400 X",
    }
    assert failed(lines, Rejected("no", needs_person=True))["level"] == "ERROR"


def test_what_failed_first_is_reported_beside_what_failed_last_unless_it_says_the_same(lines: list[Line]) -> None:
    first, last = Rejected("Stripe answered 400"), OutcomeUnknown("Stripe's answer was lost")
    between = ValueError("no error of a gateway")
    between.__context__, last.__context__ = first, between
    assert failed(lines, last)["earlier"] == "Stripe answered 400"
    same = first.as_kind(OutcomeUnknown, "it exists")
    same.__context__ = first
    assert "earlier" not in failed(lines, same)


class Asking:
    """One operation calls another, as adapters do, by the name it was given."""

    name = "sim"

    def fetch_refund(self, refund: Refund, attempt: Attempt) -> str:
        return self.fetch_dispute(ref=refund.id)

    def fetch_dispute(self, ref: str) -> str:
        if ref == "D0":
            raise Rejected("no")
        return ref


def watched(answered: list[AnsweredCall], failed_calls: list[FailedCall]) -> Any:
    return watch(cast(Gateway, Asking()), failed_calls.append, answered.append)


def test_an_answer_is_reported_once_with_all_that_was_given_and_the_time_that_it_took() -> None:
    answered: list[AnsweredCall] = []
    began = perf_counter()
    assert watched(answered, []).fetch_refund(REFUND, attempt=ATTEMPT) == REFUND.id
    (call,) = answered
    assert (call.gateway, call.operation, call.answer) == ("sim", "fetch_refund", REFUND.id)
    assert call.given == (REFUND, ATTEMPT)
    assert 0 <= call.seconds <= perf_counter() - began


def test_a_failure_is_reported_with_what_was_given_by_its_name() -> None:
    failed_calls: list[FailedCall] = []
    gateway = watched([], failed_calls)
    with pytest.raises(Rejected):
        gateway.fetch_dispute(ref="D0")
    with pytest.raises(Rejected):
        gateway.fetch_refund(refund=replace(REFUND, id="D0"), attempt=ATTEMPT)
    about = [(each.operation, each.subject_id, each.refund_id, each.attempt_id) for each in failed_calls]
    assert about == [("fetch_dispute", "D0", "", ""), ("fetch_refund", "", "D0", ATTEMPT.id)]
