"""The only place that imports httpx: `sync.SyncTransport` and `aio.AsyncTransport`, two shells over `base.TransportBase`.

Import one of them when a session connects, not before: httpx costs more to import than all the rest
of the runtime.
"""
