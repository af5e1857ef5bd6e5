"""What browsers may know of an account."""

from __future__ import annotations

from collections.abc import Mapping

from payments.record import record


@record
class PublicValues:
    """`values` are for the gateway's own script."""

    is_configured: bool  # Whether the operator says that the account's secrets are filled in.
    values: Mapping[str, str]


NOT_SET_UP = PublicValues(is_configured=False, values={})
