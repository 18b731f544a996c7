"""What models have answered before."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Create the table of answers."""
    op.create_table(
        "answers",
        sa.Column("key", _KEY, primary_key=True),
        sa.Column("digest", sa.String(71), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("created_at", _KEY, nullable=False),
    )
