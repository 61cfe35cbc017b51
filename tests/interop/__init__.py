"""The server among real clients and real mail systems, on loopback."""
