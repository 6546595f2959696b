"""What every room uses: diagnostics, suggestions, text, variables, hashes, versions."""
