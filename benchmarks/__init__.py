"""What users feel, measured side by side: ours, the official client, and bare httpx doing the same work by hand."""
