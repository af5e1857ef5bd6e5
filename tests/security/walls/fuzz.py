"""How many examples, how they are made, and how a browser reads an address. PAVATI_FUZZ multiplies the examples."""

from __future__ import annotations

import os
import re
import unicodedata
from typing import Any
from urllib.parse import unquote

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

TIMES = int(os.environ.get("PAVATI_FUZZ", "1"))


def tried(examples: int) -> settings:
    """The same examples each time, so that everybody can repeat a failure."""
    return settings(
        max_examples=examples * TIMES,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


def pieces(*words: str, most: int = 12) -> st.SearchStrategy[str]:
    """Texts made of significant words and random text between them."""
    return st.lists(st.one_of(st.sampled_from(words), st.text(max_size=2)), max_size=most).map("".join)


def json_like(*words: str) -> st.SearchStrategy[Any]:
    leaf = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.sampled_from(words), st.text(max_size=20))
    names = st.one_of(st.sampled_from(words), st.text(max_size=8))
    return st.recursive(
        leaf,
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(names, inner, max_size=5)),
        max_leaves=10,
    )


_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_PORTS = {"https": 443, "http": 80}


def browser_origin(url: str) -> str:
    """By the rules of browsers: they trim and drop invisible characters, and read a backslash as a slash."""
    url = re.sub(r"[\t\n\r]", "", url.strip("".join(map(chr, range(33)))))
    found = _SCHEME.match(url)
    if found is None or found[1].lower() not in _PORTS:
        return "no web address"
    scheme, rest = found[1].lower(), url[found.end() :].replace("\\", "/").lstrip("/")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[2]
    host, _, port = authority.partition(":")
    host = unicodedata.normalize("NFKC", unquote(host)).replace("\u3002", ".").lower()
    return f"{scheme}://{host}:{int(port) if port.isdecimal() else port or _PORTS[scheme]}"
