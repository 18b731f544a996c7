"""The tables of the ledger, as the program of this release expects them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
)

REVISIONS = ("0001", "0002", "0003", "0004", "0005")
"""Every migration this release knows, oldest first."""

# Ids and time stamps are ordered by their bytes, on every database alike.
_KEY = Text().with_variant(Text(collation="C"), "postgresql")

metadata = MetaData()

documents = Table(
    "documents",
    metadata,
    Column("kind", _KEY, primary_key=True),
    Column("id", _KEY, primary_key=True),
    Column("generation", Integer, nullable=False),
    Column("digest", String(71), nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", _KEY, nullable=False),
    Column("updated_at", _KEY, nullable=False),
    # The audit record that created it and the place within that change: the order of listing.
    Column("created_seq", BigInteger, nullable=False),
    Column("created_rank", Integer, nullable=False),
    Index("documents_in_order", "kind", "created_seq", "created_rank"),
)

audit = Table(
    "audit",
    metadata,
    Column(
        "seq",
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("body", LargeBinary, nullable=False),
    Column("hash", String(64), nullable=False),
)

steps = Table(
    "steps",
    metadata,
    Column("key", _KEY, primary_key=True),
    Column("output", Text, nullable=False),
    Column("created_at", _KEY, nullable=False),
)

interactions = Table(
    "interactions",
    metadata,
    Column("id", _KEY, primary_key=True),
    Column("route", _KEY, nullable=False),
    Column("manifest", _KEY, nullable=False),
    Column("arm", _KEY, nullable=False),
    Column("created_at", _KEY, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("body", Text, nullable=False),
    Index("interactions_in_order", "created_at", "id"),
    Index("interactions_of_route", "route", "created_at", "id"),
    # The key that the body is sealed under; empty where it stands in the clear.
    Column("key", _KEY, nullable=False, server_default=""),
    Index("interactions_of_manifest", "manifest", "created_at"),
    Index("interactions_by_key", "key"),
)

feedback = Table(
    "feedback",
    metadata,
    Column("id", _KEY, primary_key=True),
    # Not a foreign key: feedback may arrive before another gateway's spool has drained.
    Column("interaction", _KEY, nullable=False),
    Column("created_at", _KEY, nullable=False),
    Column("body", Text, nullable=False),
    Column("key", _KEY, nullable=False, server_default=""),
    Index("feedback_in_order", "created_at", "id"),
    Index("feedback_of_interaction", "interaction", "created_at", "id"),
    Index("feedback_by_key", "key"),
)

sealing = Table(
    "sealing",
    metadata,
    Column("one", Integer, primary_key=True, autoincrement=False),
    # The ring of keys that belongs to this ledger; no row while nothing was sealed.
    Column("ring", _KEY, nullable=False),
)

label_items = Table(
    "label_items",
    metadata,
    Column("queue", _KEY, primary_key=True),
    Column("id", _KEY, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("need", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Index("label_items_in_order", "queue", "position"),
)

annotations = Table(
    "annotations",
    metadata,
    Column("id", _KEY, primary_key=True),
    Column("queue", _KEY, nullable=False),
    Column("item", _KEY, nullable=False),
    Column("person", _KEY, nullable=False),
    Column("guide", String(71), nullable=False),
    Column("skipped", Boolean, nullable=False),
    # What it takes the place of: a person can answer an item once, and replace an answer once.
    Column("replaces", _KEY, nullable=False),
    Column("batch", String(71), nullable=False),
    Column("position", BigInteger().with_variant(Integer, "sqlite"), nullable=False),
    Column("body", Text, nullable=False),
    Index("annotations_in_order", "queue", "position"),
    Index("annotations_of_item", "queue", "item"),
    Index("annotations_once", "queue", "item", "person", "replaces", unique=True),
)

label_leases = Table(
    "label_leases",
    metadata,
    Column("queue", _KEY, primary_key=True),
    Column("person", _KEY, primary_key=True),
    Column("item", _KEY, nullable=False),
    Column("guide", String(71), nullable=False),
    Column("until", _KEY, nullable=False),
)

answers = Table(
    "answers",
    metadata,
    Column("key", _KEY, primary_key=True),
    Column("digest", String(71), nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", _KEY, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", _KEY, primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("project", _KEY, nullable=False),
    Column("person", _KEY, nullable=False),
    Column("method", _KEY, nullable=False),
    Column("made_at", _KEY, nullable=False),
    Column("seen_at", _KEY, nullable=False),
    Column("ends_at", _KEY, nullable=False),
    Index("sessions_by_token", "digest", unique=True),
)

tickets = Table(
    "tickets",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("kind", _KEY, nullable=False),
    Column("project", _KEY, nullable=False),
    Column("person", _KEY, nullable=False),
    Column("until", _KEY, nullable=False),
)

tries = Table(
    "tries",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("count", Integer, nullable=False),
    Column("last", _KEY, nullable=False),
)
