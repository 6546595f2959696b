"""A tour of the client that gradio-codegen made of `examples/lab.py`.

Start the app (`python examples/lab.py`), then run `PYTHONPATH=generated python examples/tour.py http://127.0.0.1:7860`.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from image_lab import AsyncImageLab, ImageLab


def plain_call(lab: ImageLab) -> Path:
    """Results have names and types, and unpack like tuples; a file is fetched at its first use."""
    result = lab.generate("a cat on the moon", scheduler="dpm++", steps=12)
    print(f"seed {result.seed_used}, picture {result.image.name}")
    return result.image.download()


def streamed_call(lab: ImageLab, picture: Path) -> None:
    """A call can be iterated: every output arrives as it is made, the last one is the result."""
    for text in lab.describe.submit(picture, style="poetic"):
        print(text)


def files_in_and_out(lab: ImageLab, pictures: list[Path]) -> Path:
    """Files go in as paths, bytes, open files, URLs, or as what another call returned."""
    larger = lab.upscale(pictures[0], factor=2)
    sheet = lab.contact_sheet([*pictures, larger], columns=2)
    print(
        f"{larger.name} made of {pictures[0].name}; "
        f"{len(sheet.pictures)} pictures in {sheet.zip_file.name}"
    )
    return sheet.sheet.download()


def progress_and_logs(lab: ImageLab) -> None:
    """A call tells what happens to it: its place in the queue, progress, the app's messages."""
    with lab.generate.submit("a storm", scheduler="dpm++", steps=3) as call:
        for event in call.stream():
            print(type(event).__name__, end=" ")
    print()


async def at_once(url: str) -> None:
    """The same client for asyncio: sixteen calls, one connection for all their answers."""
    async with AsyncImageLab(url) as lab:
        calls = [
            lab.generate.submit(f"picture {number}", steps=2, seed=number) for number in range(16)
        ]
        results = await asyncio.gather(*calls)
        print("seeds", *(result.seed_used for result in results))


def main(url: str) -> None:
    """Take the whole tour against the app at `url`."""
    with ImageLab(url, download_path="downloads") as lab:
        picture = plain_call(lab)
        streamed_call(lab, picture)
        files_in_and_out(lab, [picture])
        progress_and_logs(lab)
    asyncio.run(at_once(url))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:7860")
