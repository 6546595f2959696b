"""The example with Dask runs on a local cluster of processes."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.support.environments import ROOT
from tests.support.patience import patience


def test_the_example_with_dask(lab_url: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "examples.dask_map", lab_url],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=patience(120),
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    lines = done.stdout.splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        "a cat",
        "a dog",
        "a bird",
        "a fish",
        "a snail",
        "a whale",
    ]
    assert all("image.png" in line for line in lines)


def test_the_other_examples(lab_url: str, tmp_path: str) -> None:
    stream = subprocess.run(
        [sys.executable, "-m", "examples.stream", lab_url],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=patience(60),
        check=False,
    )
    assert stream.returncode == 0, stream.stderr[-3000:]
    assert "A 256 by 256 picture" in stream.stdout
    assert "the film is cancelled" in stream.stdout
    for _ in range(2):
        batch = subprocess.run(
            [sys.executable, "-m", "examples.batch", lab_url, str(tmp_path)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=patience(60),
            check=False,
        )
        assert batch.returncode == 0, batch.stderr[-3000:]
        assert "24 pictures in" in batch.stdout
