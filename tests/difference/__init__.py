"""The difference of two schemas, on real servers."""
