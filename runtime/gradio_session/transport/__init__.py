"""Performs the effects of the protocol, in threads or on a loop; the only room with httpx.

Import `sync.SyncTransport` or `aio.AsyncTransport` when a session connects, not before: httpx costs
more to import than all the rest of the runtime.
"""

import sys
from importlib import import_module
from typing import Any

_modules: dict[str, Any] = sys.modules
_COMMAND = "httpx._main"

if "httpx" not in _modules:
    # httpx imports its own command, and with it click and rich where they are: 54 of the 138 ms of
    # CPU that it takes. Without them it does without its command, as it does now.
    _modules[_COMMAND] = None
    try:
        import_module("httpx")
    finally:
        del _modules[_COMMAND]
