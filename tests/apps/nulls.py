"""Every component that may hold nothing, one endpoint each: it tells what its function was given.

Runs under Gradio 4.44, 5.50 and 6.31; what a version lacks has no endpoint there.
"""

import random
import tempfile
from pathlib import Path

import gradio as gr

MAJOR = int(gr.__version__.split(".", maxsplit=1)[0])
FOLDER = Path(tempfile.mkdtemp())
CHOICES = ["red", "green"]

MAKE = {
    "textbox": gr.Textbox,
    "code": gr.Code,
    "markdown": gr.Markdown,
    "html": gr.HTML,
    "number": gr.Number,
    "whole_number": lambda: gr.Number(precision=0, minimum=0, maximum=3),
    "slider": lambda: gr.Slider(0, 1),
    "checkbox": gr.Checkbox,
    "checkbox_group": lambda: gr.CheckboxGroup(CHOICES),
    "radio": lambda: gr.Radio(CHOICES),
    "radio_index": lambda: gr.Radio(CHOICES, type="index"),
    "dropdown": lambda: gr.Dropdown(CHOICES, value=None),
    "dropdown_index": lambda: gr.Dropdown(CHOICES, value=None, type="index"),
    "dropdown_many": lambda: gr.Dropdown(CHOICES, value=None, multiselect=True),
    "color_picker": gr.ColorPicker,
    "date_time": gr.DateTime,
    "highlighted_text": gr.HighlightedText,
    "label": gr.Label,
    "chatbot": gr.Chatbot if MAJOR == 6 else lambda: gr.Chatbot(type="messages"),
    "multimodal_textbox": lambda: gr.MultimodalTextbox(value=None),
    "image": gr.Image,
    "image_pil": lambda: gr.Image(type="pil"),
    "image_editor": gr.ImageEditor,
    "audio": gr.Audio,
    "video": gr.Video,
    "file": gr.File,
    "files": lambda: gr.File(file_count="multiple"),
    "file_bytes": lambda: gr.File(type="binary"),
    "gallery": gr.Gallery,
    "model3d": gr.Model3D,
    "file_explorer": lambda: gr.FileExplorer(root_dir=FOLDER),
    "upload_button": lambda: gr.UploadButton("Upload"),
    "download_button": lambda: gr.DownloadButton("Download"),
    "dataframe": gr.Dataframe,
    "dataset": lambda: gr.Dataset(components=["textbox"], samples=[["first"]]),
    "annotated_image": gr.AnnotatedImage,
    "plot": gr.Plot,
    "line_plot": lambda: gr.LinePlot(x="x", y="y"),
    "param_viewer": gr.ParamViewer,
    "simple_image": getattr(gr, "SimpleImage", None),
    "image_slider": getattr(gr, "ImageSlider", None),
    "dialogue": getattr(gr, "Dialogue", None),
}


def show(value):
    """What the function of an endpoint was given."""
    return repr(value)


def models():
    """The models that are there now."""
    return gr.Dropdown(choices=["small", "large", "huge"])


with gr.Blocks(title="Nulls") as demo:
    run = gr.Button("Run")
    told = gr.Textbox(label="Told")
    for name, make in MAKE.items():
        if make is not None:
            run.click(show, make(), told, api_name=name)
    seed = gr.Number(value=random.random, label="Seed")
    strength = gr.Slider(0, 10, randomize=True, label="Strength")
    model = gr.Dropdown(["small", "large"], label="Model", value="small")
    size = gr.Dropdown(["S", "L"], label="Size", value="S")
    refresh = gr.Button("Refresh")
    refresh.click(models, None, model, api_name="refresh")
    gr.Button("Draw").click(
        lambda *values: repr(values), [seed, strength, model, size], told, api_name="draw"
    ).then(lambda text: text, told, told, api_name="after")

if __name__ == "__main__":
    demo.launch()
