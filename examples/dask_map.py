"""Spread calls over the processes of a Dask cluster.

    python -m examples.dask_map http://127.0.0.1:7860

The app is that of `examples/lab.py`. A client can be pickled, so it goes to the workers like any
other argument; each worker opens a session of its own. What comes back are results whose files are
references: they are downloaded here, when they are used.
"""

from __future__ import annotations

import sys

from dask.distributed import Client, LocalCluster

from generated.image_lab import GenerateResult, ImageLab

PROMPTS = ["a cat", "a dog", "a bird", "a fish", "a snail", "a whale"]


def draw(lab: ImageLab, prompt: str) -> GenerateResult:
    """One call, in a worker."""
    return lab.generate(prompt, steps=2)


def main(url: str) -> None:
    """Draw all prompts on a cluster of two processes, and look at the pictures here."""
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster,
        Client(cluster) as dask,
        ImageLab(url) as lab,
    ):
        tasks = [dask.submit(draw, lab, prompt) for prompt in PROMPTS]
        for prompt, task in zip(PROMPTS, tasks, strict=True):
            result: GenerateResult = task.result()
            print(f"{prompt}: {result.image.name}, {len(result.image.read()):,} bytes")


if __name__ == "__main__":
    main(sys.argv[1])
