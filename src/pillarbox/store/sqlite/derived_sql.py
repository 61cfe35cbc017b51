"""Where are the statements on what is computed? In sql/derived.sql."""

from .statements import load

DERIVED = load("derived")
