"""Performs the effects of the protocol, in threads or on a loop; the only room with httpx.

Import `sync.SyncTransport` or `aio.AsyncTransport` when a session connects, not before: httpx costs
more to import than all the rest of the runtime.
"""
