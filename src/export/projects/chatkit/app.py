"""The web application: the page at /, the ChatKit back end at /chatkit."""

import os
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from urllib.parse import urlsplit

from agents import Model
from agents.mcp import MCPServer
from chatkit.server import StreamingResult
from chatkit.store import NotFoundError
from fastapi import FastAPI, Request
from fastapi.middleware.trustedhost import TrustedHostMiddleware
from fastapi.responses import JSONResponse, Response, StreamingResponse
from fastapi.staticfiles import StaticFiles

from chat import ActionRefused, Connect, ToolfaceChat, show
from project import load
from store import Caller, SqliteStore
from team import connection

HERE = Path(__file__).parent

HOSTS = os.environ.get("CHATKIT_HOSTS", "127.0.0.1,localhost").split(",")
"""Names this is reached by. Others are refused, so that no foreign name can be pointed at this machine."""


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

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with connect_each_turn() as connect:
            store = SqliteStore(os.environ.get("CHATKIT_DATABASE", str(HERE / "threads.sqlite")))
            app.state.chat = ToolfaceChat(project, store, connect, model)
            yield
            store.close()

    @asynccontextmanager
    async def connect_each_turn() -> AsyncIterator[Connect]:
        """Over HTTP each turn has a connection, so users do not wait for each other. A process is started only once."""
        if "TOOLFACE_STDIO" in os.environ:
            async with connection(project, show) as kept:
                yield lambda: nullcontext(kept)
        else:

            def opened() -> AbstractAsyncContextManager[MCPServer]:
                return connection(project, show)

            yield opened

    app = FastAPI(title=project["server"]["name"], lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=HOSTS)

    @app.post("/chatkit")
    async def chatkit(request: Request) -> Response:
        if foreign(request):
            return JSONResponse({"error": "this is for the page of this server"}, status_code=403)
        chat: ToolfaceChat = request.app.state.chat
        result = await chat.process(await request.body(), caller(request))
        if isinstance(result, StreamingResult):
            return StreamingResponse(result, media_type="text/event-stream")
        return Response(result.json, media_type="application/json")

    @app.exception_handler(ActionRefused)
    async def refused(request: Request, error: ActionRefused) -> JSONResponse:
        return JSONResponse({"error": str(error)}, status_code=422)

    @app.exception_handler(NotFoundError)
    async def missing(request: Request, error: NotFoundError) -> JSONResponse:
        return JSONResponse({"error": str(error)}, status_code=404)

    app.mount("/", StaticFiles(directory=HERE / "static", html=True))
    return app
