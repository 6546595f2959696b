"""The parts that every room of the protocol uses: JSON values, text, URLs, effects, retries."""
