"""Sends and fetches a large file in a process of its own and prints, as JSON, by how much its
memory grew at most and how long it took.

python tests/support/file_memory.py URL sync|async FOLDER SIZE
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
import time
from pathlib import Path

from gradio_session import AsyncSession, Session


def forget_peak() -> int:
    """Begin to watch for the highest resident memory; the one of now, in bytes (Linux alone)."""
    Path("/proc/self/clear_refs").write_text("5")
    return peak()


def peak() -> int:
    """The highest resident memory since `forget_peak`, in bytes."""
    line = next(
        line
        for line in Path("/proc/self/status").read_text().splitlines()
        if line.startswith("VmHWM")
    )
    return int(line.split()[1]) * 1024


def plain(url: str, folder: Path, source: Path, size: int) -> dict[str, float]:
    with Session(url, download_path=folder) as session:
        session.predict("digest", [b"warm"])
        session.predict("made", [2_000_000, "warm.bin"]).download()
        idle, started = forget_peak(), time.perf_counter()
        answer = session.predict("digest", [source])
        up, between = peak() - idle, time.perf_counter()
        file = session.predict("made", [size, "large.bin"])
        begun = time.perf_counter()
        path = file.download()
        down, ended = peak() - idle, time.perf_counter()
    return {
        "up": up,
        "down": down,
        "seconds_up": between - started,
        "seconds_down": ended - begun,
        **check(answer, path, source),
    }


async def asynchronous(url: str, folder: Path, source: Path, size: int) -> dict[str, float]:
    async with AsyncSession(url, download_path=folder) as session:
        await session.predict("digest", [b"warm"])
        await (await session.predict("made", [2_000_000, "warm.bin"])).adownload()
        idle, started = forget_peak(), time.perf_counter()
        answer = await session.predict("digest", [source])
        up, between = peak() - idle, time.perf_counter()
        file = await session.predict("made", [size, "large.bin"])
        begun = time.perf_counter()
        path = await file.adownload()
        down, ended = peak() - idle, time.perf_counter()
    return {
        "up": up,
        "down": down,
        "seconds_up": between - started,
        "seconds_down": ended - begun,
        **check(answer, path, source),
    }


def check(answer: str, path: Path, source: Path) -> dict[str, bool]:
    expected = digest(source)
    return {"same_up": answer.endswith(expected), "same_down": digest(path) == expected}


def digest(path: Path) -> str:
    with path.open("rb") as file:
        found = hashlib.sha256()
        while chunk := file.read(1 << 20):
            found.update(chunk)
    return found.hexdigest()


def main() -> None:
    url, kind, folder, size = sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4])
    source = folder / "source.bin"
    with source.open("wb") as file:
        for _ in range(size >> 20):
            file.write(bytes(range(256)) * 4096)
    found = (
        plain(url, folder, source, size)
        if kind == "sync"
        else asyncio.run(asynchronous(url, folder, source, size))
    )
    print(json.dumps(found))


if __name__ == "__main__":
    main()
