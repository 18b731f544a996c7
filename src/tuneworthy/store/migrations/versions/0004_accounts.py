"""Who is signed in, what may be used once, and how often somebody failed to sign in."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Create the tables of sessions, tickets and tries."""
    op.create_table(
        "sessions",
        sa.Column("id", _KEY, primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("project", _KEY, nullable=False),
        sa.Column("person", _KEY, nullable=False),
        sa.Column("method", _KEY, nullable=False),
        sa.Column("made_at", _KEY, nullable=False),
        sa.Column("seen_at", _KEY, nullable=False),
        sa.Column("ends_at", _KEY, nullable=False),
    )
    op.create_index("sessions_by_token", "sessions", ["digest"], unique=True)
    op.create_table(
        "tickets",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("kind", _KEY, nullable=False),
        sa.Column("project", _KEY, nullable=False),
        sa.Column("person", _KEY, nullable=False),
        sa.Column("until", _KEY, nullable=False),
    )
    op.create_table(
        "tries",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("last", _KEY, nullable=False),
    )
