from __future__ import annotations

import pytest

from payments.api.role_cache import RoleCache
from payments.store.contract.workspaces import Member
from tests.api.test_auth import Book, shop
from tests.world import HandClock


@pytest.fixture
def book() -> Book:
    return Book()


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def cache(book: Book, clock: HandClock) -> RoleCache:
    return RoleCache(book.get_member, clock)


def test_a_member_is_remembered_for_less_than_a_minute(cache: RoleCache, book: Book, clock: HandClock) -> None:
    known = Member("owner", shop("ws_demo"))
    assert cache.find("ws_demo", "owner") == known
    del book.roles[("ws_demo", "owner")]
    clock.sleep(59.9)
    assert cache.find("ws_demo", "owner") == known
    clock.sleep(0.1)
    assert cache.find("ws_demo", "owner") is None
    assert book.reads == 2


def test_a_new_member_is_accepted_at_once(cache: RoleCache, book: Book) -> None:
    assert cache.find("ws_demo", "new") is None
    book.roles[("ws_demo", "new")] = "member"
    assert cache.find("ws_demo", "new") == Member("member", shop("ws_demo"))
