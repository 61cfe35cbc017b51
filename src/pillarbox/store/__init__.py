"""Rows and bytes: the only floor that knows SQL. It decides nothing; it keeps what others decided, all or nothing."""
