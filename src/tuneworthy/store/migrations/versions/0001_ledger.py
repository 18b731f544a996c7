"""The first tables, and the triggers that let the audit log only grow."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

# In SQLite a REPLACE removes a row without its delete trigger, so an insert must be the next one.
_SQLITE = (
    """CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END""",
    """CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
    BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END""",
    """CREATE TRIGGER audit_next_only BEFORE INSERT ON audit
    WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM audit)
    BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END""",
)

_POSTGRESQL = (
    """CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'audit is append-only'; END $$""",
    """CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()""",
)


def upgrade() -> None:
    """Create everything."""
    _documents()
    _ledger()
    _gateway()
    guards = _POSTGRESQL if op.get_bind().dialect.name == "postgresql" else _SQLITE
    for guard in guards:
        op.execute(guard)


def _documents() -> None:
    op.create_table(
        "documents",
        sa.Column("kind", _KEY, primary_key=True),
        sa.Column("id", _KEY, primary_key=True),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("digest", sa.String(71), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("created_at", _KEY, nullable=False),
        sa.Column("updated_at", _KEY, nullable=False),
        sa.Column("created_seq", sa.BigInteger, nullable=False),
        sa.Column("created_rank", sa.Integer, nullable=False),
    )
    op.create_index("documents_in_order", "documents", ["kind", "created_seq", "created_rank"])


def _ledger() -> None:
    op.create_table(
        "audit",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    op.create_table(
        "steps",
        sa.Column("key", _KEY, primary_key=True),
        sa.Column("output", sa.Text, nullable=False),
        sa.Column("created_at", _KEY, nullable=False),
    )


def _gateway() -> None:
    op.create_table(
        "interactions",
        sa.Column("id", _KEY, primary_key=True),
        sa.Column("route", _KEY, nullable=False),
        sa.Column("manifest", _KEY, nullable=False),
        sa.Column("arm", _KEY, nullable=False),
        sa.Column("created_at", _KEY, nullable=False),
        sa.Column("status", sa.SmallInteger, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("interactions_in_order", "interactions", ["created_at", "id"])
    op.create_index("interactions_of_route", "interactions", ["route", "created_at", "id"])
    op.create_index("interactions_of_manifest", "interactions", ["manifest", "created_at"])
    op.create_table(
        "feedback",
        sa.Column("id", _KEY, primary_key=True),
        sa.Column("interaction", _KEY, nullable=False),
        sa.Column("created_at", _KEY, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("feedback_in_order", "feedback", ["created_at", "id"])
    op.create_index("feedback_of_interaction", "feedback", ["interaction", "created_at", "id"])
