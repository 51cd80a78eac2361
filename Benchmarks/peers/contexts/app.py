"""What a team would write instead: contexts and participants with FastAPI, SQLAlchemy and asyncpg.

The same routes, rules and rows as Heddle's for the operations that are measured: bodies are checked, an edit locks its row
and raises its version, every change stores an event in its transaction, and the answers have the same members.
"""

import contextlib
import datetime
import json
import os
import uuid

from fastapi import Depends, FastAPI, HTTPException, Query, Response
from fastapi.responses import ORJSONResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import BigInteger, ForeignKeyConstraint, Identity, Index, Text, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

TENANT = "default"
engine = create_async_engine(os.environ["PEER_DATABASE"], pool_size=int(os.environ.get("PEER_POOL", "10")),
                             max_overflow=0)
sessions = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class Context(Base):
    __tablename__ = "context"
    sequence: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(Text)
    context_id: Mapped[str] = mapped_column(Text)
    type: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text, default="active")
    owner_id: Mapped[str] = mapped_column(Text, default="local")
    version: Mapped[int] = mapped_column(BigInteger, default=1)
    participant_count: Mapped[int] = mapped_column(BigInteger, default=0)
    session_count: Mapped[int] = mapped_column(BigInteger, default=0)
    max_participants: Mapped[int] = mapped_column(BigInteger)
    max_sessions: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)
    last_activity_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int | None] = mapped_column(BigInteger)
    clean_up_at: Mapped[int | None] = mapped_column(BigInteger)
    join_token: Mapped[str] = mapped_column(Text)
    attributes: Mapped[str] = mapped_column(Text)
    search_text: Mapped[str] = mapped_column(Text)
    labels: Mapped[dict] = mapped_column(JSONB)
    __table_args__ = (
        Index("context_by_id", "tenant_id", "context_id", unique=True),
        Index("context_by_type", "tenant_id", "type", "status", "sequence"),
        Index("context_by_status", "tenant_id", "status", "sequence"),
        Index("context_by_owner", "tenant_id", "owner_id", "sequence"),
        Index("context_sizes", "tenant_id", "status", "participant_count"),
        Index("context_clean_up", "clean_up_at", postgresql_where=text("clean_up_at IS NOT NULL")),
        Index("context_labels", "labels", postgresql_using="gin", postgresql_ops={"labels": "jsonb_path_ops"}),
    )


class Participant(Base):
    __tablename__ = "context_participant"
    tenant_id: Mapped[str] = mapped_column(Text, primary_key=True)
    context_id: Mapped[str] = mapped_column(Text, primary_key=True)
    participant_id: Mapped[str] = mapped_column(Text, primary_key=True)
    agent_id: Mapped[str] = mapped_column(Text)
    type: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text, default="active")
    version: Mapped[int] = mapped_column(BigInteger, default=1)
    joined_at: Mapped[int] = mapped_column(BigInteger)
    last_activity_at: Mapped[int] = mapped_column(BigInteger)
    left_at: Mapped[int | None] = mapped_column(BigInteger)
    attributes: Mapped[str] = mapped_column(Text)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "context_id"], ["context.tenant_id", "context.context_id"],
                             ondelete="CASCADE"),
        Index("context_participant_agent", "tenant_id", "context_id", "agent_id", unique=True,
              postgresql_where=text("left_at IS NULL")),
        Index("context_participant_left", "left_at", postgresql_where=text("left_at IS NOT NULL")),
    )


class Event(Base):
    __tablename__ = "context_event"
    sequence: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(Text)
    occurred_at: Mapped[int] = mapped_column(BigInteger)
    context_id: Mapped[str | None] = mapped_column(Text)
    type: Mapped[str] = mapped_column(Text)
    principal: Mapped[str] = mapped_column(Text, default="local")
    data: Mapped[str] = mapped_column(Text)
    __table_args__ = (Index("context_event_of", "tenant_id", "context_id", "sequence"),
                      Index("context_event_age", "occurred_at"))


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Configuration(Strict):
    max_participants: int = Field(10, ge=1, le=1_000_000)
    max_sessions: int = Field(5, ge=0, le=10_000)
    timeout_ms: int = Field(3_600_000, ge=1000)
    persistence_level: str = "session"
    isolation_level: str = "shared"
    auto_cleanup: bool = True
    cleanup_delay_ms: int = Field(300_000, ge=0)


class Metadata(Strict):
    description: str | None = Field(None, max_length=4096)
    tags: list[str] = []
    category: str | None = None
    priority: str = "normal"
    custom_data: dict = {}


class ContextBody(Strict):
    name: str = Field(min_length=1, max_length=255)
    type: str
    description: str | None = Field(None, max_length=4096)
    configuration: Configuration = Configuration()
    metadata: Metadata = Metadata()


class ParticipantBody(Strict):
    agent_id: str = Field(min_length=1, max_length=255)
    participant_type: str = "agent"
    display_name: str | None = Field(None, max_length=255)
    roles: list[str] = []
    capabilities: list[str] = []


@contextlib.asynccontextmanager
async def lifespan(_: FastAPI):
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan, default_response_class=ORJSONResponse)


async def session():
    async with sessions() as opened:
        yield opened


def now() -> int:
    return int(datetime.datetime.now(datetime.timezone.utc).timestamp() * 1000)


def moment(milliseconds: int | None) -> str | None:
    if milliseconds is None:
        return None
    time = datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.timezone.utc)
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def shown(context: Context) -> dict:
    return {"context_id": context.context_id, **json.loads(context.attributes), "status": context.status,
            "version": context.version, "participant_count": context.participant_count,
            "session_count": context.session_count, "created_at": moment(context.created_at),
            "updated_at": moment(context.updated_at), "last_activity_at": moment(context.last_activity_at),
            "expires_at": moment(context.expires_at)}


def member(participant: Participant) -> dict:
    return {"participant_id": participant.participant_id, "agent_id": participant.agent_id,
            "context_id": participant.context_id, **json.loads(participant.attributes), "status": participant.status,
            "version": participant.version, "joined_at": moment(participant.joined_at),
            "last_activity_at": moment(participant.last_activity_at)}


def merged(target, patch):
    """RFC 7396."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


def set_attributes(context: Context, body: ContextBody) -> None:
    context.type = body.type
    context.attributes = body.model_dump_json(exclude_none=True)
    context.labels = body.metadata.model_dump()
    context.search_text = " ".join(f"{body.name} {body.description or ''}".lower().split())
    context.max_participants, context.max_sessions = body.configuration.max_participants, body.configuration.max_sessions
    context.expires_at = context.created_at + body.configuration.timeout_ms
    context.clean_up_at = context.expires_at + body.configuration.cleanup_delay_ms


def event(kind: str, context_id: str, at: int, **data) -> Event:
    return Event(tenant_id=TENANT, occurred_at=at, context_id=context_id, type=kind, data=json.dumps(data))


async def found(database: AsyncSession, context_id: str, lock: bool = False) -> Context:
    query = select(Context).where(Context.tenant_id == TENANT, Context.context_id == context_id)
    context = (await database.execute(query.with_for_update() if lock else query)).scalar_one_or_none()
    if context is None:
        raise HTTPException(404, "there is no such context")
    return context


@app.get("/healthz")
async def healthz():
    return {"status": "ok"}


@app.post("/api/v1/contexts", status_code=201)
async def create(body: ContextBody, database: AsyncSession = Depends(session)):
    at = now()
    context = Context(tenant_id=TENANT, context_id=str(uuid.uuid4()), created_at=at, updated_at=at, last_activity_at=at,
                      join_token=str(uuid.uuid4()))
    set_attributes(context, body)
    database.add_all([context, event("context.created", context.context_id, at, name=body.name, type=body.type)])
    await database.commit()
    return shown(context)


@app.get("/api/v1/contexts")
async def list_contexts(limit: int = Query(20, ge=1, le=100), cursor: str | None = None,
                        database: AsyncSession = Depends(session)):
    query = select(Context).where(Context.tenant_id == TENANT)
    if cursor:
        query = query.where(Context.sequence < int(cursor, 16))
    rows = (await database.execute(query.order_by(Context.sequence.desc()).limit(limit + 1))).scalars().all()
    more = len(rows) > limit
    return {"items": [shown(row) for row in rows[:limit]], "has_more": more,
            "next_cursor": f"{rows[limit - 1].sequence:x}" if more else None}


@app.get("/api/v1/contexts/{context_id}")
async def get(context_id: str, database: AsyncSession = Depends(session)):
    return shown(await found(database, context_id))


@app.patch("/api/v1/contexts/{context_id}")
async def update(context_id: str, patch: dict, database: AsyncSession = Depends(session)):
    at = now()
    context = await found(database, context_id, lock=True)
    set_attributes(context, ContextBody(**merged(json.loads(context.attributes), patch)))
    context.version += 1
    context.updated_at = context.last_activity_at = at
    database.add(event("context.updated", context_id, at, version=context.version, members=list(patch)))
    await database.commit()
    return shown(context)


@app.delete("/api/v1/contexts/{context_id}", status_code=204)
async def delete(context_id: str, database: AsyncSession = Depends(session)):
    context = await found(database, context_id, lock=True)
    await database.delete(context)
    database.add(event("context.deleted", context_id, now()))
    await database.commit()
    return Response(status_code=204)


@app.post("/api/v1/contexts/{context_id}/participants", status_code=201)
async def join(context_id: str, body: ParticipantBody, database: AsyncSession = Depends(session)):
    at = now()
    context = await found(database, context_id, lock=True)
    if context.participant_count >= context.max_participants:
        raise HTTPException(409, "the context is full")
    participant = Participant(
        tenant_id=TENANT, context_id=context_id, participant_id=str(uuid.uuid4()), agent_id=body.agent_id,
        type=body.participant_type, joined_at=at, last_activity_at=at,
        attributes=body.model_dump_json(exclude={"agent_id"}, exclude_none=True))
    context.participant_count += 1
    context.last_activity_at = at
    database.add_all([participant, event("context.participant.joined", context_id, at, agent_id=body.agent_id)])
    try:
        await database.commit()
    except IntegrityError as error:
        raise HTTPException(409, "the agent takes part already") from error
    return member(participant)


@app.get("/api/v1/contexts/{context_id}/participants")
async def members(context_id: str, limit: int = Query(20, ge=1, le=100), database: AsyncSession = Depends(session)):
    context = await found(database, context_id)
    query = select(Participant).where(Participant.tenant_id == TENANT, Participant.context_id == context_id,
                                      Participant.left_at.is_(None))
    rows = (await database.execute(query.order_by(Participant.participant_id).limit(limit + 1))).scalars().all()
    return {"items": [member(row) for row in rows[:limit]], "has_more": len(rows) > limit,
            "total": context.participant_count}


async def seated(database: AsyncSession, context_id: str, participant_id: str) -> tuple[Context, Participant]:
    context = await found(database, context_id, lock=True)
    participant = await database.get(Participant, (TENANT, context_id, participant_id))
    if participant is None:
        raise HTTPException(404, "the context has no such participant")
    return context, participant


@app.patch("/api/v1/contexts/{context_id}/participants/{participant_id}")
async def change(context_id: str, participant_id: str, patch: dict, database: AsyncSession = Depends(session)):
    at = now()
    context, participant = await seated(database, context_id, participant_id)
    body = ParticipantBody(agent_id=participant.agent_id, **merged(json.loads(participant.attributes), patch))
    participant.attributes = body.model_dump_json(exclude={"agent_id"}, exclude_none=True)
    participant.version += 1
    participant.last_activity_at = context.last_activity_at = at
    database.add(event("context.participant.updated", context_id, at, participant_id=participant_id))
    await database.commit()
    return member(participant)


@app.delete("/api/v1/contexts/{context_id}/participants/{participant_id}", status_code=204)
async def leave(context_id: str, participant_id: str, database: AsyncSession = Depends(session)):
    at = now()
    context, participant = await seated(database, context_id, participant_id)
    if participant.left_at is not None:
        raise HTTPException(409, "the participant has left")
    participant.status, participant.left_at, participant.last_activity_at = "left", at, at
    participant.version += 1
    context.participant_count -= 1
    context.last_activity_at = at
    kinds = ("context.participant.left", "participant.tasks.cancel", "participant.resources.transfer")
    database.add_all([event(kind, context_id, at, participant_id=participant_id) for kind in kinds])
    await database.commit()
    return Response(status_code=204)


async def make_tables() -> None:
    """Run once, before the workers start."""
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        await connection.execute(text(
            "ALTER TABLE context ADD COLUMN search_words TSVECTOR GENERATED ALWAYS AS "
            "(array_to_tsvector(string_to_array(search_text, ' '))) STORED"))
        await connection.execute(text("CREATE INDEX context_words ON context USING GIN (search_words)"))
    await engine.dispose()
