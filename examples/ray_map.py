"""Spread calls over the processes of a Ray cluster.

    python -m examples.ray_map http://127.0.0.1:7860

The app is that of `examples/lab.py`. A client can be pickled, so `ray.put` hands it to the workers
once; each task opens a session of its own. What comes back are results whose files are references:
they are downloaded here, when they are used.
"""

from __future__ import annotations

import sys

import ray

from generated.image_lab import GenerateResult, ImageLab

PROMPTS = ["a cat", "a dog", "a bird", "a fish", "a snail", "a whale"]


@ray.remote
def draw(lab: ImageLab, prompt: str) -> GenerateResult:
    """One call, in a worker, over a session that ends with it."""
    with lab:
        return lab.generate(prompt, steps=2)


def main(url: str) -> None:
    """Draw all prompts on a local cluster of two processes, and look at the pictures here."""
    ray.init(num_cpus=2, include_dashboard=False)
    try:
        with ImageLab(url) as lab:
            shared = ray.put(lab)
            tasks = [draw.remote(shared, prompt) for prompt in PROMPTS]
            for prompt, task in zip(PROMPTS, tasks, strict=True):
                result: GenerateResult = ray.get(task)
                print(f"{prompt}: {result.image.name}, {len(result.image.read()):,} bytes")
    finally:
        ray.shutdown()


if __name__ == "__main__":
    main(sys.argv[1])
