"""What this process holds: threads, sockets, memory. Nothing of it may grow with use."""

from __future__ import annotations

import gc
import threading
from dataclasses import dataclass

import psutil

from tests.support.patience import wait_for

THREADS = "gradio-session"
"""How the names of the product's threads begin; those of other tests in the same process are not
counted.
"""
OURS = frozenset({"gradio_session", "httpx", "httpcore", "h11"})
"""Packages whose objects are counted."""


@dataclass(frozen=True)
class Holdings:
    """One count.

    Attributes:
        threads: Names of the product's threads.
        sockets: TCP connections of this process that are not closed.
        memory: Resident memory in bytes.
        objects: Live objects of the product and of its HTTP library.
    """

    threads: tuple[str, ...]
    sockets: int
    memory: int
    objects: int


def holdings(port: int | None = None) -> Holdings:
    """Count now, garbage collected.

    Args:
        port: Count only the sockets that lead to this remote port.
    """
    gc.collect()
    me = psutil.Process()
    threads = tuple(
        sorted(each.name for each in threading.enumerate() if each.name.startswith(THREADS))
    )
    links = [
        each
        for each in me.net_connections(kind="tcp")
        if each.raddr and each.status not in {"TIME_WAIT", "NONE"}
    ]
    objects = sum(
        str(type(each).__module__).partition(".")[0] in OURS for each in gc.get_objects()
    )  # of a few types it is a descriptor
    return Holdings(
        threads,
        sum(port is None or each.raddr.port == port for each in links),
        me.memory_info().rss,
        objects,
    )


def threads_end(within: float = 3.0) -> tuple[str, ...]:
    """The product's threads that are still alive after that time; empty when all have ended."""
    wait_for(lambda: not holdings().threads, within)
    return holdings().threads


def sockets_end(port: int, within: float = 3.0) -> int:
    """Connections to a remote port that are still open after that time."""
    wait_for(lambda: holdings(port).sockets == 0, within)
    return holdings(port).sockets
