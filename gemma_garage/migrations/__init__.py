"""Alembic steps; never edited once released."""
