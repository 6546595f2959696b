"""The commands of `gradio-codegen`, one file each: options, calls of the rooms, printing."""
