"""Streams of inputs against real servers: what they take, and every chunk is taken once."""

from __future__ import annotations

import io
import math
import struct
import wave
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from gradio_session import ParameterError, UploadError
from gradio_session.calls.input_sender import UNSENT_LIMIT
from tests.conftest import Serve
from tests.support.chunks import png, sound
from tests.support.environments import ROOT
from tests.support.generation import Generate
from tests.support.patience import stays_so
from tests.support.scripts import python
from tests.support.streamed import APP, STREAMING, name, opened, send, url
from tests.support.world import World

__all__ = ["url"]


@pytest.mark.versions
def test_every_chunk_is_taken_once_and_its_output_comes(world: World, url: str) -> None:
    session, language = world.open(url), name()
    stream = opened(world, session, "transcribe", sound(1), language)
    for samples in range(2, 41):  # more than wait unsent
        send(world, stream, sound(samples), language)
    world.do(stream.close)
    outputs = world.outputs(stream)
    assert outputs == [f"{language}: {[*range(1, n + 1)]}" for n in range(1, 41)]
    assert world.result(stream) == outputs[-1]
    assert (stream.sent, stream.unsent, stream.received) == (40, 0, 40)
    assert stream.done
    assert stream.closed
    assert stream.call.status == "complete"
    assert world.predict(session, "runs", [language]) == [*range(1, 41)]


@pytest.mark.versions
def test_a_block_closes_its_stream(world: World, url: str) -> None:
    session, language = world.open(url), name()

    def plain() -> Any:
        with session.stream("transcribe", [sound(1), language]) as stream:
            stream.send(sound(2), language)
        return stream

    async def on_loop() -> Any:
        async with session.stream("transcribe", [sound(1), language]) as stream:
            await stream.send(sound(2), language)
        return [stream]

    stream = world.do(on_loop)[0] if world.is_async else world.do(plain)
    assert world.result(stream) == f"{language}: [1, 2]"
    with pytest.raises(ParameterError, match="the stream is closed"):
        send(world, stream, sound(3), language)


@pytest.mark.versions
def test_pictures_are_uploaded_whatever_they_come_as(
    world: World, url: str, tmp_path: Path
) -> None:
    red, green, blue = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    path = tmp_path / "frame.png"
    path.write_bytes(png([green, blue]))
    session = world.open(url)
    stream = opened(world, session, "flip", png([red, green]))
    send(world, stream, path)
    send(world, stream, io.BytesIO(png([blue, red])))
    world.do(stream.close)
    pictures = [Image.open(io.BytesIO(world.read(file))) for file in world.outputs(stream)]
    seen = [[picture.convert("RGB").getpixel((0, y)) for y in (0, 1)] for picture in pictures]
    assert seen == [[green, red], [blue, green], [red, blue]]


@pytest.mark.versions
def test_two_streams_and_calls_at_once_in_one_session(world: World, url: str) -> None:
    session, one, other = world.open(url), name(), name()
    streams = [opened(world, session, "transcribe", sound(1), each) for each in (one, other)]
    pictures = opened(world, session, "flip", png([(1, 2, 3)]))
    for samples in range(2, 8):
        for stream, language in zip(streams, (one, other), strict=True):
            send(world, stream, sound(samples), language)
        assert world.predict(session, "shout", ["hey"]) == "HEY"
    world.do(streams[0].close)
    assert len(world.outputs(streams[0])) == 7
    send(world, streams[1], sound(8), other)  # the end of the one was not that of the other
    for stream in (streams[1], pictures):
        world.do(stream.close)
    assert len(world.outputs(streams[1])) == 8
    assert len(world.outputs(pictures)) == 1
    assert world.predict(session, "runs", [one]) == [*range(1, 8)]
    assert world.predict(session, "runs", [other]) == [*range(1, 9)]


@pytest.mark.versions
def test_a_call_is_a_stream_of_one_chunk(world: World, url: str) -> None:
    session, language = world.open(url), name()
    assert world.predict(session, "endless", [sound(7)]) == 7
    call = world.submit(session, "transcribe", {"sound": sound(5), "language": language})
    assert world.outputs(call) == [f"{language}: [5]"]
    assert world.predict(session, "runs", [language]) == [5]


@pytest.mark.versions
def test_a_stream_without_a_time_limit_frees_its_place_at_once(world: World, url: str) -> None:
    """`endless` runs one call at a time: the second stream starts when the first is over."""
    session = world.open(url)
    for samples in (3, 4):
        stream = opened(world, session, "endless", sound(samples))
        world.do(stream.close)
        assert world.result(stream) == samples
    streams = [opened(world, session, "endless", sound(samples)) for samples in (5, 6, 7)]
    for stream in streams:  # two of them are queued while the first is open
        world.do(stream.close)
    assert [world.result(stream, timeout=20, within=25) for stream in streams] == [5, 6, 7]


@pytest.mark.versions
def test_past_the_bound_of_chunks_unsent_send_waits(world: World, url: str, tmp_path: Path) -> None:
    session, gate = world.open(url), str(tmp_path / "gate")
    stream = opened(world, session, "held", sound(1), gate)
    for samples in range(2, UNSENT_LIMIT + 2):
        send(world, stream, sound(samples), gate)
    assert stream.unsent == UNSENT_LIMIT
    late = world.start(lambda: stream.send(sound(99), gate))
    assert stays_so(lambda: stream.unsent == UNSENT_LIMIT and not late.done())
    Path(gate).touch()
    late.result()
    world.do(stream.close)
    assert world.outputs(stream) == [*range(1, UNSENT_LIMIT + 2), 99]


@pytest.mark.versions
def test_what_does_not_fit_is_refused_before_it_is_sent(world: World, url: str) -> None:
    session, language = world.open(url), name()
    stream = opened(world, session, "transcribe", sound(1), language)
    with pytest.raises(ParameterError, match="takes 2 values"):
        send(world, stream, sound(1), language, 3)
    with pytest.raises(ParameterError, match="not in both ways"):
        world.do(lambda: stream.send(sound(1), language=language))
    with pytest.raises(UploadError, match=r"nowhere\.wav"):
        send(world, stream, "nowhere.wav", language)
    world.do(lambda: stream.send(sound=sound(2), language=language))
    world.do(stream.close)
    assert world.result(stream) == f"{language}: [1, 2]"


@pytest.mark.versions
def test_endpoints_that_no_event_streams_to_open_none(
    world: World, serve: Serve, version: str
) -> None:
    session = world.open(serve(APP, version))
    streamed = "shout" if version in STREAMING else "endless"
    values = ["x"] if version in STREAMING else [sound(1)]
    with pytest.raises(ParameterError, match="does not take its input as a stream"):
        world.result(opened(world, session, streamed, *values))


@pytest.mark.versions
def test_a_stream_cannot_be_detached(generate: Generate, url: str) -> None:
    with generate(url).Streamed() as app:
        detached = app.transcribe.with_options(detached=True)
        with pytest.raises(ParameterError, match="cannot be detached"):
            detached.stream(sound(1))


@pytest.mark.versions
def test_generated_endpoints_stream_by_their_signature(
    generate: Generate, url: str, world: World
) -> None:
    module, language = generate(url), name()
    app = world.do(lambda: [(module.AsyncStreamed if world.is_async else module.Streamed)()])[0]
    world.sessions.append(app.session)
    stream = world.do(lambda: [app.transcribe.stream(sound(1), language)])[0]
    world.do(lambda: stream.send(sound(2), language=language))
    world.do(lambda: stream.send(language=language, sound=sound(3)))
    with pytest.raises(TypeError):
        world.do(lambda: stream.send(sound(1), langauge=language))
    world.do(stream.close)
    assert world.outputs(stream) == [f"{language}: {[*range(1, n + 1)]}" for n in (1, 2, 3)]
    assert not hasattr(app.shout, "stream")


@pytest.mark.versions
def test_gradio_4_takes_each_chunk_as_a_call(generate: Generate, serve: Serve) -> None:
    with generate(serve(APP, "4.44.1")).Streamed() as app:
        assert not hasattr(app.transcribe, "stream")
        assert [app.transcribe(sound(n), "en") for n in (1, 2)] == ["en: [1]", "en: [1, 2]"]


def test_the_example_writes_down_a_file(serve: Serve, tmp_path: Path) -> None:
    path = tmp_path / "melody.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        for frequency in (440, 494, 523):
            tone = (int(9000 * math.sin(math.tau * frequency * n / 8000)) for n in range(4000))
            file.writeframes(b"".join(struct.pack("<h", sample) for sample in tone))
    url = serve(ROOT / "examples" / "dictation.py")
    done = python("-m", "examples.transcribe", url, str(path), cwd=ROOT)
    assert done.stdout.splitlines() == ["A", "A-B", "A-B-C", "3 chunks sent, 3 outputs received"]
