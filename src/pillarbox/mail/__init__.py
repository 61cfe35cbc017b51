"""The vocabulary of mail: addresses, replies, envelopes, headers. Values only; nothing here waits or opens."""
