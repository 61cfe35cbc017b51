"""Delivery against remote servers that play scripts."""
