"""Many calls at once: `Endpoint.map` and its checkpoint file."""
