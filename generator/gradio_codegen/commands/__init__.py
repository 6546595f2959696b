"""The commands of `gradio-codegen`, one module each: options, calls of the stages, printing."""
