"""The deployment that is simulated."""

from payments.runtime.settings import Settings

WORKSPACE, OTHER_WORKSPACE = "ws_demo", "ws_other"
BASE_URL = "http://127.0.0.1:8000"
WEBHOOK_URL = f"{BASE_URL}/v1/webhooks/phonepe"
PREFIX = "pavati-dev-"
START_MS = 1_795_170_600_000.0

SETTINGS = Settings(
    stage="dev",
    table_prefix=PREFIX,
    gateway_mode="simulator",
    simulator_url="http://127.0.0.1:8101",
    phonepe_client_id="PAVATISIM",
    phonepe_client_version="1",
    phonepe_webhook_auth="sha256",
    phonepe_webhook_signature_header="",
    phonepe_merchant_id="MSIM0001",
    phonepe_secret_id="pavati/dev/phonepe",
    return_url_allowlist=("https://shop.example",),
    public_base_url=BASE_URL,
    poll_state_machine_arn="",
    clock="",
)
SECRET = {
    "client_secret": "sim-client-secret",
    "webhook_logins": ["sim_user:simPass123"],
    "webhook_secrets": ["sim-hmac-secret"],
}
