"""What generated code inherits; light to import."""
