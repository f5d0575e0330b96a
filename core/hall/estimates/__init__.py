"""How long people will wait."""
