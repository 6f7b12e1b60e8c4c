"""The programs in `examples/` run, and say what they should."""
