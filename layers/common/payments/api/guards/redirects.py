"""Checks return URLs: only the origins in the deployment's allow-list, compared exactly."""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import SplitResult, urlsplit, urlunsplit

from payments.api.errors import Refusal
from payments.runtime.settings import Settings

_LENGTH_MAX = 2048
# Browsers read a backslash as a slash and drop tabs and line ends; Python's parser does not.
_PLAIN = re.compile(r"[!-\[\]-~]+")
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*")
_AUTHORITY = re.compile(rf"(?P<host>{_HOST.pattern})(?::(?P<port>[0-9]{{1,5}}))?")
_LOCAL_HOSTS = ("localhost", "127.0.0.1")
_ANY_PORT, _PORT_MAX = ":*", 65535


def check_return_url(url: str, settings: Settings) -> str:
    """Return `url` rebuilt from its checked parts, so that nothing unchecked is used.

    Raises:
        Refusal: the origin is not listed, or the URL is not plain (ASCII, no user name, no fragment).
    """
    parts = _split(url)
    origin = _origin(parts) if parts else None
    if parts is None or origin is None or not _is_listed(origin, settings):
        raise _refusal(settings.return_url_allowlist)
    return urlunsplit((parts.scheme.lower(), _authority(origin), parts.path or "/", parts.query, ""))


def _split(url: str) -> SplitResult | None:
    if len(url) > _LENGTH_MAX or not _PLAIN.fullmatch(url) or "#" in url:
        return None
    try:
        return urlsplit(url)
    except ValueError:
        return None


Origin = tuple[str, str, int]


def _origin(parts: SplitResult) -> Origin | None:
    """Return scheme, host and port; None if the authority has anything else."""
    scheme, found = parts.scheme.lower(), _AUTHORITY.fullmatch(parts.netloc.lower())
    if found is None or scheme not in ("https", "http"):
        return None
    host, port = found["host"], int(found["port"] or (443 if scheme == "https" else 80))
    return scheme, host, port


def _is_listed(origin: Origin, settings: Settings) -> bool:
    return origin in _origins(settings) or (origin[:2] in _of_any_port(settings) and 0 < origin[2] <= _PORT_MAX)


def _of_any_port(settings: Settings) -> Collection[tuple[str, str]]:
    """Return scheme and host of entries like http://localhost:*, which are valid in development only."""
    entries = (entry.removesuffix(_ANY_PORT) for entry in settings.return_url_allowlist if entry.endswith(_ANY_PORT))
    origins = (_origin(urlsplit(entry)) for entry in entries)
    is_dev = settings.stage == "dev"
    return {origin[:2] for origin in origins if origin and is_dev and origin[1] in _LOCAL_HOSTS}


def _origins(settings: Settings) -> Collection[Origin]:
    """Return the listed origins that the stage allows: https; http for this machine in development only."""
    origins = [_origin(urlsplit(entry)) for entry in settings.return_url_allowlist]
    return {origin for origin in origins if origin and _may_be_listed(origin, settings.stage)}


def _may_be_listed(origin: Origin, stage: str) -> bool:
    scheme, host, port = origin
    if host in _LOCAL_HOSTS:
        return stage == "dev"
    return scheme == "https" and port == 443


def _authority(origin: Origin) -> str:
    scheme, host, port = origin
    return host if port == (443 if scheme == "https" else 80) else f"{host}:{port}"


def _refusal(origins: Collection[str]) -> Refusal:
    named = ", ".join(origins) or "none are configured"
    form = "in ASCII, without a user name and a fragment"
    return Refusal("redirect_not_allowed", f"Send a return_url of one of these origins, {form}: {named}.")
