"""Run every case: `python -m benchmarks [--quick] [--only TEXT] [--output DIR]`.

It writes results.json, table.md, plot.png, summary.md and comparison.md.
"""

from __future__ import annotations

import argparse
import contextlib
import heapq
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks import generation, startup
from benchmarks.cases import CASES, Case
from benchmarks.comparison import comparison
from benchmarks.report import plot, summary, table
from tests.support.servers import Servers

HERE = Path(__file__).parent
TIME = 570.0
"""Seconds; no round is begun that would not end before, once each case has had one."""

ENVIRONMENT = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "GRADIO_ANALYTICS_CACHE_FREQUENCY": "100000",
    "HF_HUB_OFFLINE": "1",
}


def main() -> None:
    """Parse the command line, run, report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="one round of a few cases: shows that they run, and roughly what they cost",
    )
    parser.add_argument(
        "--only",
        default="",
        help="only cases whose title holds this text; they are printed, and nothing is written",
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=HERE / "results",
        help="where results.json, the tables and plot.png go",
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        results = measure_all(Path(name), options.only, quick=options.quick)
    print(table(results))
    if not options.only:
        write(results, options.output)


def write(results: dict[str, Any], folder: Path) -> None:
    """The raw figures, the tables and the plot."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    (folder / "table.md").write_text(table(results))
    (folder / "summary.md").write_text(summary(results))
    (folder / "comparison.md").write_text(comparison(results))
    plot(results, folder / "plot.png")


def measure_all(folder: Path, only: str, *, quick: bool) -> dict[str, Any]:
    """Every figure of every case, raw."""
    os.environ.update(ENVIRONMENT)
    keep_bytecode(folder)
    begun = time.monotonic()
    results: dict[str, Any] = {
        "machine": {"python": platform.python_version(), "cpus": os.cpu_count()},
        "cases": {},
        "startup": {},
        "generation": {},
    }
    chosen = [case for case in CASES if only in case.title and (only or fits(case, quick=quick))]
    servers = Servers(folder)
    with contextlib.ExitStack() as stack:
        stack.callback(servers.close)
        near = servers.start(HERE / "app.py", env=ENVIRONMENT).url
        clients(folder, near)
        distances = {case.round_trip for case in chosen} - {0}
        urls = {0: near, **{each: stack.enter_context(distant(near, each)) for each in distances}}
        if not only:
            rounds = 1 if quick else 3
            starts = {
                "import": startup.imports(3 * rounds, folder),
                "first result": startup.first_result(rounds, folder, near),
                "help": startup.help_text(rounds, folder),
                "command line": startup.command_line(rounds, folder),
            }
            results["startup"] = {
                name: {who: asdict(start) for who, start in found.items()}
                for name, found in starts.items()
            }
            results["generation"] = generated(folder, rounds=rounds, quick=quick)
        results["cases"] = {case.title: {each: [] for each in case.clients} for case in chosen}
        take_turns(chosen, results["cases"], folder, urls, begun + TIME, quick=quick)
    return results


def fits(case: Case, *, quick: bool) -> bool:
    """Whether a run takes a case in."""
    return case.quick is not None or not quick


def take_turns(
    chosen: list[Case],
    found: dict[str, dict[str, list[dict[str, Any]]]],
    folder: Path,
    urls: dict[int, str],
    end: float,
    *,
    quick: bool,
) -> None:
    """One round of every case, and further ones of that which has had the least time so far."""
    spent = [(0.0, number, 0) for number in range(len(chosen))]
    while spent:
        seconds, number, turn = heapq.heappop(spent)
        if turn and (quick or time.monotonic() + seconds / turn > end):
            continue
        case = chosen[number]
        passed = one_round(
            turn, case, found[case.title], folder, urls[case.round_trip], quick=quick
        )
        if passed:
            heapq.heappush(spent, (seconds + passed, number, turn + 1))


def one_round(
    turn: int,
    case: Case,
    found: dict[str, list[dict[str, Any]]],
    folder: Path,
    url: str,
    *,
    quick: bool,
) -> float:
    """Measure the clients that have as many rounds, one after the other.

    Returns:
        Seconds that it took, without the official client, which has fewer rounds.
    """
    number = (case.quick or case.number) if quick else case.number
    passed = 0.0
    for client in case.clients:
        if turn < case.rounds_of(client):
            print(f"{case.title}: {client} {turn + 1}", file=sys.stderr)
            started = time.monotonic()
            found[client].append(worker(client, case, number, folder, url))
            passed += 0.0 if client == "official" else time.monotonic() - started
    return passed


@contextlib.contextmanager
def distant(url: str, milliseconds: int) -> Iterator[str]:
    """The address of a server that is that far away, by a proxy in a process of its own."""
    command = [sys.executable, "-m", "tests.support.distance", url, str(milliseconds / 1000)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=HERE.parent
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.communicate()


def keep_bytecode(folder: Path) -> None:
    """Compile this checkout, as `pip install` does: else every process would compile it anew."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")


def clients(folder: Path, url: str) -> None:
    """Generate the client of the benchmarks' app, and one of thirty endpoints, into `folder`.

    The latter has a command line, too.
    """
    command = Path(sys.executable).with_name("gradio-codegen")
    thirty = generation.write(folder, 30)
    subprocess.run(
        [command, "generate", url, "-o", folder / "bench_client.py", "--class-name", "Bench"],
        check=True,
        capture_output=True,
    )
    subprocess.run(
        [command, "generate", thirty, "-o", folder / "thirty.py", "--cli"],
        check=True,
        capture_output=True,
    )


def worker(client: str, case: Case, number: int, folder: Path, url: str) -> dict[str, Any]:
    """Take one measurement in a new process.

    The official client loses a call now and then; it gets two more tries.
    """
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE.parent), str(folder)])}
    command = [sys.executable, "-m", "benchmarks.worker", client, case.name, url, str(number)]
    tries = 3 if client == "official" else 1
    while True:
        tries -= 1
        done = subprocess.run(
            command,
            env=environment,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        if not done.returncode:
            return dict(json.loads(done.stdout.splitlines()[-1]))
        if not tries:
            raise SystemExit(f"{' '.join(command[2:])} failed:\n{done.stderr[-3000:]}")
        print(f"{case.title}: {client} failed, again", file=sys.stderr)


def generated(folder: Path, rounds: int, *, quick: bool) -> dict[str, Any]:
    """Generation by size, the share of its stages, and `check --offline`."""
    sizes = [10, 100] if quick else [10, 100, 743]
    found: dict[str, Any] = {
        "generate": {
            name: asdict(start)
            for name, start in generation.generate(folder, sizes, rounds).items()
        },
        "stages": {},
    }
    for size in sizes:
        done = subprocess.run(
            [sys.executable, "-c", generation.STAGES, folder / f"app_{size}.json"],
            capture_output=True,
            text=True,
            check=True,
        )
        found["stages"][str(size)] = json.loads(done.stderr.splitlines()[-1])
    found["check --offline"] = {
        name: asdict(start) for name, start in generation.check_offline(folder, 20, rounds).items()
    }
    shutil.rmtree(folder / "project")
    return found


if __name__ == "__main__":
    main()
