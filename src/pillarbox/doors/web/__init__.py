"""The two files that others fetch from a mail server: the policy of MTA-STS, and what an authority asks to see."""
