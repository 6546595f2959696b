"""The examples run; those with Dask and Ray on local clusters of processes."""

from __future__ import annotations

import os
import tempfile

import pytest

from tests.support.environments import ROOT
from tests.support.scripts import python

PROMPTS = ["a cat", "a dog", "a bird", "a fish", "a snail", "a whale"]


def spread(example: str, url: str, **variables: str) -> list[str]:
    """Run an example on a cluster of its own: the lines about prompts that it prints."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    done = python("-m", example, url, cwd=ROOT, env=environment, within=120)
    return [line for line in done.stdout.splitlines() if line.startswith("a ")]


@pytest.mark.slow
def test_the_example_with_dask(lab_url: str) -> None:
    lines = spread("examples.dask_map", lab_url)
    assert [line.partition(":")[0] for line in lines] == PROMPTS
    assert all("image.png" in line for line in lines)


@pytest.mark.slow
def test_the_example_with_ray(lab_url: str) -> None:
    # Its sockets lie below this folder, and their paths must be short.
    with tempfile.TemporaryDirectory(prefix="ray-") as folder:
        settings = {"HOME": folder, "RAY_TMPDIR": folder, "RAY_USAGE_STATS_ENABLED": "0"}
        lines = spread("examples.ray_map", lab_url, **settings)
    assert [line.partition(":")[0] for line in lines] == PROMPTS
    assert all("image.png" in line for line in lines)


def test_the_other_examples(lab_url: str, tmp_path: str) -> None:
    stream = python("-m", "examples.stream", lab_url, cwd=ROOT)
    assert "A 256 by 256 picture" in stream.stdout
    assert "the film is cancelled" in stream.stdout
    for _ in range(2):
        batch = python("-m", "examples.batch", lab_url, str(tmp_path), cwd=ROOT)
        assert "24 pictures in" in batch.stdout
