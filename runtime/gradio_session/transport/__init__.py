"""The only room that imports httpx: it performs the effects of flows, with threads or on a loop.

Import `sync.SyncTransport` or `aio.AsyncTransport` when a session connects, not before: httpx costs
more to import than all the rest of the runtime.
"""
