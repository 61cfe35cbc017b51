"""Settings, the composition root, the command line."""
