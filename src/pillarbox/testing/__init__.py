"""A whole server inside a test."""
