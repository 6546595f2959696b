"""Every component of Gradio as an input and as an output, and functions published by `gr.api`: one
endpoint each.

An endpoint takes `value` and gives it back through a component of the same kind, so that a caller
can compare the two. Components that only show something have an endpoint without parameters. Runs
under Gradio 4.44, 5.50 and 6.31; what a version
lacks has no endpoint there.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, NamedTuple, Optional, TypedDict, Union

import gradio as gr
import numpy as np
import pandas as pd

MAJOR = int(gr.__version__.split(".", maxsplit=1)[0])
CHOICES = ["red", "green", 'it\'s "blue"']
FOLDER = Path(tempfile.mkdtemp())
(FOLDER / "one.txt").write_text("1")
(FOLDER / "two.txt").write_text("2")
FRAME = {"headers": ["name", "size"], "datatype": ["str", "number"]}


def same(value):
    """Give back what came in."""
    return value


def pixels() -> np.ndarray:
    """A small picture: black, with one white square."""
    picture = np.zeros((16, 16, 3), dtype=np.uint8)
    picture[4:8, 4:8] = 255
    return picture


def plot() -> Any:
    from matplotlib.figure import Figure

    figure = Figure()
    figure.subplots().plot([1, 2, 3])
    return figure


def points() -> pd.DataFrame:
    return pd.DataFrame({"x": [1, 2, 3], "y": [3.5, 1.5, 2.5]})


def messages(value: list) -> list:
    """Answer the last message of a chat."""
    return [*value, {"role": "assistant", "content": "fine"}]


def turns(value: list) -> list:
    """Answer the last turn of a chat that is kept in pairs."""
    return [*value, ("and you?", "fine")]


def spans(value: list) -> list:
    """Highlighted text comes in as dicts and goes out as pairs."""
    return [(part["token"], part["class_or_confidence"]) for part in value]


class Echo(NamedTuple):
    """An endpoint that takes a value through one component and gives it back through another of the
    same kind.
    """

    component: Callable[[], Any]
    function: Callable[[Any], Any] = same
    shown: Optional[Callable[[], Any]] = None
    """The component of the result, where it is not like that of the parameter."""
    needs: Optional[str] = None
    """The name in `gradio` without which a version cannot have it."""


ECHO = {
    "textbox": Echo(lambda: gr.Textbox("hello", label='Text with "quotes" and \\')),
    "textarea": Echo(lambda: gr.TextArea(label="Text area")),
    "number": Echo(lambda: gr.Number(1.5, label="Number")),
    "whole_number": Echo(lambda: gr.Number(3, precision=0, label="Whole number")),
    "slider": Echo(lambda: gr.Slider(-1, 1, value=0.25, label="Slider")),
    "checkbox": Echo(lambda: gr.Checkbox(True, label="Checkbox")),
    "checkbox_group": Echo(
        lambda: gr.CheckboxGroup(CHOICES, value=["red"], label="Checkbox group")
    ),
    "radio": Echo(lambda: gr.Radio(CHOICES, label="Radio")),
    "radio_numbers": Echo(
        lambda: gr.Radio([("one", 1), ("two", 2)], value=1, label="Radio with numbers")
    ),
    "dropdown": Echo(lambda: gr.Dropdown(CHOICES, value="red", label="Dropdown")),
    "dropdown_many": Echo(
        lambda: gr.Dropdown(CHOICES, value=["red"], multiselect=True, label="Dropdown for several")
    ),
    "dropdown_open": Echo(
        lambda: gr.Dropdown(
            CHOICES, value="mauve", allow_custom_value=True, label="Dropdown that takes anything"
        )
    ),
    "dropdown_empty": Echo(
        lambda: gr.Dropdown([], allow_custom_value=True, label="Dropdown without choices")
    ),
    "color_picker": Echo(lambda: gr.ColorPicker("#ff0000", label="Colour")),
    "date_time": Echo(lambda: gr.DateTime(label="Date", type="string")),
    "code": Echo(lambda: gr.Code("print(1)", language="python", label="Code")),
    "markdown": Echo(lambda: gr.Markdown("# Title")),
    "html": Echo(lambda: gr.HTML("<b>bold</b>")),
    "json": Echo(lambda: gr.JSON({"a": 1}, label="JSON")),
    "label": Echo(lambda: gr.Label(label="Label")),
    "highlighted_text": Echo(lambda: gr.HighlightedText(label="Highlighted text"), spans),
    "chatbot": Echo(
        lambda: (
            gr.Chatbot(label="Chat") if MAJOR == 6 else gr.Chatbot(label="Chat", type="messages")
        ),
        messages,
    ),
    "chatbot_pairs": Echo(lambda: gr.Chatbot(label="Chat in pairs", type="tuples"), turns),
    "multimodal_textbox": Echo(
        lambda: gr.MultimodalTextbox(label="Message", file_count="multiple")
    ),
    "image": Echo(lambda: gr.Image(label="Image", type="filepath")),
    "image_array": Echo(lambda: gr.Image(label="Image as an array", type="numpy", format="png")),
    "image_editor": Echo(lambda: gr.ImageEditor(label="Image editor", type="numpy", format="png")),
    "sketchpad": Echo(
        lambda: gr.Sketchpad(label="Sketch", type="filepath"),
        lambda value: value["composite"],
        lambda: gr.Image(format="png"),
    ),
    "audio": Echo(lambda: gr.Audio(label="Audio", type="filepath")),
    "audio_samples": Echo(lambda: gr.Audio(label="Audio as samples", type="numpy")),
    "video": Echo(lambda: gr.Video(label="Video")),
    "file": Echo(lambda: gr.File(label="File")),
    "files": Echo(lambda: gr.File(label="Files", file_count="multiple")),
    "file_bytes": Echo(
        lambda: gr.File(label="File as bytes", type="binary"),
        lambda value: value.decode(),
        gr.Textbox,
    ),
    "gallery": Echo(lambda: gr.Gallery(label="Gallery", type="filepath", format="png")),
    "model3d": Echo(lambda: gr.Model3D(label="Model")),
    "file_explorer": Echo(lambda: gr.FileExplorer(root_dir=FOLDER, label="Explorer")),
    "upload_button": Echo(lambda: gr.UploadButton("Upload")),
    "download_button": Echo(lambda: gr.DownloadButton("Download")),
    "dataframe": Echo(lambda: gr.Dataframe(label="Data frame", **FRAME)),
    "dataframe_array": Echo(
        lambda: gr.Dataframe(label="Data frame as an array", type="array", **FRAME)
    ),
    "dataset": Echo(
        lambda: gr.Dataset(components=["textbox"], samples=[["first"], ["second"]], type="index"),
        same,
        gr.Number,
    ),
    "timer": Echo(lambda: gr.Timer(5, active=False)),
    "image_slider": Echo(
        lambda: gr.ImageSlider(label="Before and after", type="filepath", format="png"),
        needs="ImageSlider",
    ),
    "browser_state": Echo(lambda: gr.BrowserState({"visits": 1}), needs="BrowserState"),
    "dialogue": Echo(lambda: gr.Dialogue(speakers=["A", "B"], label="Dialogue"), needs="Dialogue"),
}
if MAJOR == 6:
    del ECHO["chatbot_pairs"]


class Show(NamedTuple):
    """An endpoint without parameters, for a component that only shows something."""

    component: Callable[[], Any]
    function: Callable[[], Any]
    needs: Optional[str] = None


SHOW = {
    "annotated_image": Show(
        lambda: gr.AnnotatedImage(label="Annotated image", format="png"),
        lambda: (pixels(), [((4, 4, 8, 8), "square")]),
    ),
    "plot": Show(lambda: gr.Plot(label="Plot"), plot),
    "line_plot": Show(lambda: gr.LinePlot(x="x", y="y", label="Line plot"), points),
    "bar_plot": Show(lambda: gr.BarPlot(x="x", y="y", label="Bar plot"), points),
    "scatter_plot": Show(lambda: gr.ScatterPlot(x="x", y="y", label="Scatter plot"), points),
    "param_viewer": Show(
        gr.ParamViewer,
        lambda: {"size": {"type": "int", "description": "How large", "default": "1"}},
    ),
    "navbar": Show(
        lambda: gr.Navbar(value=[("Home", "/")]), lambda: [("Docs", "/docs")], needs="Navbar"
    ),
}


class Address(TypedDict):
    """Where somebody lives."""

    street: str
    number: int


class Person(TypedDict):
    """Somebody."""

    name: str
    nickname: Optional[str]
    addresses: list[Address]


def api_scalars(
    text: str, whole: int, real: float = 0.5, yes: bool = False
) -> tuple[str, int, float, bool]:
    """Every scalar, in and out."""
    return text, whole, real, yes


def api_optional(value: Optional[str] = None) -> Optional[str]:
    """Text or nothing."""
    return value


def api_union(value: Union[int, str]) -> Union[int, str]:
    """A number or text."""
    return value


def api_choice(value: Literal["small", "large"] = "small") -> Literal["small", "large"]:
    """One of two sizes."""
    return value


def api_lists(names: list[str], table: dict[str, float]) -> dict[str, list[str]]:
    """Lists and mappings."""
    return {name: [name, str(table.get(name))] for name in names}


def api_pair(value: tuple[int, str]) -> list[int]:
    """A list of fixed length."""
    return [int(value[0]), len(value[1])]


def api_person(person: Person) -> Person:
    """Nested objects."""
    return {**person, "name": person["name"].title()}


def api_nothing(value: str) -> None:
    """Takes something and returns nothing."""


API = [
    api_scalars,
    api_optional,
    api_union,
    api_choice,
    api_lists,
    api_pair,
    api_person,
    api_nothing,
]


def several(text, button, number, state, flag):
    """Several results, with a button and a state among the inputs that the caller never sees."""
    return text.upper(), number * 2, state + 1, not flag


with gr.Blocks(title="Every component") as demo:
    trigger = gr.Button("Run")
    for name, echo in ECHO.items():
        if echo.needs is None or hasattr(gr, echo.needs):

            def call(value, function=echo.function):
                return function(value)

            trigger.click(call, echo.component(), (echo.shown or echo.component)(), api_name=name)
    for name, show in SHOW.items():
        if show.needs is None or hasattr(gr, show.needs):
            trigger.click(show.function, None, show.component(), api_name=name)
    trigger.click(lambda: None, None, None, api_name="nothing")
    words, number, state, flag = (
        gr.Textbox(label="Text"),
        gr.Number(2, label="Number"),
        gr.State(0),
        gr.Checkbox(label="Flag"),
    )
    louder, double, opposite = (
        gr.Textbox(label="Louder"),
        gr.Number(label="Double"),
        gr.Checkbox(label="Opposite"),
    )
    trigger.click(
        several,
        [words, trigger, number, state, flag],
        [louder, double, state, opposite],
        api_name="several",
    )
    if hasattr(gr, "api"):
        for function in API:
            gr.api(function, api_name=function.__name__)

if __name__ == "__main__":
    demo.launch()
