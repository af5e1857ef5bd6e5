"""Bugs in reading: one page taken for the whole, a decision on a stale copy, one bad row that stops the rest."""

from __future__ import annotations

from dev.histories.mutants.mutant import Mutant

READING = (
    Mutant(
        "refund_decided_as_it_was_listed",
        "payments.usecases.reconciliation.compare",
        "partial(self._refund, found, payment.id, refund.id))\n\n"
        "    def _refund(self, found: Comparison, payment_id: str, refund_id: str) -> None:\n"
        '        """Compare one refund. It is read again, because a webhook may have changed it since the list."""\n\n'
        "        def decide(read: tuple[Payment, Refund]) -> Change | None:\n"
        "            change = fetch_and_decide_refund(*read, ",
        "partial(self._refund, found, payment.id, refund.id, refund))\n\n"
        "    def _refund(self, found: Comparison, payment_id: str, refund_id: str, listed: Refund) -> None:\n"
        "        def decide(read: tuple[Payment, Refund]) -> Change | None:\n"
        "            change = fetch_and_decide_refund(read[0], listed, ",
        "a reconciliation decides on a refund as it was before a webhook booked it",
        direct="tests/usecases/test_commit.py::test_a_refund_that_is_booked_once_the_refunds_are_listed_is_no_issue",
    ),
    Mutant(
        "books_that_contradict_are_written",
        "payments.store.dynamodb.transactions",
        "    _require_sound(change.payment)\n",
        "",
        "counters computed from two reads of different ages are written",
        direct="tests/usecases/test_commit.py::test_counters_that_contradict_one_another_are_not_written",
    ),
    Mutant(
        "torn_read_is_final",
        "payments.usecases.commit",
        "        except (Conflict, BrokenBooks) as raced:",
        "        except Conflict as raced:",
        "two contradicting reads of different ages raise an error instead of being repeated",
        direct="tests/usecases/test_commit.py::"
        "test_a_refund_that_is_booked_between_two_tables_of_a_batch_is_booked_once",
    ),
    Mutant(
        "answer_of_an_earlier_state",
        "payments.usecases.reconciliation.compare",
        "            if read.version not in answered:  # An answer belongs to the state that was read before it.\n"
        "                answered[read.version] = gateway.fetch_payment(current)\n",
        "            answered.setdefault(read.version, first)\n",
        "a reconciliation that was overtaken decides by its older answer",
        direct="tests/usecases/payment/test_import_refunds.py::"
        "test_a_reconciliation_that_another_writer_overtakes_checks_again_and_books_the_refund",
    ),
    Mutant(
        "case_decided_unseen",
        "payments.usecases.case.decide",
        "        if current != case:",
        "        if False:",
        "a decision reaches a case that has changed since the person read it",
        direct="tests/usecases/case/test_decide.py::"
        "test_an_amount_that_another_person_uncovers_meanwhile_is_not_accepted_unseen",
    ),
    Mutant(
        "resent_over_another_writer",
        "payments.usecases.payment.checkout",
        "        is_same = read.version == payment.version\n        return transitions.resent(",
        "        is_same = True\n        return transitions.resent(",
        "a request that resumes sends again though another writer has changed the payment since the check",
        direct="tests/usecases/payment/test_create.py::test_who_resumes_sends_nothing_once_another_writer_was_first",
    ),
    Mutant(
        "decided_case_listed",
        "payments.store.dynamodb.tables.cases",
        "    return Page(tuple(case for case in read if case.decided_at is None), following)",
        "    return Page(tuple(read), following)",
        "a case is listed as open because a stale index row says so",
        direct="tests/store/dynamodb/test_cases_and_reports.py::test_a_decided_case_is_not_listed_though_the_index_has_it_still",
    ),
    Mutant(
        "checkpoint_passed_over_another_writer",
        "payments.store.dynamodb.tables.payments",
        '        self._update_payment(payment.id, expression, values, "version = :read")',
        '        self._update_payment(payment.id, expression, values, "version = :read OR attribute_exists(pk)")',
        "a report passes the checkpoint that another writer has just given the payment",
        direct="tests/store/dynamodb/test_conditions.py::test_a_checkpoint_that_another_writer_gave_is_not_passed",
    ),
    Mutant(
        "reconciled_first_page",
        "payments.usecases.reconciliation.run",
        "        if place is None:\n            return\n",
        "        return\n",
        "of a window only the first page is compared, as if that were all there is",
        direct="tests/usecases/reconciliation/test_reports.py::"
        "test_a_window_whose_second_page_cannot_be_read_is_not_complete_and_goes_on_there",
    ),
    Mutant(
        "window_resumes_at_its_start",
        "payments.usecases.reconciliation.run",
        "        return store.cursor_after(self._last) if self._last else window.place",
        "        return window.place",
        "a window that took too long begins anew with each run",
        direct="tests/usecases/reconciliation/test_reports.py::"
        "test_a_window_whose_second_page_cannot_be_read_is_not_complete_and_goes_on_there",
    ),
    Mutant(
        "swept_first_page",
        "payments.usecases.sweep.lanes",
        "                yield list(rows)\n                if cursor is None:\n                    break\n",
        "                yield list(rows)\n                break\n",
        "of a lane's due rows only the first page is swept",
        direct="tests/usecases/payment/test_guarantee.py::test_an_index_that_lags_does_not_end_the_sweep_early",
    ),
    Mutant(
        "disputes_of_the_first_page",
        "payments.usecases.dispute.import_list",
        "            if not page.next_cursor or page.next_cursor == place.cursor:\n                break\n",
        "            break\n",
        "of a gateway's disputes only the first page is listed",
        direct="tests/usecases/dispute/test_sync.py::test_a_page_without_disputes_is_not_the_end_of_a_list_that_goes_on",
    ),
    Mutant(
        "list_resumes_behind_what_it_left",
        "payments.usecases.dispute.import_list",
        '                    return _left_off(account, place, counts["listed"] - before, ports)\n',
        "                    behind = replace(place, cursor=page.next_cursor)\n"
        '                    return _left_off(account, behind, counts["listed"] - before, ports)\n',
        "a list that ran out of time goes on behind the page that it had not finished",
        direct="tests/usecases/dispute/test_sync.py::test_a_list_that_ran_out_of_time_within_a_page_reads_it_again",
    ),
    Mutant(
        "partition_of_one_page",
        "payments.store.dynamodb.client",
        '            if "LastEvaluatedKey" not in page:\n                return\n',
        "            return\n",
        "of a partition only the first answer of the store is read",
        direct="tests/store/dynamodb/test_client.py::test_a_partition_of_more_than_one_answer_is_read_whole",
    ),
    Mutant(
        "list_ends_with_the_month",
        "payments.store.dynamodb.tables.payments",
        "            elif newest[:7] > oldest[:7]:",
        "            elif False:",
        "a list of payments ends where its month begins",
        direct="tests/store/dynamodb/test_dynamodb.py::test_lists_are_paged_newest_first_over_months",
    ),
    Mutant(
        "cursor_passes_over_a_row",
        "payments.store.dynamodb.lists",
        '        rows = [row for row in page["Items"] if self.place(row) != behind]\n',
        '        rows = page["Items"][1:]\n',
        "each page passes over its first payment, as if the page before had shown it",
        direct="tests/store/dynamodb/test_dynamodb.py::test_lists_are_paged_newest_first_over_months",
    ),
    Mutant(
        "list_ends_with_its_first_page",
        "payments.store.dynamodb.lists",
        '        return rows[:limit], len(rows) > limit or "LastEvaluatedKey" in page',
        "        return rows[:limit], False",
        "cases, approvals, reports and disputes behind the first page are never shown",
        expects="INV-86",
    ),
    Mutant(
        "page_of_reports_ends_the_list",
        "payments.store.dynamodb.lists",
        ' or "LastEvaluatedKey" in page',
        "",
        "a list of reports ends with the first megabyte",
        direct="tests/store/dynamodb/test_cases_and_reports.py::"
        "test_a_page_of_reports_ends_with_the_answer_of_the_store_and_the_next_one_goes_on",
    ),
    Mutant(
        "payment_listed_with_an_earlier_status",
        "payments.store.dynamodb.tables.payments",
        "            found += [payment for payment in payments if status in (None, payment.status)]",
        "            found += [payment for payment in payments]",
        "a payment is listed under a former status, because a stale index row says so",
        direct="tests/store/dynamodb/test_lists.py::test_a_payment_whose_status_the_index_does_not_know_yet_is_left_out",
    ),
    Mutant(
        "dispute_listed_with_an_earlier_status",
        "payments.store.dynamodb.tables.disputes",
        "        found = tuple(dispute for dispute in read if dispute.status in statuses)",
        "        found = tuple(read)",
        "a dispute is listed under a former status, because a stale index row says so",
        direct="tests/store/dynamodb/test_disputes.py::"
        "test_a_dispute_that_moves_between_two_pages_or_while_one_is_read_is_listed_once",
    ),
    Mutant(
        "reports_begin_with_the_same_workspace",
        "payments.usecases.reconciliation.reports",
        "    return sorted(ids, key=lambda workspace_id: (workspace_id <= position, workspace_id))",
        "    return sorted(ids, key=lambda workspace_id: (not position, workspace_id))",
        "each run of the reports begins with the same workspace, and never reaches the last ones",
        direct="tests/usecases/reconciliation/test_reports.py::test_a_run_begins_behind_the_workspace_where_the_one_before_it_stopped",
    ),
    Mutant(
        "one_workspace_takes_the_run",
        "payments.usecases.reconciliation.reports",
        "            waiting.append(report)",
        "            waiting.appendleft(report)",
        "a workspace with much to compare takes the time of all others",
        direct="tests/usecases/reconciliation/test_reports.py::test_no_workspace_waits_for_another_that_has_much_to_compare",
    ),
    Mutant(
        "failing_row_not_moved_on",
        "payments.usecases.sweep.rows",
        "        write_or_log(due, lambda: ports.store.back_off(due, _BACK_OFF, ports.clock.now()), ports)\n",
        "",
        "a row that fails stays where it is, before all others",
        direct="tests/usecases/sweep/test_sweep_and_reports.py::test_an_outage_defers_every_row_and_loses_none",
    ),
    Mutant(
        "one_row_stops_the_sweep",
        "payments.usecases.sweep.rows",
        "    except Exception as failure:  # noqa: BLE001  Whatever one row",
        "    except (GatewayError, StoreError) as failure:  # Whatever one row",
        "a row that cannot be read ends the sweep",
        direct="tests/usecases/payment/test_guarantee.py::test_a_row_that_cannot_be_read_does_not_stop_the_sweep",
    ),
    Mutant(
        "current_attempt_hides_the_older",
        "payments.usecases.payment.due",
        "            failure = failure or error\n",
        "            raise\n",
        "an attempt whose check fails keeps the others of its payment from being checked",
        direct="tests/usecases/payment/test_guarantee.py::test_an_attempt_that_errs_does_not_hide_an_older_one",
    ),
    Mutant(
        "one_attempt_stops_the_report",
        "payments.usecases.reconciliation.compare",
        "        except Exception as failure:  # noqa: BLE001  Whatever one payment holds, the others are compared.",
        "        except StoreError as failure:",
        "a payment whose gateway does not answer ends the report of all",
        direct="tests/usecases/reconciliation/test_reports.py::"
        "test_what_the_gateway_does_not_answer_is_an_issue_and_is_tried_again_an_hour_later",
    ),
    Mutant(
        "one_payment_stops_the_report",
        "payments.usecases.reconciliation.reports",
        "        except Exception as failure:  # noqa: BLE001  Whatever one payment holds, the report goes on.",
        "        except NotFound as failure:",
        "a payment that cannot be read ends the report of all",
        direct="tests/usecases/reconciliation/test_reports.py::test_a_payment_that_cannot_be_read_does_not_stop_the_others",
    ),
    Mutant(
        "one_workspace_stops_the_reports",
        "payments.usecases.reconciliation.reports",
        "        except StoreError as failure:  # The next run goes on with it.",
        "        except NotFound as failure:",
        "a workspace whose report cannot be stored ends those of all others",
        direct="tests/usecases/reconciliation/test_reports.py::"
        "test_a_workspace_whose_report_cannot_be_stored_leaves_the_others_theirs",
    ),
    Mutant(
        "one_dispute_stops_the_list",
        "payments.usecases.dispute.import_list",
        "    except (GatewayError, StoreError) as failure:\n",
        "    except StoreError as failure:\n",
        "a dispute without an answer from its gateway ends the list of all",
        direct="tests/usecases/dispute/test_sync.py::test_a_dispute_that_cannot_be_synced_leaves_the_others_of_its_list",
    ),
    Mutant(
        "silent_payment_stays_first",
        "payments.usecases.reconciliation.reports",
        "            self._store.defer_checkpoint(checkpoint, self._ports.clock.now() + again)\n",
        "",
        "a payment whose gateway does not answer stays due, before all others",
        direct="tests/usecases/reconciliation/test_reports.py::"
        "test_a_payment_unknown_to_the_gateway_is_an_issue_and_is_checked_each_day",
    ),
)
