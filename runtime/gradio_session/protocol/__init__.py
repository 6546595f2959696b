"""Gradio's wire protocol without I/O: no sockets, no clock, no threads."""
