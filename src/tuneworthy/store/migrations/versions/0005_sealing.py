"""Under which key recorded traffic is sealed, and which ring holds the keys."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Name the key of each row, none for rows in the clear, and the ring of them all."""
    for table in ("interactions", "feedback"):
        op.add_column(table, sa.Column("key", _KEY, nullable=False, server_default=""))
        op.create_index(f"{table}_by_key", table, ["key"])
    op.create_table(
        "sealing",
        sa.Column("one", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("ring", _KEY, nullable=False),
    )
