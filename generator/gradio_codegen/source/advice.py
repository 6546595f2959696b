"""The runtime's advice, in the words of the command: options in place of arguments of Python."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["WORDS", "in_options"]

WORDS: Final = {
    "Pass verify=<an ssl.SSLContext that trusts it>, if you do.": (
        "If you trust it, name the certificate of its authority with --cacert FILE, "
        "or leave it unchecked with --insecure."
    ),
    "If it wants a token, pass token=...; if it wants a login, auth=(user, password).": (
        "If it wants a token, pass --token TOKEN; a login, --auth USER:PASSWORD; "
        "a header or a cookie, --header or --cookie."
    ),
    "auth=(user, password) or call session.login(user, password)": "--auth USER:PASSWORD",
    "auth=(user, password)": "--auth USER:PASSWORD",
    "token=...": "--token TOKEN",
    "The token is not text,": "The token (--token) is not text,",
    "session.wait_ready(timeout)": "--wait SECONDS",
    "verify= or cert=": "--cacert or --cert",
    "proxy=...": "--proxy",
    "proxy=:": "--proxy:",
    "a larger timeout=": "a larger --timeout",
    "The deadline has passed.": "It took too long; --timeout SECONDS gives it more time.",
}
"""Words of the runtime, and what stands in their place."""

_PATTERN: Final = re.compile("|".join(re.escape(words) for words in WORDS))


def in_options(message: str) -> str:
    """Return a message of the runtime with the options of the command where it names arguments."""
    return _PATTERN.sub(lambda match: WORDS[match[0]], message)
