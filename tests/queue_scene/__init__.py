"""What the tests of the queue stand on. Not below tests/queue: a package of that name would hide the library's queue."""
