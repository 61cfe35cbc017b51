"""The only way out: what is due is claimed, delivered, settled, or reported back to its sender."""
