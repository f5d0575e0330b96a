"""The first layout: entities, states, events, and what each chain of causes began with."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    because = (
        ("context_id", sa.String(64), False), ("parent_id", sa.String(64), True), ("user_id", sa.String(255), True),
    )  # fmt: skip
    op.create_table(
        "entities",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("entity_id", sa.String(255), nullable=False, unique=True),
    )
    op.create_table(
        "states",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("entity", sa.Integer, nullable=False),
        sa.Column("kind", sa.SmallInteger, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("available", sa.Boolean, nullable=False),
        sa.Column("attributes", sa.Text, nullable=False),
        sa.Column("changed", sa.Float(53), nullable=False),
        sa.Column("updated", sa.Float(53), nullable=False),
        *(sa.Column(name, kind, nullable=null) for name, kind, null in because),
    )
    op.create_index("states_of", "states", ["entity", "updated"])
    op.create_index("states_at", "states", ["updated"])
    op.create_index("states_context", "states", ["context_id"])
    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("type", sa.String(64), nullable=False),
        sa.Column("at", sa.Float(53), nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("entity_id", sa.String(255)),
        sa.Column("other_id", sa.String(255)),
        *(sa.Column(name, kind, nullable=null) for name, kind, null in because),
    )
    op.create_index("events_at", "events", ["at"])
    op.create_index("events_of", "events", ["entity_id", "at"])
    op.create_index("events_of_other", "events", ["other_id", "at"])
    op.create_index("events_context", "events", ["context_id"])
    op.create_table(
        "contexts",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("parent_id", sa.String(64)),
        sa.Column("user_id", sa.String(255)),
        sa.Column("at", sa.Float(53), nullable=False),
        sa.Column("type", sa.String(64), nullable=False),
        sa.Column("entity_id", sa.String(255)),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("row_id", sa.BigInteger),
    )
    op.create_index("contexts_at", "contexts", ["at"])
