"""What users feel, measured side by side: ours, the official client, and bare httpx by hand."""
