"""GET /v1/health, and the answer to requests that fit no other route."""

from payments import wiring
from payments.api.health import Health

handler = Health(wiring)
