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
    for name, make in makers():
        before, shown, after = gr.Textbox(), make(), gr.Number()

        def alone(way, shown=shown):
            return WAYS[way](shown)

        def beside(way, shown=shown, before=before, after=after):
            if way == "left out":
                return {before: "before", after: 2}
            return "before", WAYS[way](shown), 2

        def stream(way, shown=shown):
            yield "first", WAYS[way](shown), 1
            yield gr.update(), WAYS[way](shown), 2

        trigger.click(alone, way, shown, api_name=f"alone_{name}")
        trigger.click(beside, way, [before, shown, after], api_name=f"beside_{name}")
        trigger.click(stream, way, [before, shown, after], api_name=f"stream_{name}")

if __name__ == "__main__":
    demo.launch()
