"""What an app says of itself in `/config` and `/info`, and the checks against it."""
