"""Who really sent this? Checks that ask DNS questions and read bytes; nothing here does I/O or knows the time."""
