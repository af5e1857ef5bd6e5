"""Workspaces: their settings and members."""

from __future__ import annotations

from typing import Protocol

from payments.record import record


@record
class Workspace:
    id: str
    name: str
    late_success: str  # grant | refund | review
    country: str = "IN"  # The merchant's country, ISO 3166-1 alpha-2, which limits the gateways.
    gateways: tuple[str, ...] = ()  # Gateways or accounts, in order of preference; empty for the deployment's order.
    two_person_above: int = 50_000  # Major units. A decision about more needs a second person.
    debug_until: str = ""  # Requests are logged at level DEBUG until then. Not validated: no money depends on it.


@record
class Member:
    role: str
    workspace: Workspace | None  # None in `_deployment`, which is no workspace.


class SettingsStore(Protocol):
    """The settings and members of one workspace."""

    def get_workspace(self) -> Workspace:
        """The workspace with all settings. Raises NotFound, and InvalidWorkspace if any setting is invalid."""

    def get_late_success(self) -> str:
        """grant, refund or review. Raises NotFound, and InvalidWorkspace if this one setting is invalid."""

    def get_member(self, subject: str) -> Member | None:
        """The member's role, with the workspace. None if there is no such member, or no event that gave the role.

        Raises:
            InvalidWorkspace: as `get_workspace`.
        """
