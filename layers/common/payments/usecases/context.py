"""The context of a use case: the ports, one workspace's store, and who acts and why."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from payments.record import record

if TYPE_CHECKING:
    from payments.domain.records.event import Why
    from payments.store.contract.stores import WorkspaceStore
    from payments.usecases.ports import Ports


@record
class Context:
    """What a use case needs to write in one workspace. Each event that it writes has `why`."""

    store: WorkspaceStore
    why: Why
    ports: Ports

    def now(self) -> datetime:
        return self.ports.clock.now()
