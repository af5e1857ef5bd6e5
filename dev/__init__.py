"""What never ships: the local stack, the model of DynamoDB, the histories, the bench, the tools."""

import sys
from pathlib import Path

# The packages `payments` and `gateway_simulators`.
sys.path += [str(Path(__file__).parents[1] / folder) for folder in ("layers/common", "packages/gateway-simulators")]
