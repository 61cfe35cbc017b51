"""Wire protocols as machines: octets in, events out; replies in, octets out. Nothing here waits or knows the time."""
