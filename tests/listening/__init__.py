"""Notifications as iterators."""
