"""Whose history it is, and which batch was written last: a batch that is sent twice is written once."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "marks",
        sa.Column("site", sa.String(255), primary_key=True),
        sa.Column("session", sa.String(64), nullable=False),
        sa.Column("batch", sa.BigInteger, nullable=False),
    )
