"""What the tests of the queue stand on; a package tests/queue would hide the standard library's queue."""
