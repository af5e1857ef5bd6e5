"""Bugs in ending something: pending payments, authorizations that lapse, reviews and cases."""

from __future__ import annotations

from dev.histories.mutants.mutant import Mutant

ENDING = (
    Mutant(
        "stripe_debit_is_only_open",
        "payments.gateways.stripe.wire",
        "        is_in_progress=status is Status.PENDING and IN_PROGRESS.get(code, True),",
        "        is_in_progress=False,",
        "a bank debit at Stripe that is being processed counts as a checkout that the payer left",
        direct="tests/usecases/payment/test_after_the_end.py::test_a_debit_of_four_days_is_not_ended_retried_or_called_late",
    ),
    Mutant(
        "paypal_capture_is_only_open",
        "payments.gateways.paypal.wire",
        "        return Snapshot(Status.PENDING, None, *_nothing(echo), is_in_progress=True)",
        "        return Snapshot(Status.PENDING, None, *_nothing(echo))",
        "a capture at PayPal that is under review counts as a checkout that the payer left",
        expects="INV-79",
    ),
    Mutant(
        "under_way_unalarmed",
        "payments.usecases.payment.due",
        "        if now - live.in_progress_at > _IN_PROGRESS_ALARM:",
        "        if False:",
        "money that is under way for a week alarms nobody",
        direct="tests/usecases/payment/test_after_the_end.py::"
        "test_a_payment_in_progress_is_one_event_and_counts_for_the_alarm_by_age",
    ),
    Mutant(
        "pending_checked_each_minute",
        "payments.domain.records.payment",
        "            return now + polling.open_due_after(since_expiry)",
        "            return now + polling.SEARCH_CHECK",
        "a payment that is pending for days is checked each minute",
        direct="tests/domain/rules/test_money_rules.py::test_what_is_in_progress_is_checked_hourly_and_then_every_six_hours",
    ),
    Mutant(
        "lapse_unwarned",
        "payments.domain.rules.advancing",
        "        return _lapsing(payment, attempt, why, at) if is_near else None",
        "        return None",
        "an authorization ends, and nobody was told before",
        direct="tests/usecases/payment/test_holds.py::"
        "test_a_day_before_an_authorization_lapses_there_is_an_event_and_a_case_that_ends_with_it",
    ),
    Mutant(
        "capture_of_the_lapsed_succeeds",
        "payments.usecases.payment.capture",
        "    if attempt.status.is_dead and not payment.winning_attempt_id:\n",
        "    if False:\n",
        "a capture of a lapsed authorization is answered as successful",
        direct="tests/usecases/payment/test_holds.py::test_a_capture_of_a_lapsed_authorization_captures_nothing_and_is_refused",
    ),
    Mutant(
        "honor_period_lost",
        "payments.domain.rules.advancing",
        "        honored_until=snapshot.honored_until,\n",
        "",
        "the time until which the gateway guarantees a capture is not stored",
        direct="tests/domain/rules/test_rules_after_the_end.py::test_an_authorization_keeps_how_long_it_lasts_and_is_honored",
    ),
    Mutant(
        "capture_denied_ignored",
        "payments.domain.rules.advancing",
        "    if attempt.status is Status.COMPLETED and snapshot.status.is_dead:",
        "    if False:",
        "a capture that the gateway denies after its completion opens no case",
        direct="tests/domain/rules/test_money_rules.py::"
        "test_a_completed_attempt_that_the_gateway_denies_stays_completed_with_one_case",
    ),
    Mutant(
        "reversal_unseen",
        "payments.gateways.paypal.wire",
        "    if not mine and code in GONE and reason not in DISPUTED:",
        "    if False:",
        "a reversed capture at PayPal still counts as captured",
        direct="tests/gateways/paypal/test_after_payment.py::test_what_went_back_is_one_total",
    ),
    Mutant(
        "dispute_webhook_ignored",
        "payments.usecases.webhook.apply",
        "    return delivery.kind != EventKind.DISPUTE or isinstance(ports.gateway(delivery.account), CanDispute)",
        "    return delivery.kind != EventKind.DISPUTE",
        "a dispute's webhook ends as ignored",
        direct="tests/usecases/dispute/test_sync.py::test_a_webhook_makes_a_record_and_withholds_the_amount",
        second="the daily list tells of it as well",
    ),
    Mutant(
        "payers_fee_is_a_contradiction",
        "payments.gateways.razorpay.tries",
        "    return (attempt.amount, fee) if is_explained else (told, None)",
        "    return told, None",
        "a fee that the payer bears puts the payment under review",
        direct="tests/usecases/payment/test_capture.py::"
        "test_a_fee_that_the_payer_bears_is_no_contradiction_and_no_refundable_money",
    ),
    Mutant(
        "decided_review_stays_open",
        "payments.domain.rules.decisions",
        "    attempt, free = payment.attempt(review.attempt_id), replace(payment, review=None)",
        "    attempt, free = payment.attempt(review.attempt_id), payment",
        "a decided payment stays under review",
        expects="INV-81 INV-24",
    ),
    Mutant(
        "decided_refund_stays_contradicted",
        "payments.domain.rules.refund_decisions",
        "        is_contradicted=False,\n",
        "",
        "a refund whose case is decided stays under review",
        direct="tests/usecases/case/test_decide.py::test_a_decided_refund_is_under_review_no_more",
    ),
    Mutant(
        "decided_refund_keeps_its_slot",
        "payments.domain.rules.refund_decisions",
        '        refunding_id="" if attempt.refunding_id == refund.id else attempt.refunding_id,\n',
        "",
        "a decided refund blocks the next one for ever",
        direct="tests/domain/rules/test_rules_after_the_end.py::"
        "test_an_accepted_refund_books_what_was_reported_and_leaves_its_slot",
    ),
    Mutant(
        "decided_refund_keeps_its_reservation",
        "payments.domain.rules.refund_decisions",
        "        reserved_minor=attempt.reserved_minor - refund.amount.minor,\n",
        "",
        "the reservation of a decided refund is not released",
        direct="tests/domain/rules/test_rules_after_the_end.py::"
        "test_an_accepted_refund_books_what_was_reported_and_leaves_its_slot",
    ),
    Mutant(
        "decided_capture_stays_requested",
        "payments.domain.rules.decisions",
        ", is_void_decided=True, cancel_requested_at=at, capture_requested_minor=0\n",
        ", is_void_decided=True, cancel_requested_at=at\n",
        "an authorization that a decision voids is captured all the same",
        direct="tests/domain/rules/test_rules_after_the_end.py::"
        "test_an_authorization_whose_capture_may_still_arrive_is_not_voided",
    ),
    Mutant(
        "excess_case_outlives_the_excess",
        "payments.usecases.refund.sync",
        '    ended = replace(case, decided_at=now, decided_by=SYSTEM, outcome="ended", decision_note=note)\n'
        "    return replace(change, records=(*change.records, ended))",
        "    return change",
        "the case of a failed excess refund stays when the excess is refunded",
        direct="tests/usecases/case/test_decide.py::test_the_case_of_an_excess_whose_refund_failed_ends_once_it_is_refunded",
    ),
    Mutant(
        "case_of_money_that_came_back_stays",
        "payments.domain.rules.importing",
        "    if left <= 0:\n",
        "    if left < 0:\n",
        "the case of money that could not be attributed stays open when all of it came back",
        direct="tests/usecases/payment/test_import_refunds.py::"
        "test_what_no_one_could_attribute_comes_back_and_its_case_says_less_or_ends",
    ),
    Mutant(
        "ended_delivery_stays_due",
        "payments.usecases.webhook.apply",
        "    if ports.store.save_delivery(replace(delivery, state=state, due_at=None)):",
        "    if ports.store.save_delivery(replace(delivery, state=state)):",
        "a webhook that has ended stays due",
        expects="INV-25",
    ),
)
