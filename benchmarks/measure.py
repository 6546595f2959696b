"""What a process used: time, CPU, memory at its peak, threads, connections, bytes received."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MIB = 1024 * 1024
STATUS = Path("/proc/self/status")


@dataclass
class Usage:
    """Between the start and the end of a measurement.

    Attributes:
        wall: Seconds that passed.
        cpu: Seconds of CPU, user and system, of all threads.
        peak: Bytes by which memory at its peak lay above memory at the start.
        received: Bytes that came over TCP.
        connections: TCP connections that the process has opened, connecting included.
    """

    wall: float = 0.0
    cpu: float = 0.0
    peak: int = 0
    received: int = 0
    connections: int = 0


class Measurement:
    """`with Measurement() as usage: work()` fills `usage` when the block ends."""

    def __enter__(self) -> Usage:
        self.usage = Usage()
        self._memory = _memory("VmRSS")
        _forget_peak()
        self._received = Network.received
        self._cpu = time.process_time()
        self._wall = time.perf_counter()
        return self.usage

    def __exit__(self, *_: object) -> None:
        self.usage.wall = time.perf_counter() - self._wall
        self.usage.cpu = time.process_time() - self._cpu
        self.usage.peak = max(0, _memory("VmHWM") - self._memory)
        self.usage.received = Network.received - self._received
        self.usage.connections = Network.opened


class Network:
    """Counts what this process does with TCP, once `count()` was called.

    It costs every client the same.

    Attributes:
        opened: Connections.
        received: Bytes.
    """

    opened = 0
    received = 0

    @classmethod
    def count(cls) -> None:
        """Begin to count."""
        plain_connect, plain_recv = socket.socket.connect, socket.socket.recv

        def connect(self: socket.socket, address: Any) -> None:
            if self.family in (socket.AF_INET, socket.AF_INET6):
                cls.opened += 1
            plain_connect(self, address)

        def recv(self: socket.socket, *arguments: Any) -> bytes:
            data = plain_recv(self, *arguments)
            cls.received += len(data)
            return data

        socket.socket.connect = connect  # type: ignore[method-assign]
        socket.socket.recv = recv  # type: ignore[method-assign]


def threads() -> int:
    """Threads of this process now."""
    return len(os.listdir("/proc/self/task"))  # noqa: PTH208


def _memory(field: str) -> int:
    for line in STATUS.read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(
        f"the benchmarks read memory from {STATUS}, which has no {field} here: run them on Linux"
    )


def _forget_peak() -> None:
    """Let the kernel's record of peak memory begin anew (proc(5): writing 5 to clear_refs)."""
    Path("/proc/self/clear_refs").write_text("5")


def run(command: Sequence[str], *, cwd: Path | None = None) -> tuple[float, float, int]:
    """Run a command to its end, its output thrown away.

    Returns:
        Wall seconds, CPU seconds (children included), peak memory in bytes.
    """
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=cwd)
    assert process.stderr is not None
    errors = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(
            f"{' '.join(command)} ended with {process.returncode}: {errors.decode()[-2000:]}"
        )
    return wall, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024


def python(code: str) -> list[str]:
    """The command that runs `code` in a fresh interpreter of this environment."""
    return [sys.executable, "-c", code]
