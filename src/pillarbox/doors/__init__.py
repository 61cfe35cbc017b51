"""Sockets: each protocol's connection, driven over what proto decides."""
