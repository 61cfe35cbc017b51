"""The Simple Mail Transfer Protocol, both sides: RFC 5321, and LMTP: RFC 2033."""
