"""What is left when the server is killed, the disk is full or memory is short? Nothing acknowledged may be lost."""
