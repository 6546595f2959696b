"""The journal of `Endpoint.map` on a real server: what is done is not done again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from gradio_session import GradioSessionError
from tests.support.mapped import MapWorld, module, seen, url, world
from tests.support.patience import patience, wait_for

__all__ = ["module", "seen", "url", "world"]


def test_what_is_done_is_not_done_again(
    world: MapWorld, seen: Callable[[], dict[str, Any]], tmp_path: Path
) -> None:
    journal = tmp_path / "run.jsonl"
    inputs = [("one", 2), ("two", 3)]
    first = world.map("write", inputs, journal=journal, client={"download_path": tmp_path / "out"})
    assert sorted(seen()["started"]) == ["one", "two"]
    again = world.map("write", [*inputs, ("three", 1)], journal=journal)
    assert seen()["started"] == ["three"]
    assert [type(result).__name__ for result in again] == ["WriteResult"] * 3
    assert [result[1] for result in first] == [6, 9]
    assert [result[1] for result in again] == [6, 9, 5]


def test_a_restored_file_can_be_read(module: ModuleType, url: str, tmp_path: Path) -> None:
    with module.Mapped(url) as app:
        list(app.write.map([("one", 2)], journal=tmp_path / "run.jsonl"))
    with module.Mapped(url, download_path=tmp_path / "out") as app:
        (result,) = app.write.map([("one", 2)], journal=tmp_path / "run.jsonl")
        assert result[0].read() == b"oneone"


def test_equal_inputs_are_as_many_calls(
    world: MapWorld, seen: Callable[[], dict[str, Any]], tmp_path: Path
) -> None:
    world.map("write", [("x", 1), ("x", 1)], journal=tmp_path / "run.jsonl")
    assert seen()["started"] == ["x", "x"]
    world.map("write", [("x", 1)] * 3, journal=tmp_path / "run.jsonl")
    assert seen()["started"] == ["x"]


def test_errors_are_tried_again(
    world: MapWorld, seen: Callable[[], dict[str, Any]], tmp_path: Path
) -> None:
    for _ in range(2):
        results = world.map("work", ["a", "bad"], errors="return", journal=tmp_path / "run.jsonl")
        assert results[0] == "A"
    assert seen()["started"].count("a") == 1


def test_a_file_that_changed_is_a_new_input(
    world: MapWorld, seen: Callable[[], dict[str, Any]], tmp_path: Path
) -> None:
    path = tmp_path / "input.txt"
    path.write_text("one")
    assert world.map("size", [str(path)], journal=tmp_path / "run.jsonl") == [3]
    assert world.map("size", [path], journal=tmp_path / "run.jsonl") == [3]
    path.write_text("seven..")
    assert world.map("size", [str(path)], journal=tmp_path / "run.jsonl") == [7]
    assert seen()["started"] == ["size", "size"]


def test_the_journal_of_another_endpoint_is_refused(world: MapWorld, tmp_path: Path) -> None:
    world.map("work", ["a"], journal=tmp_path / "run.jsonl")
    with pytest.raises(
        GradioSessionError,
        match="belongs to another endpoint: it says '/work', this map is for '/echo'",
    ):
        world.map("echo", [1], journal=tmp_path / "run.jsonl")


def test_results_are_in_the_journal_before_they_are_taken(
    module: ModuleType, url: str, tmp_path: Path
) -> None:
    journal = tmp_path / "run.jsonl"
    with module.Mapped(url) as app:
        results = app.work.map(
            [("a", 0), ("b", 0), ("c", 0), ("d", 0)], concurrency=4, journal=journal
        )
        assert next(results) == "A"
        assert wait_for(lambda: len(journal.read_bytes().splitlines()) == 5)


CRASHING = """
import os, sys
from mapped_client import Mapped
with Mapped(sys.argv[1]) as app:
    inputs = [(f"n{k}", 0.1) for k in range(12)]
    for number, result in enumerate(app.work.map(inputs, concurrency=2, journal=sys.argv[2])):
        print(result, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_a_killed_program_goes_on_where_it_stopped(
    module: ModuleType, url: str, seen: Callable[[], dict[str, Any]], tmp_path: Path
) -> None:
    journal = tmp_path / "run.jsonl"
    environment = {**os.environ, "PYTHONPATH": str(Path(str(module.__file__)).parent)}
    arguments = [sys.executable, "-c", CRASHING, url, str(journal)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        for _ in range(4):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    done = [json.loads(line) for line in journal.read_bytes().split(b"\n")[1:-1]]
    assert 4 <= len(done) < 12
    seen()
    second = subprocess.run(
        arguments, capture_output=True, text=True, env=environment, check=True, timeout=patience(60)
    )
    assert second.stdout.split() == [f"N{number}" for number in range(12)]
    started = seen()["started"]
    assert set(started) == {f"n{number}" for number in range(12)} - {
        entry["data"][0].lower() for entry in done
    }
    assert len(started) <= 12 - len(done) + 2, (
        "more than the two calls of the killed program, which the server still ran, account for"
    )
