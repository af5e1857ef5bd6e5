"""The caller's workspace and role. API Gateway has verified the token; this module checks membership."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payments.api.errors import Refusal
from payments.api.role_cache import RoleCache
from payments.api.routes import OPERATOR, TIMELINE_READERS
from payments.domain.records.case import DEPLOYMENT
from payments.domain.records.workspace import ID, ID_FORM, is_subject
from payments.record import record
from payments.store.contract.workspaces import Workspace

_TENANT_FORM = f"Send one X-Tenant-ID header of {ID_FORM}: the id of your workspace."


@record
class Caller:
    workspace_id: str
    subject: str
    role: str
    workspace: Workspace | None  # Up to a minute old; None in `_deployment`.

    @property
    def is_staff(self) -> bool:
        """Whether the caller may read timelines, and so the gateways' codes and messages."""
        return self.role in TIMELINE_READERS


def caller_of(
    claims: Mapping[str, Any], headers: Mapping[str, str], role_cache: RoleCache, roles: frozenset[str]
) -> Caller:
    """Return the member who calls, with the workspace of X-Tenant-ID.

    Raises:
        Refusal: no subject, a malformed workspace id, no membership, or a role that this route does not allow.
    """
    subject = claims.get("sub")
    if not is_subject(subject):
        raise Refusal("unauthorized")
    workspace_id = headers.get("x-tenant-id", "")
    if not ID.fullmatch(workspace_id):
        raise Refusal("invalid_request", _TENANT_FORM)
    member = role_cache.find(workspace_id, subject)
    if member is None:
        raise Refusal("tenant_forbidden")
    if member.role not in _allowed_roles(roles, workspace_id):
        raise Refusal("forbidden_role", _role_message(roles, workspace_id))
    return Caller(workspace_id, subject, member.role, member.workspace)


def _allowed_roles(roles: frozenset[str], workspace_id: str) -> frozenset[str]:
    """Return the route's roles for this workspace: in `_deployment` only the operator, elsewhere the others."""
    return roles & {OPERATOR} if workspace_id == DEPLOYMENT else roles - {OPERATOR}


def _role_message(roles: frozenset[str], workspace_id: str) -> str:
    allowed = sorted(_allowed_roles(roles, workspace_id))
    if not allowed:
        return f"This is not done in {DEPLOYMENT}: send another X-Tenant-ID."
    return f"This needs the role {' or '.join(allowed)} in the workspace."
