"""The IMAP protocol, octets and events only."""
