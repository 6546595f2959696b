"""The clients in `generated/`: fresh, reproducible, and calling the example apps that they were
made from.
"""

from __future__ import annotations

import asyncio
import io
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from image_lab import AsyncImageLab, GenerateResult, ImageLab
from parrot import AsyncParrot, Parrot
from PIL import Image
from table_desk import AsyncTableDesk, TableDesk

from gradio_session import (
    AppError,
    CallCancelledError,
    Log,
    ParameterError,
    Progress,
    RemoteFile,
    Started,
)
from tests.conftest import Serve
from tests.support.command import run, spawn
from tests.support.environments import ROOT
from tests.support.generation import Generate
from tests.support.patience import patience


@pytest.fixture
def lab(lab_url: str, tmp_path: Path) -> Iterator[ImageLab]:
    with ImageLab(lab_url, download_path=tmp_path, timeout=60) as lab:
        yield lab


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "red.png"
    Image.new("RGB", (32, 16), "red").save(path)
    return path


@pytest.mark.parametrize(
    ("example", "module"),
    [
        ("lab", "image_lab"),
        ("chat", "parrot"),
        ("table", "table_desk"),
        ("dictation", "dictation"),
    ],
)
@pytest.mark.usefixtures("imports_by_fork")
def test_they_are_what_the_generator_makes_today(
    example: str, module: str, generate: Generate
) -> None:
    made = generate.file(f"examples/{example}.py:demo", cwd=ROOT).read_bytes()
    assert made == (ROOT / "generated" / f"{module}.py").read_bytes(), (
        "run `gradio-codegen generate` and commit"
    )


@pytest.mark.parametrize("options", [[], ["--offline"]])
@pytest.mark.usefixtures("imports_by_fork")
def test_check_calls_them_fresh(options: list[str]) -> None:
    done = run(ROOT, "check", *options)
    assert done.exit_code == 0, f"run `gradio-codegen generate` and commit:\n{done.output}"


@pytest.mark.slow
def test_the_same_app_gives_the_same_bytes_whatever_the_hash_seed(
    lab_url: str, tmp_path: Path
) -> None:
    texts = set()
    for seed in ("0", "1", "42"):
        made = tmp_path / seed / "lab.py"
        done = spawn(ROOT, "generate", lab_url, "-o", made, env={"PYTHONHASHSEED": seed})
        assert done.returncode == 0, done.stderr
        texts.add(made.read_bytes())
    assert len(texts) == 1


def test_an_imported_app_and_the_running_one_give_the_same_client(
    lab_url: str, generate: Generate
) -> None:
    running = [
        line.strip() for line in generate.file(lab_url).read_text(encoding="utf-8").splitlines()[4:]
    ]
    imported = [
        line.strip()
        for line in (ROOT / "generated" / "image_lab.py")
        .read_text(encoding="utf-8")
        .splitlines()[4:]
    ]
    assert [line for line in running if lab_url not in line] == imported


def test_a_plain_call(lab: ImageLab) -> None:
    result = lab.generate("a cat", scheduler="dpm++", steps=6, seed=3)
    assert isinstance(result, GenerateResult)
    assert isinstance(result.image, RemoteFile)
    assert result.seed_used == 3
    with Image.open(io.BytesIO(result.image.read())) as image:
        assert image.size == (256, 256)
    again, _ = lab.generate("a cat", scheduler="dpm++", steps=6, seed=3)
    assert again.read() == result.image.read()


def test_streamed_outputs_come_one_by_one(lab: ImageLab, picture: Path) -> None:
    texts = list(lab.describe.submit(picture))
    assert texts[0] == "A"
    assert texts[-1] == "A 32 by 16 picture with a touch of red"
    assert len(texts) == len(texts[-1].split())
    assert lab.describe(picture) == texts[-1]


def test_files_go_in_and_come_out(lab: ImageLab, picture: Path) -> None:
    larger = lab.upscale(picture, factor=4)
    assert larger.name == "red-x4.png"
    with Image.open(larger) as image:
        assert image.size == (128, 64)
    sheet = lab.contact_sheet([picture, larger, picture.read_bytes()], columns=2)
    assert zipfile.ZipFile(sheet.zip_file.path).namelist()[1] == "1-red-x4.png"
    assert len(sheet.pictures) == 3


def test_a_chat_history_goes_back_in(lab: ImageLab, picture: Path) -> None:
    history = lab.chat({"text": "hello", "files": [picture]})
    history = lab.chat({"text": "and again"}, history)
    files = [
        part["file"] for message in history for part in message["content"] if part["type"] == "file"
    ]
    assert [file.name for file in files] == ["red.png", "red-grey.png"]
    with Image.open(files[1]) as grey:
        assert grey.mode == "L"
    assert history[-1]["content"][0] == {
        "type": "text",
        "text": "You said: and again. That makes 3 from you.",
    }


def test_state_belongs_to_the_session(lab: ImageLab, lab_url: str) -> None:
    assert [lab.count(2), lab.count(3)] == [2, 5]
    with ImageLab(lab_url) as other:
        assert other.count(1) == 1


def test_errors_of_the_app_have_their_words(lab: ImageLab) -> None:
    with pytest.raises(AppError, match='The word "blood" is not allowed here') as caught:
        lab.moderate("blood")
    assert caught.value.title == "Moderation"
    assert caught.value.api_name == "/moderate"


def test_a_choice_that_does_not_exist_is_not_sent(lab: ImageLab) -> None:
    with pytest.raises(ParameterError, match="scheduler"):
        lab.session.predict("generate", {"prompt": "a cat", "scheduler": "eulr"})


def test_logs_arrive(lab: ImageLab) -> None:
    events = list(lab.generate.submit("a cat", scheduler="dpm++", steps=3).stream())
    assert [event.message for event in events if isinstance(event, Log)] == [
        "dpm++ wants 5 steps or more: the image will look unfinished."
    ]


def test_progress_arrives(lab: ImageLab) -> None:
    events = list(
        lab.generate.submit("a cat", steps=50).stream()
    )  # the server drops progress of calls that are over in no time
    assert [event for event in events if isinstance(event, Started)]
    bars = [step for event in events if isinstance(event, Progress) for step in event.steps]
    assert {(bar.desc, bar.length, bar.unit) for bar in bars} == {("Sampling", 50, "steps")}


def test_a_call_can_be_cancelled(lab: ImageLab) -> None:
    call = lab.timelapse.submit(frames=200, interval=0.05)
    assert next(iter(call)).progress == "1/200"
    assert call.cancel()
    with pytest.raises(CallCancelledError):
        call.result()


async def test_the_asynchronous_client_does_the_same(lab_url: str, picture: Path) -> None:
    async with AsyncImageLab(lab_url, timeout=60) as lab:
        results = await asyncio.gather(
            *(lab.generate(f"picture {seed}", steps=1, seed=seed) for seed in range(8))
        )
        assert [result.seed_used for result in results] == list(range(8))
        texts = [text async for text in lab.describe.submit(picture)]
        assert texts[-1] == "A 32 by 16 picture with a touch of red"
        assert (await lab.upscale(results[0].image)).name.endswith("-x2.png")
        assert [await lab.count(2), await lab.count(3)] == [2, 5]
        with pytest.raises(AppError, match="not allowed"):
            await lab.moderate("blood")
        async with lab.timelapse.submit(frames=200, interval=0.05) as call:
            async for frame in call:
                assert frame.progress == "1/200"
                break
        assert call.status == "cancelled"


def test_the_chat_app(serve: Serve) -> None:
    with Parrot(serve(ROOT / "examples" / "chat.py"), timeout=60) as parrot:
        assert parrot.respond("hello", mood="excited", patience=0) == "hello (that was message 1)!"
        assert list(parrot.respond.submit("a b", patience=0))[-1] == "a b (that was message 2)."


async def test_the_chat_app_async(serve: Serve) -> None:
    async with AsyncParrot(serve(ROOT / "examples" / "chat.py"), timeout=60) as parrot:
        assert (
            await parrot.respond("hello", mood="unsure", patience=0)
            == "hello (that was message 1)?"
        )


def test_the_table_app(serve: Serve) -> None:
    with TableDesk(serve(ROOT / "examples" / "table.py"), timeout=60) as desk:
        table = desk.readings(["roof", "cellar"], days=3, seed=5).readings
        assert table["headers"] == ["day", "sensor", "value"]
        assert len(table["data"]) == 6
        groups, shares = desk.summarise(table, by="sensor", statistic="max")
        assert [row[0] for row in groups["data"]] == ["cellar", "roof"]
        assert shares["confidences"] is not None
        assert sum(share["confidence"] or 0 for share in shares["confidences"]) == pytest.approx(1)
        assert desk.warmest(
            [{"sensor": "a", "value": 3.0}, {"sensor": "b", "value": 10.0}], unit="F"
        ) == {"sensor": "b", "value": 50.0}


async def test_the_table_app_async(serve: Serve) -> None:
    async with AsyncTableDesk(serve(ROOT / "examples" / "table.py"), timeout=60) as desk:
        table = (await desk.readings(days=2)).readings
        assert len((await desk.summarise(table)).groups["data"]) == 2


def test_the_tour_of_the_examples_runs(lab_url: str, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "generated")}
    tour = [sys.executable, str(ROOT / "examples" / "tour.py"), lab_url]
    done = subprocess.run(
        tour,
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=patience(60),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "seeds 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15" in done.stdout
