"""HTTP requests to an issuer and to a deployment; every failure is a Refusal."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import httpx

from dev.tools.deploy_check.findings import Refusal

_SAFE = re.compile(r"https://.+|http://127\.0\.0\.1[:/].+")
_TIMEOUT_S = 30  # API Gateway's limit for a function, a cold start included.


def request(method: str, url: str, **more: Any) -> httpx.Response:
    """Send a request without following redirects. Raises Refusal."""
    if not _SAFE.fullmatch(url):
        raise Refusal(f"{url} is not https", "only http://127.0.0.1 may do without it")
    try:
        with httpx.Client(timeout=_TIMEOUT_S, trust_env=url.startswith("https://")) as client:
            return client.request(method, url, **more)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        reason = str(error) or type(error).__name__
        raise Refusal(
            f"{url} gives no answer ({reason})", "check the address, its certificate and the network"
        ) from error


def get_object(url: str, cure: str) -> Mapping[str, Any]:
    """The JSON object at this URL. Raises Refusal."""
    response = request("GET", url, headers={"accept": "application/json"})
    if response.status_code != 200:
        raise Refusal(f"{url} answers {response.status_code}, not 200", cure)
    found = read_object(response)
    if found is None:
        raise Refusal(f"{url} answers no JSON object", cure)
    return found


def read_object(response: httpx.Response) -> Mapping[str, Any] | None:
    """The body if it is a JSON object, else an empty one."""
    try:
        body = response.json()
    except ValueError:
        return None
    return body if isinstance(body, dict) else None
