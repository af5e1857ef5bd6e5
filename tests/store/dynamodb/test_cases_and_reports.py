"""Open cases are listed by an index without closed ones; reports are listed however large they are."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from payments.domain.records.case import Case, CaseKind
from tests.world import WORKSPACE, World


def case(subject: str, opened_at: datetime) -> Case:
    return Case(CaseKind.UNKNOWN_ORDER, subject, "", opened_at, "not ours")


def test_open_cases_are_listed_oldest_first_and_decided_ones_are_in_no_index(world: World) -> None:
    store, now = world.ports.store, world.clock.now()
    opened = [case(f"A{place}", now - timedelta(minutes=place)) for place in range(6)]
    for each in opened:
        store.put_case(each)
    for each in opened[:3]:
        store.put_case(replace(each, decided_at=now, outcome="not_ours"))
    first = store.list_cases(2)
    assert [each.subject_id for each in first.found] == ["A5", "A4"]
    rest = store.list_cases(2, first.next_cursor)
    assert ([each.subject_id for each in rest.found], rest.next_cursor) == (["A3"], None)
    rows = world.tables()["reconciliation"]
    assert sum("list_pk" in row for row in rows) == 3


def test_a_case_that_is_opened_again_is_listed_again(world: World) -> None:
    store, now = world.ports.store, world.clock.now()
    store.put_case(case("A", now))
    store.put_case(replace(case("A", now), decided_at=now, outcome="not_ours"))
    assert store.list_cases(9).found == ()
    later = now + timedelta(hours=1)
    store.put_case(case("A", later))
    assert [each.opened_at for each in store.list_cases(9).found] == [later]


def test_a_page_of_reports_ends_with_the_answer_of_the_store_and_the_next_one_goes_on(world: World) -> None:
    store = world.ports.store.within(WORKSPACE)
    documents = [f"{place:02}" + "x" * 300_000 for place in range(9)]  # An answer holds a megabyte.
    for place, document in enumerate(documents):
        store.put_report(f"rec_{place:02}", document)
    found, sizes, cursor = list[str](), list[int](), None
    for _ in range(9):
        page = store.list_reports(8, cursor)
        found += page.found
        sizes.append(len(page.found))
        if (cursor := page.next_cursor) is None:
            break
    assert found == documents[::-1]
    assert max(sizes) < 8


def test_a_decided_case_is_not_listed_though_the_index_has_it_still(world: World) -> None:
    store, now = world.ports.store, world.clock.now()
    store.put_case(case("A", now))
    stale: list[dict[str, Any]] = []
    world.client.after.append(("query", lambda answer: stale.extend(answer["Items"])))
    assert [each.subject_id for each in store.list_cases(9).found] == ["A"]
    store.put_case(replace(case("A", now), decided_at=now, outcome="not_ours"))
    world.client.after.append(("query", lambda answer: answer["Items"].extend(stale)))
    assert store.list_cases(9).found == ()
