"""The commands of `gradio-codegen`, one module each: options, calls of the stages, printing.

They import the stages late, so that `--help` costs nothing.
"""
