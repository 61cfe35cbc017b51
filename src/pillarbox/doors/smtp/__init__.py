"""The SMTP, submission and LMTP door."""
