"""Starting up: what importing, `--help` and the first result cost in fresh processes."""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import python, run

OFFICIAL_FIRST = """
from gradio_client import Client
Client({url!r}, verbose=False, analytics_enabled=False).predict('x', api_name='/echo')
"""
BARE_FIRST = """
import httpx, json
http = httpx.Client(verify=False, timeout=None)
http.get({url!r} + "/config").json()
http.post({url!r} + "/gradio_api/call/echo", json={{"data": ["x"], "session_hash": "first"}})
stream = {url!r} + "/gradio_api/queue/data"
with http.stream("GET", stream, params={{"session_hash": "first"}}) as response:
    for line in response.iter_lines():
        if line.startswith("data: "):
            json.loads(line[6:])
"""
OURS_FIRST = "from bench_client import Bench; Bench({url!r}).echo('x')"


@dataclass(frozen=True)
class Start:
    """Medians over fresh processes; what a bare interpreter takes is included.

    Attributes:
        wall: Seconds.
        cpu: Seconds of CPU, children included.
        peak: Bytes of memory at the peak.
        modules: Modules loaded at the end; 0 for whole commands.
    """

    wall: float
    cpu: float
    peak: float
    modules: int


def measure(cases: dict[str, str], rounds: int, cwd: Path) -> dict[str, Start]:
    """Run each piece of code `rounds` times in fresh interpreters, interleaved."""
    runs: dict[str, list[tuple[float, float, int]]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, code in cases.items():
            runs[name].append(run(python(code), cwd=cwd))
    return {name: _median(times, _modules(cases[name], cwd)) for name, times in runs.items()}


def imports(rounds: int, folder: Path) -> dict[str, Start]:
    """Importing a generated client of thirty endpoints, the official client, httpx, and nothing."""
    cases = {
        "nothing": "pass",
        "ours": "import thirty",
        "official": "import gradio_client",
        "httpx": "import httpx",
    }
    return measure(cases, rounds, folder)


def first_result(rounds: int, folder: Path, url: str) -> dict[str, Start]:
    """From the start of the process to the first result of a trivial call, connecting included."""
    cases = {"ours": OURS_FIRST, "official": OFFICIAL_FIRST, "bare httpx": BARE_FIRST}
    return measure({name: code.format(url=url) for name, code in cases.items()}, rounds, folder)


def help_text(rounds: int, folder: Path) -> dict[str, Start]:
    """`gradio-codegen --help` against importing click."""
    command = (
        "import sys; sys.argv = ['gradio-codegen', '--help']\n"
        "try:\n    from gradio_codegen.cli import main; main()\nexcept SystemExit: pass"
    )
    return measure({"ours": command, "import click": "import click"}, rounds, folder)


def command_line(rounds: int, folder: Path) -> dict[str, Start]:
    """Importing the command line of an app of thirty endpoints against importing click."""
    cases = {"ours": "import thirty_cli", "import click": "import click"}
    return measure(cases, rounds, folder)


def interleaved(
    cases: dict[str, Callable[[], tuple[float, float, int]]], rounds: int
) -> dict[str, Start]:
    """The same for whole commands."""
    runs: dict[str, list[tuple[float, float, int]]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, case in cases.items():
            runs[name].append(case())
    return {name: _median(times, 0) for name, times in runs.items()}


def _median(times: Sequence[tuple[float, float, int]], modules: int) -> Start:
    wall, cpu, peak = (statistics.median(figures) for figures in zip(*times, strict=True))
    return Start(wall, cpu, peak, modules)


def _modules(code: str, cwd: Path) -> int:
    counting = f"{code}\nimport sys; print(len(sys.modules), file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", counting], cwd=cwd, capture_output=True, text=True, check=True
    )
    return int(done.stderr.split()[-1])
