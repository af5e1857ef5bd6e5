"""Bugs of deployments with several accounts at one gateway."""

from __future__ import annotations

from simulation.mutants.mutant import Mutant

ACCOUNTS = (
    Mutant(
        "account_of_the_workspace_ignored",
        "payments.usecases.routing",
        "chosen = own if is_merchant_of_its_own else first | own",
        "chosen = first",
        "a workspace with an account of its own pays at the deployment's first one",
        direct="tests/edge/test_accounts.py::test_each_workspace_pays_and_is_told_at_its_own_account",
    ),
    Mutant(
        "account_of_an_attempt_forgotten",
        "payments.usecases.failover",
        "        account_name=account.name,\n",
        "",
        "an attempt of another account is opened and asked about at the main one",
        direct="tests/edge/test_accounts.py::test_an_attempt_names_its_account",
    ),
    Mutant(
        "system_refund_at_the_main_account",
        "payments.domain.refunding",
        "        account_name=attempt.account_name,\n    )\n    opened = reserved(",
        "    )\n    opened = reserved(",
        "late money of another account is to be refunded by the main one, which knows no such order",
        direct="tests/edge/test_accounts.py::test_late_money_goes_back_at_its_own_account",
    ),
    Mutant(
        "token_shared_by_accounts",
        "payments.gateways.phonepe",
        'key = "#".join((NAME, parts.account, place.mode))',
        'key = "#".join((NAME, "main", place.mode))',
        "two accounts share one access token, so that one of them pays at the other's merchant",
        expects="INV-87 INV-25",
    ),
    Mutant(
        "webhook_keeps_no_account",
        "payments.usecases.webhook",
        "        account_name=account.name,\n",
        "",
        "news of a dispute at another account is looked up at the main one",
        direct="tests/edge/test_accounts.py::test_a_dispute_is_found_and_accepted_at_its_own_account",
    ),
    Mutant(
        "refund_at_the_main_account",
        "payments.usecases.refund",
        "        account_name=attempt.account_name,\n",
        "",
        "a refund of another account's money is asked of the main one, which knows no such order",
        direct="tests/edge/test_accounts.py::test_a_refund_goes_home_wherever_the_workspace_pays_by_now",
    ),
    Mutant(
        "further_payment_at_the_main_account",
        "payments.domain.transitions",
        "        account_name=attempt.account_name,\n",
        "",
        "what was paid a second time at another account is refunded at the main one",
        direct="tests/domain/test_timeline.py::test_what_is_paid_again_is_at_the_same_account",
    ),
    Mutant(
        "dispute_at_the_main_account",
        "payments.domain.disputing",
        "        account_name=attempt.account_name,\n",
        "",
        "a dispute at another account is asked about and accepted at the main one",
        direct="tests/edge/test_accounts.py::test_a_dispute_is_found_and_accepted_at_its_own_account",
    ),
    Mutant(
        "former_account_not_told",
        "payments.usecases.parts",
        "(*self.accounts, *self.former_accounts, *mains)",
        "(*self.accounts, *mains)",
        "an account that gets no new payments loses its webhooks and the list of its disputes",
        direct="tests/edge/test_accounts.py::test_a_former_account_is_told_of_and_its_disputes_are_listed",
    ),
    Mutant(
        "deliveries_of_accounts_mixed",
        "payments.store.keys",
        'return key(f"W#{account}#{delivery_id}", "DELIVERY")',
        'return key(f"W#{account.gateway}:main#{delivery_id}", "DELIVERY")',
        "news that one account was told first is dropped as a copy when the other account is told",
        direct="tests/edge/test_accounts.py::test_equal_news_at_two_accounts_are_two_deliveries",
    ),
    Mutant(
        "refused_void_told_to_nobody",
        "payments.usecases.capture",
        "    if refusal and payment.live.status is Status.AUTHORIZED:",
        "    if refusal and payment.live.status is Status.CANCELLED:",
        "a cancellation that the gateway refuses is answered as if it were on its way",
        direct="tests/usecases/test_cancel_refused.py::test_the_caller_hears_why_and_until_when_it_is_asked_again",
    ),
    Mutant(
        "refused_void_repeated_for_ever",
        "payments.domain.advancing",
        "if news.cancel_refusal and _may_stay(attempt) and _has_arrived(attempt.cancel_asked_at, at):",
        "if False and _has_arrived(attempt.cancel_asked_at, at):",
        "a void that the gateway refuses is asked for again until the authorization lapses, and nobody can capture it",
        direct="tests/domain/test_attempt_rules.py::"
        "test_a_void_is_refused_by_the_gateways_word_after_no_call_can_arrive",
    ),
    Mutant(
        "decided_void_ends_by_a_refusal",
        "payments.domain.advancing",
        "return attempt.terms.is_manual and not attempt.is_void_decided",
        "return attempt.terms.is_manual",
        "money that a decision has disposed of may be captured after the gateway refused to void it",
        direct="tests/domain/test_attempt_rules.py::"
        "test_a_void_is_refused_by_the_gateways_word_after_no_call_can_arrive",
    ),
    Mutant(
        "cursor_of_any_list",
        "payments.runtime.paging",
        "if its_list != of_list or not is_whole",
        "if not is_whole",
        "a reconciliation goes on where a list of payments stopped, and calls itself complete",
        direct="tests/runtime/test_paging.py::test_a_cursor_is_good_for_its_own_list_and_status",
    ),
    Mutant(
        "missing_account_replaced_by_another_gateway",
        "payments.usecases.routing",
        "    if any(name in parts.gateways for name in own):",
        "    if any(name in usable for name in own):",
        "a workspace whose main account at one gateway is not deployed pays at another gateway's",
        direct="tests/edge/test_accounts.py::"
        "test_a_main_account_that_is_not_deployed_is_not_replaced_by_another_gateways",
    ),
    Mutant(
        "merchant_of_its_own_pays_at_the_deployments",
        "payments.usecases.routing",
        "is_merchant_of_its_own = any(account.name != MAIN for account in own.values())",
        "is_merchant_of_its_own = False",
        "a workspace with an account of its own may be paid at the main merchant's other gateways",
        direct="tests/edge/test_accounts.py::"
        "test_a_workspace_with_an_account_of_its_own_pays_at_no_account_that_it_does_not_list",
    ),
    Mutant(
        "last_account_for_the_first",
        "payments.usecases.routing",
        "first = {account.gateway: account for account in reversed(parts.accounts)}",
        "first = {account.gateway: account for account in parts.accounts}",
        "a workspace without a list pays at the deployment's last account of a gateway",
        direct="tests/edge/test_accounts.py::test_a_workspace_without_a_list_pays_at_the_first_account_of_a_gateway",
    ),
)
