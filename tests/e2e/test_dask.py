"""The example with Dask runs on a local cluster of processes."""

from __future__ import annotations

import os

from tests.support.environments import ROOT
from tests.support.scripts import python


def test_the_example_with_dask(lab_url: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = python("-m", "examples.dask_map", lab_url, cwd=ROOT, env=environment, within=120)
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
    stream = python("-m", "examples.stream", lab_url, cwd=ROOT)
    assert "A 256 by 256 picture" in stream.stdout
    assert "the film is cancelled" in stream.stdout
    for _ in range(2):
        batch = python("-m", "examples.batch", lab_url, str(tmp_path), cwd=ROOT)
        assert "24 pictures in" in batch.stdout
