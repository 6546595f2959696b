"""Calls that both checkers must refuse: every line marked `rejected`, and no other."""

from __future__ import annotations

from image_lab import AsyncImageLab, GenerateEndpoint, ImageLab

from gradio_session import Endpoint, RemoteFile


def choices(lab: ImageLab, word: str) -> None:
    lab.generate("a cat", scheduler="eulr")  # rejected
    lab.generate("a cat", word)  # rejected
    lab.describe("cat.png", "prosaic")  # rejected
    lab.describe.submit("cat.png", "prosaic")  # rejected


def missing_and_misspelt(lab: ImageLab) -> None:
    lab.generate()  # rejected
    lab.generate(scheduler="euler")  # rejected
    lab.generate("a cat", step=3)  # rejected
    lab.generate.submit("a cat", step=3)  # rejected
    lab.upscale()  # rejected
    lab.generat("a cat")  # rejected


def wrong_types(lab: ImageLab) -> None:
    lab.generate(3)  # rejected
    lab.generate("a cat", steps="many")  # rejected
    lab.generate("a cat", seed=1.5)  # rejected
    lab.upscale(3)  # rejected
    lab.contact_sheet("cat.png" if lab else 3)  # rejected
    lab.chat("hello")  # rejected
    lab.chat({"txt": "hello"})  # rejected
    lab.chat({"text": "hello"}, [{"role": "user", "content": [{"txt": "hi"}]}])  # rejected


def wrong_results(lab: ImageLab) -> tuple[int, str]:
    text: int = lab.describe("cat.png")  # rejected
    image: str = lab.generate("a cat").image  # rejected
    lab.generate("a cat").picture  # rejected
    _, _, _ = lab.generate("a cat")  # rejected
    return text, image


def not_awaited(lab: AsyncImageLab) -> RemoteFile:
    return lab.generate("a cat").image  # rejected


def options() -> None:
    ImageLab("http://127.0.0.1:7860", time_out=3)  # rejected
    ImageLab("http://127.0.0.1:7860", max_calls_policy="delete")  # rejected


def bound_arguments(lab: ImageLab, other: AsyncImageLab) -> None:
    lab.generate.bind(3)  # rejected
    lab.generate.bind("a cat", scheduler="eulr")  # rejected
    lab.generate.bind()  # rejected
    other.generate.bind("a cat", step=3)  # rejected
    other.generate.submit("a cat", steps="many")  # rejected


def outcomes_of_a_map(lab: ImageLab) -> None:
    for outcome in lab.generate.map([lab.generate.bind("a cat")], errors="return"):
        print(outcome.image)  # rejected
    lab.generate.map([], errors="ignore")  # rejected


def names_that_are_not_there(lab: ImageLab) -> None:
    lab.with_options(time_out=3)  # rejected
    lab.nope("a cat")  # rejected
    lab.generate.spec  # rejected


class Widened(ImageLab):
    generate: int  # rejected


def endpoints_as_parameters(draw: GenerateEndpoint, tell: Endpoint[str], lab: ImageLab) -> None:
    draw("a cat", step=3)  # rejected
    number: int = tell("cat.png")  # rejected
    endpoints_as_parameters(lab.describe, lab.describe, lab)  # rejected
    endpoints_as_parameters(lab.generate, lab.generate, lab)  # rejected
    print(number)
