"""Bugs in metrics and alarms: something is not counted, or counted when it did not happen."""

from __future__ import annotations

from dev.histories.mutants.mutant import Mutant

METRICS = (
    Mutant(
        "refund_not_counted",
        "payments.usecases.commit",
        '    "refund.completed": Metric.REFUND_COMPLETED,\n',
        "",
        "a completed refund is in no metric",
        expects="INV-84",
    ),
    Mutant(
        "case_counted_at_its_end",
        "payments.usecases.commit",
        "        if case.opened_at in written_at and not case.decided_at:",
        "        if case.opened_at in written_at or case.decided_at:",
        "a case is counted as opened once more when it is decided",
        expects="INV-84",
    ),
    Mutant(
        "conflict_counted",
        "payments.usecases.commit",
        "        except (Conflict, BrokenBooks) as raced:",
        "        except (Conflict, BrokenBooks) as raced:\n            _count(change, context.ports)\n           ",
        "what another writer kept from being written is counted all the same",
        expects="INV-84",
    ),
    Mutant(
        "delivery_ended_twice",
        "payments.usecases.webhook.apply",
        "    if ports.store.save_delivery(replace(delivery, state=state, due_at=None)):\n        _count(",
        "    if ports.store.save_delivery(replace(delivery, state=state, due_at=None)) or True:\n        _count(",
        "ending a webhook that has ended already counts it once more",
        expects="INV-84",
    ),
    Mutant(
        "authorized_payment_called_pending",
        "payments.usecases.payment.due",
        "    if not live.status.is_open or live.awaits_capture:",
        "    if not live.status.is_open:",
        "an authorization that waits for the merchant is logged as a payment that is stuck",
        expects="INV-85",
    ),
    Mutant(
        "unread_sweep_completed",
        "payments.usecases.sweep.run",
        "int(not any(line.is_unread for line in lines))",
        "1",
        "a sweep that could not read what is due logs that it has finished",
        expects="INV-85",
    ),
    Mutant(
        "every_case_is_old",
        "payments.usecases.reconciliation.counts",
        "sum(at < before for at in opened)",
        "len(opened)",
        "a case counts as old on its first day",
        expects="INV-85",
    ),
    Mutant(
        "no_time_is_a_failed_token",
        "payments.gateways.transport.oauth_token",
        "            if has_time:\n",
        "            if True:\n",
        "an invocation that ran out of time logs that a gateway gave no token",
        direct="tests/gateways/transport/test_oauth_token.py::test_where_no_time_is_left_to_fetch_the_gateway_has_not_failed",
    ),
    Mutant(
        "disputes_webhook_unread",
        "payments.gateways.phonepe.codes",
        '    "payment.dispute.action.required": EventKind.DISPUTE,\n',
        '    "payment.dispute.action_required": EventKind.DISPUTE,\n',
        "PhonePe's webhook of a dispute that needs another answer is ignored, because its name is read with dots",
        direct="tests/usecases/dispute/test_disputes_answered.py::"
        "test_a_dispute_that_wants_another_answer_is_among_those_to_be_answered_in_time",
    ),
)
