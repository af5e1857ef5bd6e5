from __future__ import annotations

from typing import Any

import pytest

from payments.api.auth import Caller, caller_of
from payments.api.errors import Refusal
from payments.api.role_cache import RoleCache
from payments.api.routes import ANY_MEMBER, CASE_DECIDERS, MONEY_MOVERS, OPERATOR, ROLES
from payments.domain.records.case import DEPLOYMENT
from payments.store.contract.workspaces import Member, Workspace
from tests.world import HandClock


class Book:
    """Roles by workspace and subject, and how often one was read."""

    def __init__(self) -> None:
        self.roles = {("ws_demo", role): role for role in ROLES} | {("ws_other", "other_owner"): "owner"}
        self.reads = 0

    def get_member(self, workspace_id: str, subject: str) -> Member | None:
        self.reads += 1
        role = self.roles.get((workspace_id, subject))
        return Member(role, None if workspace_id == DEPLOYMENT else shop(workspace_id)) if role else None


def shop(workspace_id: str) -> Workspace:
    return Workspace(workspace_id, "Shop", "grant")


@pytest.fixture
def book() -> Book:
    return Book()


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def cache(book: Book, clock: HandClock) -> RoleCache:
    return RoleCache(book.get_member, clock)


def refused(cache: RoleCache, claims: dict[str, Any], headers: dict[str, str], roles: Any = ANY_MEMBER) -> Refusal:
    with pytest.raises(Refusal) as refusal:
        caller_of(claims, headers, cache, roles)
    return refusal.value


@pytest.mark.parametrize("role", ROLES)
def test_a_member_is_known_by_role(cache: RoleCache, role: str) -> None:
    caller = caller_of({"sub": role}, {"x-tenant-id": "ws_demo"}, cache, ANY_MEMBER)
    assert caller == Caller("ws_demo", role, role, shop("ws_demo"))


@pytest.mark.parametrize(
    "claims", [{}, {"sub": ""}, {"sub": None}, {"sub": 7}, {"sub": "a" * 256}, {"sub": "a\nb"}, {"sub": ["owner"]}]
)
def test_a_token_without_a_subject_opens_nothing(cache: RoleCache, claims: dict[str, Any]) -> None:
    assert refused(cache, claims, {"x-tenant-id": "ws_demo"}).api_code == "unauthorized"


@pytest.mark.parametrize(
    "tenant",
    [None, "", " ", "ws_demo,ws_demo", "ws_demo, ws_other", "ws demo", "ws#demo", "../ws", "é", "a" * 65, "ws_demo\n"],
)
def test_a_missing_repeated_or_malformed_workspace_is_answered_with_its_form(
    cache: RoleCache, book: Book, tenant: str | None
) -> None:
    error = refused(cache, {"sub": "owner"}, {} if tenant is None else {"x-tenant-id": tenant})
    assert error.api_code == "invalid_request"
    assert "one X-Tenant-ID header of 1 to 64" in error.message
    assert book.reads == 0


@pytest.mark.parametrize("tenant", ["ws_other", "WS_DEMO", "ws_nowhere", "Ws_demo"])
def test_a_workspace_of_others_and_one_that_is_not_there_sound_alike(cache: RoleCache, tenant: str) -> None:
    error = refused(cache, {"sub": "owner"}, {"x-tenant-id": tenant})
    assert (error.api_code, error.message, error.details) == ("tenant_forbidden", "", {})


@pytest.mark.parametrize("role", ["admin", "support", "member"])
def test_a_refused_role_gets_the_list_of_allowed_roles(cache: RoleCache, role: str) -> None:
    error = refused(cache, {"sub": role}, {"x-tenant-id": "ws_demo"}, MONEY_MOVERS)
    assert (error.api_code, error.message) == (
        "forbidden_role",
        "This needs the role finance or owner in the workspace.",
    )


def test_an_operator_decides_cases_in_the_deployment_and_does_nothing_else_there(cache: RoleCache, book: Book) -> None:
    book.roles[("_deployment", "op")] = OPERATOR
    there = {"x-tenant-id": "_deployment"}
    assert caller_of({"sub": "op"}, there, cache, CASE_DECIDERS) == Caller("_deployment", "op", OPERATOR, None)
    for roles in (ANY_MEMBER, MONEY_MOVERS):
        error = refused(cache, {"sub": "op"}, there, roles)
        assert (error.api_code, error.message) == (
            "forbidden_role", "This is not done in _deployment: send another X-Tenant-ID.",
        )  # fmt: skip


@pytest.mark.parametrize("role", ROLES)
def test_no_other_role_may_anything_in_the_deployment(cache: RoleCache, book: Book, role: str) -> None:
    book.roles[("_deployment", role)] = role
    error = refused(cache, {"sub": role}, {"x-tenant-id": "_deployment"}, CASE_DECIDERS)
    assert (error.api_code, error.message) == ("forbidden_role", "This needs the role operator in the workspace.")


def test_an_operator_may_nothing_in_a_workspace(cache: RoleCache, book: Book) -> None:
    book.roles[("ws_demo", "op")] = OPERATOR
    error = refused(cache, {"sub": "op"}, {"x-tenant-id": "ws_demo"}, CASE_DECIDERS)
    assert (error.api_code, error.message) == (
        "forbidden_role",
        "This needs the role finance or owner in the workspace.",
    )


def test_an_unknown_role_may_nothing(cache: RoleCache, book: Book) -> None:
    book.roles[("ws_demo", "odd")] = "superuser"
    assert refused(cache, {"sub": "odd"}, {"x-tenant-id": "ws_demo"}).api_code == "forbidden_role"
