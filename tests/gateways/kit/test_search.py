"""One check of a search: what it reads, where the next check continues, and what ends it."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from payments.gateways.contract.errors import GatewayError, Rejected, SearchUnfinished, Unavailable
from payments.gateways.kit.search import PAGES_MAX, Page, search

Answer = Page[str] | GatewayError


@dataclass
class Gateway:
    """Answers page by page; `requested` is each (position, page) that was asked for."""

    answers: list[Answer]
    requested: list[tuple[str, str]] = field(default_factory=list)

    def read(self, start: str, page: str) -> Page[str]:
        self.requested.append((start, page))
        answer = self.answers.pop(0)
        if isinstance(answer, GatewayError):
            raise answer
        return answer


def page(number: int, hit: str | None = None, *, is_last: bool = False) -> Page[str]:
    return Page(hit, "" if is_last else f"page {number + 1}", f"after {number}")


def stopped(gateway: Gateway, start: str = "") -> str:
    with pytest.raises(SearchUnfinished) as unfinished:
        search(start, gateway.read)
    return unfinished.value.position


@pytest.mark.parametrize("start", ["", "after 0"])
def test_a_search_follows_the_pages_to_the_hit(start: str) -> None:
    gateway = Gateway([page(1), page(2), page(3, "it")])
    assert search(start, gateway.read) == "it"
    assert gateway.requested == [(start, ""), (start, "page 2"), (start, "page 3")]


@pytest.mark.parametrize("hit", [None, "it"])
def test_the_last_page_ends_a_search(hit: str | None) -> None:
    gateway = Gateway([page(1), page(2, hit, is_last=True), page(3, "another")])
    assert search("", gateway.read) == hit
    assert len(gateway.requested) == 2


def test_a_hit_on_the_last_page_that_a_check_reads_is_found() -> None:
    gateway = Gateway([*map(page, range(1, PAGES_MAX)), page(PAGES_MAX, "it")])
    assert search("", gateway.read) == "it"


def test_more_pages_than_a_check_reads_are_left_to_the_next_one() -> None:
    gateway = Gateway([page(number) for number in range(1, 9)])
    assert stopped(gateway) == f"after {PAGES_MAX}"
    assert len(gateway.requested) == PAGES_MAX


def test_a_page_without_a_position_leaves_the_one_before() -> None:
    gateway = Gateway([page(1), Page(None, "page 3", ""), Unavailable("no")])
    assert stopped(gateway) == "after 1"


@pytest.mark.parametrize("start", ["", "after 0"])
def test_a_gateway_that_stops_answering_on_the_way_keeps_the_position(start: str) -> None:
    assert stopped(Gateway([page(1), page(2), Unavailable("no")]), start) == "after 2"


@pytest.mark.parametrize("start", ["", "after 0"])
def test_a_gateway_that_does_not_answer_at_all_has_not_been_searched(start: str) -> None:
    with pytest.raises(Unavailable, match="no answer") as silent:
        search(start, Gateway([Unavailable("no answer")]).read)
    assert not isinstance(silent.value, SearchUnfinished)


@pytest.mark.parametrize("answers", [[Rejected("gone")], [page(1), Rejected("gone")]])
def test_a_position_that_is_refused_begins_anew_and_a_refused_search_is_refused(answers: list[Answer]) -> None:
    assert stopped(Gateway([*answers]), "after 0") == ""
    with pytest.raises(Rejected, match="gone"):
        search("", Gateway([*answers]).read)
