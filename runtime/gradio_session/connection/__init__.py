"""One app as a session reaches it: configuration, credentials, options, posts."""
