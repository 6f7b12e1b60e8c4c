"""Connections above the protocol: streams, COPY, listeners, names."""
