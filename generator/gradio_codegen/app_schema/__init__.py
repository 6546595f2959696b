"""Turns a `Document` into one shape for every version of Gradio."""
