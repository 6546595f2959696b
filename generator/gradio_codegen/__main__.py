"""The `gradio-codegen` command from its first import on; also `python -m gradio_codegen`."""

from __future__ import annotations

import sys

__all__ = ["run"]


def run() -> None:
    """Run the command; Ctrl-C is a word and not a traceback, also while it is being imported."""
    try:
        from gradio_codegen.cli import main  # noqa: PLC0415 - so that Ctrl-C is met here

        main(prog_name="gradio-codegen")
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted\n")
        sys.exit(130)


if __name__ == "__main__":
    run()
