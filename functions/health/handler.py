"""GET /v1/health, and the answer to whatever no other route takes."""

from payments import wiring
from payments.api.health import Health

handler = Health(wiring)
