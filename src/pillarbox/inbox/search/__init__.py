"""Which messages are meant? Searching, sorting and threading a folder as a session sees it."""
