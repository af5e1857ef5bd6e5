"""The pay page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulators.kit.http import View

if TYPE_CHECKING:
    from simulators.phonepe.app import PhonePeApp


def routes(app: PhonePeApp) -> list[tuple[str, str, View]]:
    return []
