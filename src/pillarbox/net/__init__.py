"""Where asyncio lives: clock, listeners, TLS, DNS, and what differs between operating systems."""
