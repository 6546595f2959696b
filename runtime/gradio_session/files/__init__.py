"""Files that go in and files that come back: uploads, downloads, `RemoteFile`."""
