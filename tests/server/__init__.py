"""The embedded server: `howdah.server` and the command `howdah server`."""
