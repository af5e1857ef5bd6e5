"""The classes of a simulator, found by its gateway's name."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

from gateway_simulators.kit.gateway import GatewayModel


class Parts(NamedTuple):
    settings: Any  # Settings class.
    model: Any  # Model class: made from a clock, a random source and settings.
    app: Any  # Factory of the app: made from a model and an outbox.


@cache
def parts_of(name: str) -> Parts:
    settings, model, app = (
        import_module(f"gateway_simulators.{name}.{module}") for module in ("settings", "model", "app")
    )
    kinds = [kind for kind in vars(model).values() if isinstance(kind, type) and issubclass(kind, GatewayModel)]
    (kind,) = (kind for kind in kinds if kind is not GatewayModel)
    return Parts(settings.Settings, kind, app.create_app)
