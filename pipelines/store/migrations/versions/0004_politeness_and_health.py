"""Politeness and health: what hosts asked for, gaps, rights reservations, episodes of trouble."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_table("hosts")  # waits of an hour or so: nothing to carry over
    op.create_table(
        "hosts",
        sa.Column("host", sa.Text, primary_key=True),
        sa.Column("not_before", sa.DateTime),
        sa.Column("asked", sa.Boolean, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("certificate_ends_at", sa.DateTime),
    )
    op.add_column("visits", sa.Column("gap", sa.Boolean, nullable=False, server_default="0"))
    op.create_index("ix_visits_source", "visits", ["source", "ended_at"])
    for table in ("articles", "revisions"):
        op.add_column(table, sa.Column("tdm_reservation", sa.Boolean))
        op.add_column(table, sa.Column("tdm_policy", sa.Text))
    op.create_table(
        "episodes",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("finding", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("began_at", sa.DateTime, nullable=False),
        sa.Column("ended_at", sa.DateTime),
    )
    op.create_index("ix_episodes_source", "episodes", ["source", "finding", "began_at"])
