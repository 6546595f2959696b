"""`python -m gradio_codegen`: the command where it is not on the path."""

from __future__ import annotations

from gradio_codegen.cli import main

main(prog_name="gradio-codegen")
