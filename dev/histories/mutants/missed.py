"""Bugs that nothing saw when somebody who did not know the tests planted them; each has its checker or test now."""

from __future__ import annotations

from dev.histories.mutants.mutant import Mutant

MISSED = (
    Mutant(
        "late_grant_counted_from_creation",
        "payments.domain.rules.advancing",
        'late_success == "refund" or at > attempt.expires_at + LATE_GRANT',
        'late_success == "refund" or at > attempt.created_at + LATE_GRANT',
        "the 24 hours in which late money is still granted count from the attempt's creation instead of its expiry",
        direct="tests/domain/test_money_rules.py::test_late_money_follows_the_workspace",
    ),
    Mutant(
        "second_page_ends_the_month",
        "payments.store.dynamodb.lists",
        "            Limit=limit + 2,",
        "            Limit=limit,",
        "from the second page on the list leaves out the rest of the month",
        expects="INV-86",
    ),
    Mutant(
        "offers_end_one_early",
        "payments.usecases.gateway.offers",
        "    offers = [_offer(accounts[name], currency, country, ports) for name in may]",
        "    offers = [_offer(accounts[name], currency, country, ports) for name in may[: len(may) - 1 or 1]]",
        "where there are several gateways the list leaves out the last one",
        expects="INV-86",
    ),
    Mutant(
        "due_list_without_second_answers",
        "payments.usecases.dispute.sync",
        "return dispute.wants_answer and dispute.respond_by is not None and dispute.respond_by < at",
        "return dispute.status is DisputeStatus.OPEN and dispute.respond_by is not None and dispute.respond_by < at",
        "the list of disputes to be answered leaves out those that want one more answer",
        direct="tests/usecases/test_disputes_answered.py::"
        "test_a_dispute_that_wants_another_answer_is_among_those_to_be_answered_in_time",
    ),
    Mutant(
        "one_refund_stops_the_others_comparison",
        "payments.usecases.reconciliation.compare",
        "self._noting(found, refund.id, partial(self._refund, found, payment.id, refund.id))",
        "self._refund(found, payment.id, refund.id)",
        "one refund that cannot be compared hides the payment's later ones from the report",
        direct="tests/usecases/test_reports.py::"
        "test_a_refund_of_which_the_gateway_says_nothing_does_not_hide_the_next_one",
    ),
    Mutant(
        "approval_written_without_version",
        "payments.store.dynamodb.transactions",
        'return _under_version("reconciliation", item, approval.version)',
        'return Write("Put", "reconciliation", Item=item)',
        "a refusal that races with an approval overwrites it: the approval says refused although it was carried out",
        direct="tests/usecases/test_cases.py::test_a_refusal_that_was_read_before_the_approval_is_not_written_over_it",
    ),
    Mutant(
        "last_look_before_expiry",
        "payments.domain.records.payment",
        "check_at = max(self.expires_at, self.captured_at or self.expires_at) + polling.FINAL_CHECK",
        "last_check = (self.captured_at or self.expires_at) + polling.FINAL_CHECK",
        "a second payment before the order's expiry is found a day later",
        direct="tests/domain/test_money_rules.py::"
        "test_a_paid_order_is_checked_once_more_after_its_expiry_however_early_it_was_paid",
    ),
    Mutant(
        "found_late_and_asked_again_much_later",
        "payments.domain.rules.advancing",
        "may_end = attempt.status is not Status.CREATED or at > attempt.expires_at + SETTLE",
        "may_end = attempt.status is not Status.CREATED",
        "an attempt found a day after its expiry is ended six hours later",
        direct="tests/domain/test_attempt_rules.py::"
        "test_an_attempt_ends_by_the_gateways_answer_or_by_its_own_time[of_attempt11-answer11-2100.001-expired]",
    ),
    Mutant(
        "capture_of_what_another_attempt_paid",
        "payments.usecases.payment.follow_up",
        """    return bool(is_wanted) and payment.winning_attempt_id in ("", attempt.id)""",
        "    return bool(is_wanted)",
        "an authorization is captured although another attempt has paid the order",
        direct="tests/usecases/test_late_holds.py::"
        "test_a_capture_that_could_not_be_sent_is_not_sent_once_another_attempt_has_paid_in_the_same_minute",
    ),
    Mutant(
        "acceptance_under_way_refused",
        "payments.gateways.paypal.adapter",
        "                raise _unless_in_progress(refusal) from None\n            return found",
        "                raise refusal from None\n            return found",
        "an acceptance that is in progress at PayPal is told as refused",
        direct="tests/gateways/paypal/test_disputes.py::"
        "test_an_acceptance_that_is_in_progress_is_no_refusal[PREVIOUS_REQUEST_IN_PROGRESS]",
    ),
    Mutant(
        "cursor_of_another_end",
        "payments.api.cursor",
        "    for given, stored in ((query.created_from, cursor.created_from), (query.created_to, cursor.created_to)):",
        "    for given, kept in ((asked.created_from, cursor.created_from),):",
        "a cursor is taken with another created_to than it was made for",
        direct="tests/runtime/test_paging.py::test_a_cursor_belongs_to_its_own_list[created_to]",
    ),
    Mutant(
        "page_that_starts_nothing_has_no_place",
        "payments.usecases.reconciliation.run",
        "return store.cursor_after(self._last) if self._last else window.place",
        "return store.cursor_after(self._last) if self._last else None",
        "a later page that starts no payment answers no cursor, and the rest is never compared",
        direct="tests/usecases/test_reports.py::"
        "test_a_run_that_starts_no_payment_goes_on_at_the_place_that_it_was_given",
    ),
    Mutant(
        "only_the_newest_return_address",
        "payments.usecases.payment.create",
        """            *payment.return_token_hashes,
            capability""",
        """            capability""",
        "after a retry the return address of the earlier attempt is unknown",
        direct="tests/usecases/test_initiate.py::"
        "test_after_a_retry_the_earlier_checkout_and_its_return_address_still_work",
    ),
    Mutant(
        "execution_begun_at_creation",
        "payments.runtime.aws",
        """            "sent_at": to_text(attempt.sent_at),""",
        """            "sent_at": to_text(attempt.created_at),""",
        "the execution of an attempt that was sent again begins at the slow end of the ladder",
        direct="tests/runtime/test_aws_polling.py::"
        "test_an_execution_is_named_after_its_attempt_and_counts_from_the_newest_call",
    ),
    Mutant(
        "case_of_an_earlier_step_uncounted",
        "payments.usecases.commit",
        "        if case.opened_at in written_at and not case.decided_at:",
        "        if case.opened_at == change.payment.updated_at and not case.decided_at:",
        "a case that the first of two steps opened raises no alarm",
        direct="tests/usecases/test_counted.py::test_a_case_that_the_first_of_two_steps_opened_is_counted",
    ),
    Mutant(
        "no_look_after_a_late_capture",
        "payments.domain.records.payment",
        "check_at = max(self.expires_at, self.captured_at or self.expires_at) + polling.FINAL_CHECK",
        "last_check = self.expires_at + polling.FINAL_CHECK",
        "two payments found at once, long after the order's expiry: the second is not looked for",
        direct="tests/domain/test_money_rules.py::"
        "test_an_order_whose_payment_was_found_long_after_its_expiry_is_checked_once_more",
    ),
    Mutant(
        "approval_of_an_earlier_opening",
        "payments.domain.records.approval",
        "return self.subject_id == case.id and self.amount == case.amount and self.requested_at >= case.opened_at",
        "return self.subject_id == case.id and self.amount == case.amount",
        "a request made for an earlier opening of a case counts for money of the same amount that came later",
        direct="tests/usecases/test_cases.py::test_a_request_is_about_the_opening_at_which_it_was_made",
    ),
    Mutant(
        "refund_key_forgotten_after_a_week",
        "payments.usecases.refund.create",
        "return replace(new_claim(key, order.payment_id, subject_id_of(change), context.ports), is_permanent=True)",
        "return new_claim(key, order.payment_id, subject_id_of(change), context.ports)",
        "the key of a refund lapses after a week, and a repeat then makes a second refund",
        direct="tests/usecases/test_refund.py::"
        "test_the_key_of_a_refund_is_stored_for_ever_and_that_of_a_payment_for_some_days",
    ),
    Mutant(
        "resent_dead_webhook_ignored",
        "payments.store.dynamodb.deployment",
        '        condition = f"{writes.ABSENT} OR #state = :dead"',
        '        condition = f"{writes.ABSENT} OR (#state = :dead AND attribute_not_exists(pk))"',
        "a webhook that the gateway sends again after its first copy was given up is acknowledged and dropped",
        direct="tests/usecases/test_webhook.py::test_a_repeat_of_a_delivery_that_was_given_up_is_applied",
    ),
    Mutant(
        "newest_try_alone_is_in_progress",
        "payments.gateways.phonepe.wire",
        '    tries = objects_of(answer.get("paymentDetails"))',
        '    tries = objects_of(answer.get("paymentDetails"))[-1:]',
        "a payer's first try is under way and his second failed: the payment is called over",
        direct="tests/gateways/phonepe/test_after_the_end.py::"
        "test_a_pending_order_is_in_progress_while_a_try_has_not_failed",
    ),
    Mutant(
        "lease_of_a_clock_ahead_by_a_little_is_taken",
        "payments.store.dynamodb.deployment",
        '        values |= {":now": encode(now), ":far": encode(until + (until - now))}',
        '        values |= {":now": encode(now), ":far": encode(until)}',
        "two runs whose clocks differ by milliseconds hold one lease",
        direct="tests/usecases/test_sweep_and_reports.py::test_a_lease_passes_on_only_from_a_clock_that_ran_far_ahead",
    ),
    Mutant(
        "lane_of_the_first_gateway",
        "payments.store.dynamodb.transactions",
        "payment.current.gateway, payment.id, payment.due_at)",
        "payment.attempts[0].gateway, payment.id, payment.due_at)",
        "a payment that went on to another gateway waits in the lanes of the first one, which does not answer",
        direct="tests/usecases/test_failover.py::test_what_went_on_to_another_gateway_is_due_in_that_ones_lanes",
    ),
    Mutant(
        "import_leaves_room_for_a_dispute",
        "payments.usecases.payment.returned",
        "attempt.captured_minor - attempt.reserved_minor - attempt.refunded_minor - attempt.written_off_minor",
        "attempt.available_minor",
        "a refund at the dashboard is not booked while a chargeback has taken what it is of",
        direct="tests/usecases/test_disputes_and_refunds.py::"
        "test_a_refund_at_the_dashboard_is_booked_though_a_chargeback_has_debited_all",
    ),
    Mutant(
        "failover_goes_in_circles",
        "payments.usecases.gateway.routing",
        "    tried = {one.gateway for one in payment.attempts}",
        "    tried = {attempt.gateway}",
        "where no gateway can be reached the first is tried again, until the order has no attempt left",
        direct="tests/usecases/test_failover.py::test_when_no_gateway_is_left_the_last_ones_answer_is_reported",
    ),
    Mutant(
        "noted_lapse_stays_noted",
        "payments.domain.rules.advancing",
        "    fresh = replace(attempt, lapse_warned_at=None, is_lapse_noted=False)",
        "    fresh = replace(attempt, lapse_warned_at=None)",
        "the case of a lapsing authorization stays open after its end, because an earlier one was noted",
        direct="tests/domain/test_rules_after_the_end.py::"
        "test_a_noted_case_of_an_end_that_moved_is_opened_anew_and_ends_with_the_authorization",
    ),
    Mutant(
        "denied_authorization_hides_a_pending_one",
        "payments.gateways.paypal.wire",
        'by_status.get("CREATED") or by_status.get("PENDING") or next(',
        'by_status.get("CREATED") or next(',
        "an authorization that a bank still decides about counts as denied, because a later one was",
        direct="tests/gateways/paypal/test_wire.py::test_the_money_says_what_an_attempt_is",
    ),
    Mutant(
        "shown_amount_is_believed",
        "payments.gateways.square.adapter",
        "if found.amount != amount or not (shown_is_enough or amount == attempt.amount):",
        "if found.amount != amount:",
        "a hold whose amount is shown wrongly, as the part that is to be captured, is captured whole",
        direct="tests/gateways/square/test_capturing_a_part.py::"
        "test_an_amount_that_is_shown_wrongly_as_the_requested_one_is_lowered_all_the_same",
    ),
    Mutant(
        "contradicted_refund_explains_nothing",
        "payments.usecases.payment.returned",
        "refund.actor == GATEWAY or (is_booked and not refund.is_contradicted):",
        "refund.actor == GATEWAY or is_booked:",
        "what the gateway refunded beyond a completed refund is booked as a dashboard refund, and decided as well",
        direct="tests/usecases/test_returned.py::"
        "test_of_a_completed_refund_under_review_the_difference_explains_the_total",
    ),
    Mutant(
        "watch_ends_at_an_exact_step",
        "payments.domain.values.polling",
        "for step in _AFTER_EXPIRY_S if elapsed_s < step)",
        "for step in _AFTER_EXPIRY_S if elapsed_s <= step)",
        "a check at the exact second of a step is the last: late money is not seen",
        direct="tests/domain/test_polling.py::test_no_step_after_expiry_is_ever_zero_or_backwards",
    ),
    Mutant(
        "case_ends_while_excess_is_being_refunded",
        "payments.usecases.payment.sync",
        "one.is_excess and (one.available_minor or one.reserved_minor) for",
        "one.is_excess and one.available_minor for",
        "the case of a failed refund of an excess capture ends though another excess capture is not back yet",
        direct="tests/usecases/test_late_and_wrong.py::"
        "test_the_case_of_a_failed_refund_stays_open_while_another_excess_capture_is_being_refunded",
    ),
    Mutant(
        "one_bound_for_the_disputes_of_all",
        "payments.usecases.dispute.import_list",
        '            if counts["listed"] - before >= _DISPUTES_MAX and',
        '            if counts["listed"] >= _DISPUTES_MAX and',
        "after a gateway with many disputes each later one is left after its first page",
        direct="tests/usecases/test_disputes.py::"
        "test_a_gateway_with_more_disputes_than_a_day_lists_takes_nothing_of_the_next_ones_day",
    ),
    Mutant(
        "refused_capture_forgets_the_lowered_amount",
        "payments.domain.rules.advancing",
        "replace(attempt, capture_requested_minor=0, capture_requested_at=None)",
        "replace(attempt, capture_requested_minor=0, last_capture_minor=0, capture_requested_at=None)",
        "an authorization whose amount was lowered for a capture that was then refused is put under review",
        direct="tests/domain/test_money_rules.py::"
        "test_after_a_refused_capture_the_authorization_may_have_the_lowered_amount",
    ),
    Mutant(
        "surprise_ends_a_comparison",
        "payments.usecases.reconciliation.compare",
        "        except Exception as failure:  # noqa: BLE001  Whatever one payment holds, the others are compared.",
        "        except Rejected.__base__ as failure:",
        "one payment whose comparison raises what nobody expected stops the report",
        direct="tests/usecases/test_reports.py::"
        "test_whatever_the_comparison_of_one_payment_raises_is_noted_and_the_other_is_compared",
    ),
    Mutant(
        "later_deadline_is_told",
        "payments.usecases.refund.create",
        "respond_by=to_text(min(times)) if times else None,",
        "respond_by=to_text(max(times)) if times else None,",
        "with two open chargebacks the refusal of a refund names the later deadline, and the earlier one is missed",
        direct="tests/usecases/test_disputes_and_refunds.py::"
        "test_with_two_open_chargebacks_the_refusal_names_both_and_the_earlier_deadline",
    ),
    Mutant(
        "failover_to_who_cannot",
        "payments.usecases.gateway.routing",
        "if name not in tried and why_not(ports.gateway(its[name]), payment.amount, attempt.terms) is None:",
        "if name not in tried:",
        "an order to be captured later goes on to a gateway that takes the money at once",
        direct="tests/usecases/test_failover.py::test_a_gateway_that_cannot_do_what_the_order_asks_is_not_gone_on_to",
    ),
    Mutant(
        "due_at_once_is_due_never",
        "payments.domain.records.payment",
        "return now + after if after is not None else None",
        "return now + after if after else None",
        "an attempt whose next check is due at this moment is never checked again",
        direct="tests/domain/test_money_rules.py::"
        "test_an_attempt_that_is_to_be_checked_at_once_is_due_now_and_not_never",
    ),
    Mutant(
        "retry_keeps_a_decisions_failure",
        "payments.domain.rules.transitions",
        "status=Status.CREATED, failure=None)",
        "status=Status.CREATED)",
        "a payment that was tried again and declined names an earlier decision as its failure",
        direct="tests/domain/test_decision_rules.py::test_a_retry_forgets_why_a_decision_ended_the_payment",
    ),
    Mutant(
        "decision_fails_a_payment_that_goes_on",
        "payments.domain.rules.decisions",
        "        if moved.current.status.is_open:",
        "        if False:",
        "a payment is called failed while its newest attempt is open",
        direct="tests/domain/test_decision_rules.py::test_a_refunded_late_capture_leaves_a_newer_attempt_to_go_on",
    ),
    Mutant(
        "requested_capture_holds_for_ever",
        "payments.usecases.payment.follow_up",
        "        return is_late and not _may_be_on_its_way(attempt.capture_requested_at, ports.clock.now())",
        "        return False",
        "an authorization whose capture never reached the gateway stays on the payer's account after another payment",
        direct="tests/usecases/test_late_holds.py::"
        "test_a_capture_that_could_not_be_sent_is_voided_once_another_attempt_has_paid",
    ),
    Mutant(
        "code_of_a_later_sending_closes_at_once",
        "payments.gateways.razorpay.bodies",
        "shortest, longest = (attempt.sent_at + life for life in _QR_LIFE)",
        "shortest, longest = (attempt.created_at + life for life in _QR_LIFE)",
        "a QR code that is made hours after its attempt closes before anybody can pay it",
        direct="tests/gateways/razorpay/test_upi.py::"
        "test_a_code_that_is_made_by_a_later_sending_lasts_as_long_as_one_of_the_first",
    ),
    Mutant(
        "accounts_share_a_list_position",
        "payments.usecases.dispute.import_list",
        '    return f"disputes {account}"',
        '    return f"disputes {account.gateway}"',
        "one account's list of disputes goes on where another's was left",
        direct="tests/usecases/test_disputes.py::test_each_account_s_list_goes_on_where_it_was_left_itself",
    ),
    Mutant(
        "silent_delivery_not_backed_off",
        "payments.usecases.webhook.due",
        "        give_up(delivery, ports)\n        raise",
        '        give_up(delivery, ports)\n        return "failed"',
        "each sweep asks a silent gateway about the same webhook again",
        direct="tests/usecases/test_webhook.py::test_a_delivery_whose_gateway_is_down_is_due_at_growing_intervals",
    ),
    Mutant(
        "jobs_never_collect_garbage",
        "payments.runtime.task",
        "            enable_gc()",
        "            pass",
        "the memory of a function without requests grows",
        direct="tests/edge/test_garbage.py::test_every_function_collects_garbage_after_its_first_answer[jobs]",
    ),
    Mutant(
        "cursor_of_any_workspace",
        "payments.api.cursor",
        "    if check != _check(workspace_id, ports):",
        "    if False:",
        "a cursor that was cut, or of another workspace, leaves out a part of a list",
        direct="tests/runtime/test_paging.py::"
        "test_a_cursor_that_was_cut_or_is_of_another_workspace_is_refused[payments]",
    ),
    Mutant(
        "events_of_all_payments_on_one_line",
        "payments.runtime.log",
        "(known and payment_id and known != payment_id)",
        "(known and payment_id and False)",
        "what a request did to a second payment is told of the first one",
        direct="tests/runtime/test_log.py::"
        "test_a_request_s_line_has_the_events_of_one_payment_and_those_of_others_are_lines",
    ),
    Mutant(
        "public_value_of_any_form",
        "payments.gateways.kit.public",
        "    given.check(PART)\n",
        "",
        "a secret that was pasted into the public parameter is told in part, and nobody hears of it",
        direct="tests/edge/test_gateways.py::test_a_parameter_that_does_not_fit_is_named_in_the_log",
    ),
)
