"""`graders serve`: the OpenAI-compatible server."""

import errno
import ipaddress
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graders.cli.console import say
from graders.cli.documents import EmbedderOption
from graders.cli.exits import exit_codes
from graders.cli.options import JudgeOptions, SandboxOptions, expanded
from graders.endpoints import is_address, without_credentials
from graders.errors import DataError, GradersError, MissingExtraError

if TYPE_CHECKING:
    from graders.server import Settings

KEY_VARIABLE = "GRADERS_API_KEY"


@expanded
def serve(
    *,
    host: Annotated[
        str, typer.Option(help="The address to listen on; one beyond this machine demands a key.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 stands for one that is free.")] = 8000,
    store: Annotated[
        Path, typer.Option(metavar="DIR", file_okay=False, help="Where everything is kept.")
    ] = Path("graders-store"),
    database: Annotated[
        str | None, typer.Option(metavar="URL", help="Another database than SQLite in the store's folder.")
    ] = None,
    api_key_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help=f"The keys that are let in, one a line; {KEY_VARIABLE} holds another one.",
        ),
    ] = None,
    allowed_host: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Another name that requests may call this server by; repeatable."),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, metavar="N", help="Processes that answer requests.")] = 1,
    runs_at_once: Annotated[int, typer.Option(min=1, metavar="N", help="The most runs graded at once.")] = 4,
    model_base_url: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="The OpenAI-compatible server that has the models: runs sample from it, and it judges "
            "unless --judge names another.",
        ),
    ] = None,
    webhook: Annotated[
        list[str] | None,
        typer.Option(metavar="URL", help="Tell this address when a run has ended; repeatable."),
    ] = None,
    webhook_secret_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="The secret, whsec_…, that signs these messages.",
        ),
    ] = None,
    judging: JudgeOptions,
    embedder: EmbedderOption = None,
    confining: SandboxOptions,
) -> None:
    """Serve graders, evals and files to the official client; base_url is http://127.0.0.1:8000/v1.

    Runs go on when the server is started again. Ctrl-C ends it.
    """
    if bool(webhook) != (webhook_secret_file is not None):
        raise typer.BadParameter("--webhook and --webhook-secret-file need each other")
    for url in filter(None, (model_base_url, *(webhook or ()))):
        if not is_address(url):
            raise typer.BadParameter(f"expected an http or https address; got {without_credentials(url)!r}")
    with exit_codes():
        _require_extra()
        from graders.server.settings import Settings, digests_of

        keys = digests_of(_keys(api_key_file))
        if not keys and not _is_loopback(host):
            raise typer.BadParameter(f"{host} is reached from elsewhere: --api-key-file or {KEY_VARIABLE}")
        settings = Settings(
            store=store.resolve(),
            database=database,
            host=host,
            allowed_hosts=tuple(allowed_host or ()),
            keys=keys,
            judge=judging.judge or (f"openai@{model_base_url}" if model_base_url else None),
            embedder=embedder,
            asking=judging.asking(),
            confinement=confining.confinement(),
            media_root=judging.media_root,
            runs_at_once=runs_at_once,
            model_base_url=model_base_url,
            webhooks=tuple(dict.fromkeys(webhook or ())),
            webhook_secret=_secret(webhook_secret_file),
        )
        _serve(settings, port, workers)


def _serve(settings: "Settings", port: int, workers: int) -> None:
    from graders.server import supervisor
    from graders.store import Store

    if settings.confinement.level != "full":
        say("warning", f"sources of python graders run at sandbox level {settings.confinement.level}")
    Store(settings.store, settings.database).close()  # what is wrong with it is said at once
    try:
        listening = supervisor.listening_socket(settings.host, port)
    except OSError as error:
        other = "; --port names another one, 0 one that is free" if error.errno == errno.EADDRINUSE else ""
        reason = (error.strerror or str(error)).lower()
        raise GradersError(f"{settings.host}:{port}: {reason}{other}") from None
    url = f"{supervisor.url_of(listening)}/v1"
    with listening:
        supervisor.serve(settings, listening, workers, lambda: print(url, flush=True))


def _require_extra() -> None:
    try:
        import fastapi
        import jsonschema
        import python_multipart
        import regex
        import sqlalchemy
        import uvicorn
    except ImportError:
        raise MissingExtraError("graders serve", "server") from None
    del fastapi, jsonschema, python_multipart, regex, sqlalchemy, uvicorn


def _keys(file: Path | None) -> list[str]:
    keys = [os.environ.get(KEY_VARIABLE, "")]
    if file is not None:
        try:
            keys += file.read_text(encoding="utf-8-sig").splitlines()
        except UnicodeDecodeError:
            raise DataError(f"{file}: not UTF-8") from None
        if not any(key.strip() for key in keys[1:]):
            raise DataError(f"{file}: there is no key in it")
    return keys


def _secret(file: Path | None) -> bytes:
    from graders.server.webhooks import secret_of

    try:
        return b"" if file is None else secret_of(file.read_text(encoding="utf-8-sig"))
    except (DataError, UnicodeDecodeError) as error:
        said = error if isinstance(error, DataError) else "not UTF-8"
        raise DataError(f"{file}: {said}") from None


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
