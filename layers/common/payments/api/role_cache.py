"""The cache of members' roles and of their workspaces."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from payments.domain.values.clock import Clock
from payments.store.contract.workspaces import Member

_CACHED_FOR = timedelta(seconds=60)

_CACHED_MAX = 1000


class RoleCache:
    """Caches members and their workspaces for a minute. Others are not cached, so a new member can call at once."""

    def __init__(self, get_member: Callable[[str, str], Member | None], clock: Clock) -> None:
        self._get_member, self._clock = get_member, clock
        self._known: dict[tuple[str, str], tuple[datetime, Member]] = {}

    def find(self, workspace_id: str, subject: str) -> Member | None:
        now, key = self._clock.now(), (workspace_id, subject)
        read_at, member = self._known.get(key, (None, None))
        if read_at is not None and now - read_at < _CACHED_FOR:
            return member
        return self._read(key, now)

    def _read(self, key: tuple[str, str], now: datetime) -> Member | None:
        member = self._get_member(*key)
        self._known.pop(key, None)
        if member is not None:
            if len(self._known) >= _CACHED_MAX:
                self._known.clear()
            self._known[key] = (now, member)
        return member
