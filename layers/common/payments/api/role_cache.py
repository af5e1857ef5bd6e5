"""The cache of members' roles and of their workspaces."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from payments.domain.values.clock import Clock
from payments.runtime.timed_cache import TimedCache
from payments.store.contract.workspaces import Member

_CACHED_FOR = timedelta(seconds=60)


class RoleCache:
    """Caches members and their workspaces for a minute. Others are not cached, so a new member can call at once."""

    def __init__(self, get_member: Callable[[str, str], Member | None], clock: Clock) -> None:
        self._cache = TimedCache[tuple[str, str], Member | None](lambda key: get_member(*key), _CACHED_FOR, clock)

    def find(self, workspace_id: str, subject: str) -> Member | None:
        return self._cache((workspace_id, subject))
