"""One attempt at one destination."""
