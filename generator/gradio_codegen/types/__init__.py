"""JSON Schema to Python types, through datamodel-code-generator."""
