"""What happened, told to people and machines: story events, log lines, counters."""
