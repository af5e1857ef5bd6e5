"""The request as a handler gets it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from payments.api.auth import Caller
from payments.api.request import Request
from payments.api.response import Answer
from payments.api.routes import RETURN_TOKEN, Capability, Route
from payments.domain.records.event import Cause, Why
from payments.gateways.contract.webhooks import WebhookRequest
from payments.record import record
from payments.runtime.settings import Settings
from payments.store.contract.claims import StoredAnswer
from payments.store.contract.errors import NotFound
from payments.store.contract.workspaces import Workspace
from payments.usecases.context import Context
from payments.usecases.ports import Ports

if TYPE_CHECKING:
    from payments.usecases.idempotency import Key

_TOKEN = re.compile(r"[cr]t_[0-9a-f]{64}\.[A-Za-z0-9_-]{1,64}")


class View(Protocol):
    def to_json(self) -> str: ...


Result: TypeAlias = View | StoredAnswer | Answer | dict[str, Any]


@record
class Call:
    """One request whose form and caller have been checked."""

    request: Request
    route: Route
    ports: Ports
    settings: Settings
    caller: Caller | None
    idempotency_key: Key | None

    @property
    def workspace_id(self) -> str:
        return self._member.workspace_id

    @property
    def workspace(self) -> Workspace:
        """Return the caller's workspace, up to a minute old.

        Raises:
            NotFound: the workspace has members but no record.
        """
        if self._member.workspace is None:
            raise NotFound(self.workspace_id)
        return self._member.workspace

    @property
    def is_staff(self) -> bool:
        """Whether the caller may read timelines, and so the gateways' codes and messages."""
        return self._member.is_staff

    @property
    def key(self) -> Key:
        if self.idempotency_key is None:
            raise LookupError(f"{self.route.name} is not declared idempotent")
        return self.idempotency_key

    @property
    def token(self) -> str:
        """Return the token of the request; "" if it is missing, sent twice or malformed."""
        tokens = [self.request.bearer()]
        if self.route.capability is Capability.QUERY:
            tokens = [value for name, value in self.request.query_pairs() if name == RETURN_TOKEN]
        return tokens[0] if len(tokens) == 1 and _TOKEN.fullmatch(tokens[0]) else ""

    @property
    def webhook(self) -> WebhookRequest:
        return WebhookRequest(self.request.body(self.route.raw_body_max), self.request.headers)

    def context(self, cause: Cause) -> Context:
        """Return the context for the caller's changes. `cause` appears in the timeline."""
        return self.ports.context(self.workspace_id, Why(f"user:{self._member.subject}", cause))

    @property
    def _member(self) -> Caller:
        if self.caller is None:
            raise LookupError(f"{self.route.name} is declared without roles")
        return self.caller
