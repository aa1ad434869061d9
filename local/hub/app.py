"""The part of the Hub's HTTP API that huggingface_hub needs for downloads."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.hub.content import parse_range, stream_file
from local.hub.errors import HubError, reply
from local.hub.faults import Faults
from local.hub.gate import Gate
from local.hub.record import HubLog
from local.hub.repository import Repositories, RepositoryFile, Snapshot, hash_tree, is_repo_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.requests import Request


def create_app(
    root: Path | Iterable[Path], faults: Faults | None = None, record: HubLog | None = None
) -> Starlette:
    """The ASGI app of a Hub. ``faults`` controls it, and ``record`` logs its requests."""
    faults, record = faults or Faults(), record or HubLog()
    hub = _Hub(Repositories(root), faults)
    repo = "/api/models/{owner}/{name}"
    routes = [
        Route(repo, hub.info),
        Route(f"{repo}/revision/{{revision}}", hub.info),
        Route(f"{repo}/tree/{{revision}}", hub.tree),
        Route(f"{repo}/tree/{{revision}}/{{path:path}}", hub.tree),
        Route("/{owner}/{name}/resolve/{revision}/{path:path}", hub.resolve),
    ]
    gate = Middleware(Gate, faults=faults, record=record)
    app = Starlette(routes=routes, middleware=[gate], exception_handlers={HubError: reply})
    app.router.redirect_slashes = False
    return app


class _Hub:
    """The endpoints. They read the disk, so they are not async: Starlette runs them in worker threads."""

    def __init__(self, repositories: Repositories, faults: Faults) -> None:
        self._repositories = repositories
        self._faults = faults

    def info(self, request: Request) -> Response:
        """Answer ``model_info``, with which a client resolves ``main`` to a commit."""
        snapshot = self._snapshot(request)
        with_blobs = _flag(request, "blobs")
        moment = _last_modified(snapshot.entries.values())
        return JSONResponse(
            {
                "id": snapshot.repo_id,
                "modelId": snapshot.repo_id,
                "author": snapshot.repo_id.partition("/")[0],
                "sha": snapshot.commit,
                "createdAt": moment,
                "lastModified": moment,
                "private": False,
                "gated": "manual" if snapshot.repo_id in self._faults.gated else False,
                "disabled": False,
                "tags": [],
                "siblings": [_sibling(entry, with_blobs) for entry in snapshot.entries.values()],
            }
        )

    def tree(self, request: Request) -> Response:
        """Answer the list of a commit's files, with sizes and hashes."""
        snapshot, folder = self._snapshot(request), _path_part(request, "path").rstrip("/")
        entries = snapshot.under(folder)
        if folder and not entries:
            raise HubError(404, "EntryNotFound", "Entry not found", snapshot.commit)
        items = _tree_items(snapshot, folder, entries, _flag(request, "recursive"))
        if _flag(request, "expand"):
            commit = {"id": snapshot.commit, "title": "As on disk", "date": _last_modified(entries)}
            items = [{**item, "lastCommit": commit} for item in items]
        return JSONResponse(items)

    def resolve(self, request: Request) -> Response:
        """Answer the bytes of one file; for HEAD only the headers that the client's cache needs."""
        snapshot, path = self._snapshot(request), request.scope["path"]
        entry = snapshot.entries.get(_path_part(request, "path"))
        if entry is None:
            raise HubError(404, "EntryNotFound", "Entry not found", snapshot.commit)
        headers = {"X-Repo-Commit": snapshot.commit, "ETag": f'"{entry.digest}"', "Accept-Ranges": "bytes"}
        storage = self._faults.get_redirect_url(path)
        if entry.is_lfs or storage:
            headers |= {"X-Linked-Etag": f'"{entry.digest}"', "X-Linked-Size": str(entry.size)}
        if storage:
            return Response(status_code=302, headers={**headers, "Location": storage})
        if request.method == "HEAD":
            return Response(headers={**headers, "Content-Length": str(entry.size)})
        span = parse_range(request.headers.get("range"), entry.size)
        return stream_file(entry, span, headers, self._faults, path)

    def _snapshot(self, request: Request) -> Snapshot:
        """The repository at the requested revision; raises :class:`HubError` if the caller may not see it."""
        owner, name = _path_part(request, "owner"), _path_part(request, "name")
        snapshot = self._repositories.find(owner, name)
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token in self._faults.revoked:  # the real Hub sends no error code here
            raise HubError(401, "", "Invalid credentials in Authorization header")
        if snapshot is None:  # without a token, the real Hub does not say which private repositories exist
            is_stranger = not token and is_repo_name(owner) and is_repo_name(name)
            raise HubError(401 if is_stranger else 404, "RepoNotFound", "Repository not found")
        if snapshot.repo_id in self._faults.gated and token not in self._faults.tokens:
            raise HubError(403, "GatedRepo", f"Access to model {snapshot.repo_id} is restricted.")
        if _path_part(request, "revision", "main") not in ("main", snapshot.commit):
            raise HubError(404, "RevisionNotFound", "Invalid rev id")
        return snapshot


def _path_part(request: Request, name: str, default: str = "") -> str:
    """One part of the path. It is decoded after the path was split, so it may contain a slash."""
    return unquote(request.path_params.get(name, default))


def _flag(request: Request, name: str) -> bool:
    return request.query_params.get(name, "").lower() in ("true", "1")


def _last_modified(entries: Iterable[RepositoryFile]) -> str:
    newest = max((entry.modified for entry in entries), default=0.0)
    return datetime.fromtimestamp(newest, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _sibling(entry: RepositoryFile, with_blobs: bool) -> dict[str, Any]:
    item: dict[str, Any] = {"rfilename": entry.path}
    if with_blobs:
        item |= {"size": entry.size, "blobId": entry.oid}
        if entry.is_lfs:
            item["lfs"] = {"sha256": entry.digest, "size": entry.size, "pointerSize": len(entry.pointer)}
    return item


def _tree_items(
    snapshot: Snapshot, folder: str, entries: list[RepositoryFile], recursive: bool
) -> list[dict[str, Any]]:
    """Folders, then files; without ``recursive`` only direct children."""
    home = PurePosixPath(folder)
    parents = {parent for entry in entries for parent in PurePosixPath(entry.path).parents}
    folders = sorted(path for path in parents if path.is_relative_to(home) and path != home)
    return [
        {"type": "directory", "oid": hash_tree(snapshot.under(str(path))), "size": 0, "path": str(path)}
        for path in folders
        if recursive or path.parent == home
    ] + [_tree_file(entry) for entry in entries if recursive or PurePosixPath(entry.path).parent == home]


def _tree_file(entry: RepositoryFile) -> dict[str, Any]:
    item: dict[str, Any] = {"type": "file", "oid": entry.oid, "size": entry.size, "path": entry.path}
    if entry.is_lfs:
        item["lfs"] = {"oid": entry.digest, "size": entry.size, "pointerSize": len(entry.pointer)}
    return item
