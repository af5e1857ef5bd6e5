"""GET /v1/health"""

from payments import wiring
from payments.runtime.health import Health

handler = Health(wiring)
