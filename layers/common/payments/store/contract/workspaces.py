"""Workspaces: their settings and members."""

from __future__ import annotations

from typing import Protocol

from payments.record import record


@record
class Workspace:
    id: str
    name: str
    late_success: str  # grant | refund | review
    country: str = "IN"  # Where the merchant is, ISO 3166-1 alpha-2: it decides which gateways may be used.
    gateways: tuple[
        str, ...
    ] = ()  # Each a gateway or an account, in the order of preference; empty for the deployment's.
    two_person_above: int = 50_000  # Major units; a decision about more needs a second person.
    debug_until: str = ""  # Its requests are logged at level DEBUG until then; never checked, since it moves no money.


@record
class Member:
    role: str
    workspace: Workspace | None  # None in `_deployment`, which is no workspace.


class SettingsStore(Protocol):
    """The settings and members of one workspace."""

    def get_workspace(self) -> Workspace:
        """Raises NotFound, and InvalidWorkspace if any setting is not of its form."""

    def get_late_success(self) -> str:
        """grant, refund or review. Raises NotFound, and InvalidWorkspace if this one setting is not of its form."""

    def get_member(self, subject: str) -> Member | None:
        """The member's role with the workspace, in one read; None for a stranger, and for a role without its event.

        Raises:
            InvalidWorkspace: as `get_workspace`.
        """
