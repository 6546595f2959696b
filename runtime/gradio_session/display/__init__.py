"""Progress bars and HTML for terminals and notebooks."""
