"""The house's own rules, held by tests: sizes, names, floors, and documents that tell the truth."""
