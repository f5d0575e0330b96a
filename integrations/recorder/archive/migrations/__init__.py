"""Brings a database to the present layout, with alembic; each layout is a file under versions/."""
