"""POP3 without I/O: octets in, events out; replies in, octets out. RFC 1939, 2449, 2595, 3206, 5034, 6856."""
