"""Gateways where a lost create answer needs a search: it ends, however many objects others made meanwhile."""

from __future__ import annotations

from dataclasses import replace

import pytest

from payments.domain.records.payment import Attempt
from payments.domain.records.snapshot import Snapshot
from payments.domain.values.status import Status
from payments.gateways.contract.errors import OutcomeUnknown, SearchUnfinished
from payments.gateways.contract.payments import CanCharge, CanConfirmRef
from payments.gateways.kit.search import PAGE_SIZE, PAGES_MAX
from tests.contract.harness import Harness

OF_ONE_CHECK = PAGES_MAX * PAGE_SIZE
MORE_THAN_ONE_READS = OF_ONE_CHECK + PAGE_SIZE  # Before ours, and after it.
BESIDE_PAGES = 3  # Other calls of one check: the order, the object, and what belongs to it.


def create(searcher: Harness, attempt: Attempt) -> None:
    if attempt.terms.is_direct and isinstance(searcher.gateway, CanCharge):
        searcher.gateway.charge_token(attempt, searcher.order())
    else:
        searcher.gateway.create_checkout(attempt, searcher.order())


def lost(searcher: Harness) -> Attempt:
    attempt = searcher.new_searched()
    searcher.fault("lose_answer", "pay")
    with pytest.raises(OutcomeUnknown):
        create(searcher, attempt)
    return attempt


def searched(searcher: Harness, attempt: Attempt) -> tuple[Snapshot, int]:
    """The result of the search, and the number of checks."""
    for checks in range(1, 10):
        before = sum(searcher.calls().values())
        try:
            return searcher.gateway.fetch_payment(attempt), checks
        except SearchUnfinished as unfinished:
            position = unfinished.position
        assert sum(searcher.calls().values()) - before <= PAGES_MAX + BESIDE_PAGES
        assert position not in ("", attempt.search_position)
        attempt = replace(attempt, search_position=position)
    raise AssertionError("the search does not end")


def test_a_lost_create_is_found_among_more_objects_than_one_check_reads(searcher: Harness) -> None:
    searcher.add_foreign(MORE_THAN_ONE_READS)
    attempt = lost(searcher)
    searcher.pass_time(600)
    searcher.add_foreign(MORE_THAN_ONE_READS)
    found, checks = searched(searcher, attempt)
    assert found.status is not Status.CREATED
    assert found.found_ref
    assert checks > 1
    again = searcher.gateway.fetch_payment(replace(attempt, checkout_ref=found.found_ref))
    assert (again.status, again.amount) == (found.status, found.amount)


def test_what_never_arrived_is_only_created_once_all_was_read(searcher: Harness) -> None:
    searcher.add_foreign(MORE_THAN_ONE_READS)
    attempt = searcher.new_searched()
    searcher.pass_time(600)
    searcher.add_foreign(MORE_THAN_ONE_READS)
    found, checks = searched(searcher, attempt)
    assert found == Snapshot(Status.CREATED)
    assert checks > 2


def test_others_outside_of_its_time_are_not_read(searcher: Harness) -> None:
    searcher.add_foreign(MORE_THAN_ONE_READS)
    searcher.pass_time(1200)
    attempt = lost(searcher)
    searcher.pass_time(1200)
    searcher.add_foreign(MORE_THAN_ONE_READS)
    assert searched(searcher, attempt)[1] == 1


def test_a_webhook_names_what_is_to_be_found_without_a_search(searcher: Harness) -> None:
    attempt = lost(searcher)
    if not attempt.terms.is_direct:
        searcher.pay(attempt)
    events = [searcher.gateway.read_webhook(webhook) for webhook in searcher.all_webhooks()]
    refs = {event.subject_ref for event in events if event.subject_id == attempt.id}
    found, _ = searched(searcher, attempt)
    assert isinstance(searcher.gateway, CanConfirmRef)
    assert refs
    assert {searcher.gateway.confirm_ref(attempt, ref) for ref in refs} == {found.found_ref}
    other = searcher.new_searched()
    assert {searcher.gateway.confirm_ref(other, ref) for ref in refs} == {""}
