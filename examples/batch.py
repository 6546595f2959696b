"""Many calls that survive a crash: `python -m examples.batch http://127.0.0.1:7860 pictures/`.

The app is that of `examples/lab.py`. Stop it with Ctrl-C and start it again: what was drawn is not
drawn again.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from generated.image_lab import AsyncImageLab

ANIMALS = ["cat", "dog", "bird", "fish", "snail", "whale"]
PLACES = ["on the moon", "in the rain", "at school", ""]


async def main(url: str, folder: Path) -> None:
    """Draw every animal in every place, eight at a time, and save the pictures."""
    inputs = [
        {"prompt": f"a {animal} {place}".strip(), "steps": 3}
        for animal in ANIMALS
        for place in PLACES
    ]
    async with AsyncImageLab(url) as lab:
        number = 0
        async for result in lab.generate.map(
            inputs, errors="return", journal=folder / "journal.jsonl", progress=True
        ):
            if isinstance(result, Exception):
                print(f"{inputs[number]['prompt']}: {result}")
            else:
                await result.image.adownload(folder / f"{number:02}.png")
            number += 1
    print(f"{number} pictures in {folder}")


if __name__ == "__main__":
    target = Path(sys.argv[2])
    target.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(sys.argv[1], target))
