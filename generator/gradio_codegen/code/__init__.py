"""Names and escaping: the only way of an app's text into Python code."""
