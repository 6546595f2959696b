"""Write down the notes of a sound file, chunk by chunk: `python -m examples.transcribe URL FILE`.

The app is that of `examples/dictation.py`; the file is a WAV file.
"""

from __future__ import annotations

import io
import sys
import wave
from collections.abc import Iterator

from generated.dictation import Dictation


def chunks(path: str, seconds: float = 0.5) -> Iterator[bytes]:
    """The sound of a file in pieces, each a WAV file itself, as a microphone would give them."""
    with wave.open(path) as file:
        while frames := file.readframes(int(file.getframerate() * seconds)):
            piece = io.BytesIO()
            with wave.open(piece, "wb") as chunk:
                chunk.setparams(file.getparams())
                chunk.writeframes(frames)
            yield piece.getvalue()


def main(url: str, path: str) -> None:
    """Send a file as a microphone would, and print what is understood so far."""
    first, *rest = chunks(path)
    with Dictation(url) as app:
        with app.recognise.stream(first, separator="-") as stream:
            for chunk in rest:
                stream.send(chunk, separator="-")
        for text in stream:
            print(text)
        print(f"{stream.sent} chunks sent, {stream.received} outputs received")


if __name__ == "__main__":
    main(*sys.argv[1:])
