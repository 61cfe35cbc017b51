"""Other people's mail systems as test peers: each module starts one, on loopback, in a temporary folder, and stops it.

Nothing here is installed by itself: `make peers` does that, and `peers.need` says what is missing.
"""
