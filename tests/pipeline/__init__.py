"""Pipelines: statements queued without waiting, and executed together."""
