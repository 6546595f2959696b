"""Components that an endpoint leaves as they were, in each way that Gradio has: alone, beside
others, left out, and in a stream. Runs under Gradio 4.44, 5.50 and 6.31.
"""

import inspect

import gradio as gr
from every_component import ECHO, SHOW


def makers():
    """The name of each result of `every_component`, and what makes its component."""
    for name, each in {**ECHO, **SHOW}.items():
        if each.needs is None or hasattr(gr, each.needs):
            yield name, getattr(each, "shown", None) or each.component


def hidden(component):
    """What hides a component, or stops a timer; nothing for what has neither."""
    known = inspect.signature(type(component)).parameters
    return {name: False for name in ("visible", "active") if name in known}


WAYS = {
    "skip": lambda _: gr.skip() if hasattr(gr, "skip") else gr.update(),
    "update": lambda _: gr.update(),
    "hide": lambda shown: gr.update(**hidden(shown)),
    "remake": lambda shown: type(shown)(**hidden(shown)),
}

with gr.Blocks(title="Left alone") as demo:
    trigger = gr.Button("Run")
    way = gr.Textbox(label="Way")
    components = []
    for name, make in makers():
        shown = make()
        components.append(shown)

        def alone(way, shown=shown):
            return WAYS[way](shown)

        trigger.click(alone, way, shown, api_name=f"alone_{name}")

    before, after = gr.Textbox(), gr.Number()

    def left(way):
        return [WAYS[way](shown) for shown in components]

    def beside(way):
        if way == "left out":
            return {before: "before", after: 2}
        return "before", *left(way), 2

    def stream(way):
        yield "first", *left(way), 1
        yield gr.update(), *left(way), 2

    trigger.click(beside, way, [before, *components, after], api_name="beside")
    trigger.click(stream, way, [before, *components, after], api_name="stream")

if __name__ == "__main__":
    demo.launch()
