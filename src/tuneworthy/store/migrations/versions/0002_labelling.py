"""The tables of the labelling queues."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Create items, annotations and leases."""
    op.create_table(
        "label_items",
        sa.Column("queue", _KEY, primary_key=True),
        sa.Column("id", _KEY, primary_key=True),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("need", sa.Integer, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("label_items_in_order", "label_items", ["queue", "position"])
    op.create_table(
        "annotations",
        sa.Column("id", _KEY, primary_key=True),
        sa.Column("queue", _KEY, nullable=False),
        sa.Column("item", _KEY, nullable=False),
        sa.Column("person", _KEY, nullable=False),
        sa.Column("guide", sa.String(71), nullable=False),
        sa.Column("skipped", sa.Boolean, nullable=False),
        sa.Column("replaces", _KEY, nullable=False),
        sa.Column("batch", sa.String(71), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("annotations_in_order", "annotations", ["queue", "position"])
    op.create_index("annotations_of_item", "annotations", ["queue", "item"])
    once = ["queue", "item", "person", "replaces"]
    op.create_index("annotations_once", "annotations", once, unique=True)
    op.create_table(
        "label_leases",
        sa.Column("queue", _KEY, primary_key=True),
        sa.Column("person", _KEY, primary_key=True),
        sa.Column("item", _KEY, nullable=False),
        sa.Column("guide", sa.String(71), nullable=False),
        sa.Column("until", _KEY, nullable=False),
    )
