"""An app whose `/info` has one name for two functions, as pages put together from others have."""

import gradio as gr

with gr.Blocks() as page:
    text, number = gr.Textbox(), gr.Number()
    gr.Button("A").click(lambda value: value + 1, number, number, api_name="same")
    gr.Button("B").click(lambda value: f"{value}!", text, text, api_name="same")

with gr.Blocks(title="Namesakes") as demo:
    flag = gr.Checkbox()
    gr.Button("C").click(lambda value: not value, flag, flag, api_name="same")
    page.render()

if __name__ == "__main__":
    demo.launch()
