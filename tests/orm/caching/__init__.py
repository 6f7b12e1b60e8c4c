"""Cached statements and functions."""
