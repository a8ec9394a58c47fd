"""What `why` tells of an address: when it was found, by which redirects, on what grounds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("targets", sa.Column("found_at", sa.DateTime))
    for name in ("hops", "grounds"):
        op.add_column("visits", sa.Column(name, sa.Text))
