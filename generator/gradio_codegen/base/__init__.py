"""What every room uses: diagnostics, suggestions, text, ${VARIABLES}, hashes, locks."""
