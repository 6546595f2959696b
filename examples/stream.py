"""Watch calls while they run: `python -m examples.stream http://127.0.0.1:7860`.

The app is that of `examples/lab.py`.
"""

from __future__ import annotations

import sys

from generated.image_lab import ImageLab
from gradio_session import Completed, FileInput, Log, Progress, Queued


def main(url: str) -> None:
    """Follow the events of one call, the outputs of another, and stop a third."""
    with ImageLab(url) as lab:
        picture: FileInput = b""
        for event in lab.generate.submit("a cat on the moon", "dpm++", steps=4).stream():
            match event:
                case Queued():
                    print(f"{event.rank} calls are before this one")
                case Progress():
                    print(
                        "  ".join(
                            f"{step.desc}: {step.index:g}/{step.length:g}"
                            for step in event.steps
                            if step.index is not None and step.length
                        )
                    )
                case Log():
                    print(f"{event.level}: {event.message}")
                case Completed():
                    picture = event.data.image
                case _:
                    pass

        for text in lab.describe.submit(picture, style="poetic"):
            print(f"\r{text}", end="", flush=True)
        print()

        with lab.timelapse.submit("sunrise", frames=100, interval=0.05) as film:
            for frame, counter in film:
                print(f"\rframe {counter}: {frame.name}", end="", flush=True)
                if counter.startswith("5/"):
                    break  # leaving the block cancels the call
        print(f"\nthe film is {film.status}")


if __name__ == "__main__":
    main(sys.argv[1])
