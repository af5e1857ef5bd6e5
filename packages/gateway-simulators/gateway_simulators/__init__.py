"""Local simulators of the payment gateways, for tests. No deployment contains them."""

from importlib import import_module
from pathlib import Path

_PORTS = {
    folder.parent.name: import_module(f"gateway_simulators.{folder.parent.name}").PORT
    for folder in Path(__file__).parent.glob("*/settings.py")
}
# In the order of their ports.
GATEWAYS = tuple(sorted(_PORTS, key=_PORTS.__getitem__))
