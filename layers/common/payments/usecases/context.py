"""What a use case is handed: the ports, the records of one workspace, and who acts and why."""

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
    """`why` goes into each event that is written."""

    store: WorkspaceStore
    why: Why
    ports: Ports

    def now(self) -> datetime:
        return self.ports.clock.now()
