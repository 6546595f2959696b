#!/bin/sh
# Draw a picture, enlarge it and have it described, with the command line that gradio-codegen made of
# `examples/lab.py`: `sh examples/command_line.sh http://127.0.0.1:7860 pictures`.
set -eu
export IMAGE_LAB_URL="$1" IMAGE_LAB_OUTPUT="$2"

lab() { python -m generated.image_lab_cli --quiet "$@"; }

small=$(lab generate "a cat on the moon" --steps 12 | sed -n 's/^image: //p')
large=$(lab upscale --image "$small" --factor 4)
lab describe --style poetic --image - < "$large" | tee "$2/description.txt"
