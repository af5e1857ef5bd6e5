"""All paths of the API, and the error answer for a request that matches none."""

from __future__ import annotations

from collections.abc import Iterator

from payments.api.errors import Problem
from payments.api.routes import is_of

PATHS = (
    "GET /v1/approvals",
    "POST /v1/approvals/{approval_id}/approve",
    "POST /v1/approvals/{approval_id}/refuse",
    "GET /v1/cases",
    "POST /v1/cases/{case_id}/decision",
    "GET /v1/checkouts/{payment_id}",
    "GET /v1/checkouts/{payment_id}/return",
    "GET /v1/disputes",
    "GET /v1/disputes/{dispute_id}",
    "POST /v1/disputes/{dispute_id}/accept",
    "POST /v1/disputes/{dispute_id}/refresh",
    "GET /v1/gateways",
    "GET /v1/health",
    "GET /v1/payments",
    "POST /v1/payments",
    "GET /v1/payments/{payment_id}",
    "POST /v1/payments/{payment_id}/cancel",
    "POST /v1/payments/{payment_id}/capture",
    "GET /v1/payments/{payment_id}/disputes",
    "GET /v1/payments/{payment_id}/events",
    "POST /v1/payments/{payment_id}/refresh",
    "GET /v1/payments/{payment_id}/refunds",
    "POST /v1/payments/{payment_id}/refunds",
    "POST /v1/payments/{payment_id}/retry",
    "POST /v1/payments/{payment_id}/verify",
    "GET /v1/reconciliations",
    "POST /v1/reconciliations",
    "GET /v1/reconciliations/{reconciliation_id}",
    "GET /v1/refunds/{refund_id}",
    "POST /v1/webhooks/{gateway}",
    "POST /v1/webhooks/{gateway}/{account}",
)
_VERSION = "/v1"


def problem_of_path(method: str, path: str) -> Problem:
    """Return the error for a request without a route: a wrong method, an extra slash, a missing /v1, or no such path.

    It names path templates and never the path that was sent, which may contain a token.
    """
    for wanted in _near(path):
        found = dict(_fitting(wanted))
        if not found:
            continue
        methods = sorted(found)
        if wanted == path:
            return Problem("method_not_allowed", f"Send {' or '.join(methods)} to this path.", {"allow": methods})
        right = found.get(method) or found[methods[0]]
        return Problem("not_found", f"There is no such path here. Send this to {right}.", {"path": right})
    return Problem("not_found", "There is no such path here: every path begins with /v1/ and is in the documentation.")


def _near(path: str) -> Iterator[str]:
    bare = path.rstrip("/")
    yield from (path, bare, f"{_VERSION}{bare}")


def _fitting(path: str) -> Iterator[tuple[str, str]]:
    """Yield method and template of each route that this path matches."""
    for route in PATHS:
        method, _, template = route.partition(" ")
        if is_of(template, path):
            yield method, template
