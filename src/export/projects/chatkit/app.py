"""The web application: the page at /, the ChatKit back end at /chatkit."""

import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from agents import Model
from chatkit.server import StreamingResult
from chatkit.store import NotFoundError
from chatkit.types import ChatKitReq
from fastapi import FastAPI, Request
from fastapi.middleware.trustedhost import TrustedHostMiddleware
from fastapi.responses import JSONResponse, Response, StreamingResponse
from fastapi.staticfiles import StaticFiles
from pydantic import TypeAdapter, ValidationError

from chat import ActionRefused, ToolfaceChat, show
from project import load
from store import Caller, SqliteStore
from team import ServerGone, connecting

HERE = Path(__file__).parent

HOSTS = [host.strip() for host in os.environ.get("CHATKIT_HOSTS", "127.0.0.1,localhost").split(",")]
"""Names this is reached by. Others are refused, so that no foreign name can be pointed at this machine."""


_REQUEST: TypeAdapter[ChatKitReq] = TypeAdapter(ChatKitReq)


def caller(request: Request) -> Caller:
    """Who asks. Everybody is one user here: put your authentication in this place before others can reach the app."""
    return Caller(user="local")


def foreign(request: Request) -> bool:
    """Whether a page of another site sent this: the user is at it, but did not ask for it."""
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != request.headers.get("host")


def create_app(model: Model | None = None) -> FastAPI:
    """The application; `model` is for all agents, by default the SDK's own."""
    project = load()
    if model is None and not os.environ.get("OPENAI_API_KEY"):
        logging.getLogger("toolface").warning("OPENAI_API_KEY is not set: the model will answer nothing.")

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with connecting(project, show) as connect:
            store = SqliteStore(os.environ.get("CHATKIT_DATABASE", str(HERE / "threads.sqlite")))
            app.state.chat = ToolfaceChat(project, store, connect, model)
            yield
            store.close()

    app = FastAPI(title=project["server"]["name"], lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=HOSTS)

    @app.post("/chatkit")
    async def chatkit(request: Request) -> Response:
        if foreign(request):
            return JSONResponse({"error": "this is for the page of this server"}, status_code=403)
        body = await request.body()
        try:
            _REQUEST.validate_json(body)
        except ValidationError:
            return JSONResponse({"error": "this is no request that ChatKit's page sends"}, status_code=400)
        chat: ToolfaceChat = request.app.state.chat
        result = await chat.process(body, caller(request))
        if isinstance(result, StreamingResult):
            events = aiter(result)
            # A thread or an item that is not there shows before the first event: an answer, not a stream cut off.
            return StreamingResponse(_again(await anext(events), events), media_type="text/event-stream")
        return Response(result.json, media_type="application/json")

    @app.exception_handler(ActionRefused)
    async def refused(request: Request, error: ActionRefused) -> JSONResponse:
        return JSONResponse({"error": str(error)}, status_code=422)

    @app.exception_handler(NotFoundError)
    async def missing(request: Request, error: NotFoundError) -> JSONResponse:
        return JSONResponse({"error": str(error)}, status_code=404)

    @app.exception_handler(ServerGone)
    async def gone(request: Request, error: ServerGone) -> JSONResponse:
        return JSONResponse({"error": str(error)}, status_code=503)

    app.mount("/", StaticFiles(directory=HERE / "static", html=True))
    return app


async def _again(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for event in rest:
        yield event
