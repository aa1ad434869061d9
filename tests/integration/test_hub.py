"""The local Hub, asked by the official client: what passes for the real one there is fit to build on."""

import hashlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from huggingface_hub import (
    HfApi,
    get_hf_file_metadata,
    hf_hub_download,
    hf_hub_url,
    snapshot_download,
)
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils._http import parse_ratelimit_headers

from local.hub import repository as hub_repository
from local.hub.server import Faults, HubServer

REPO = "acme/tiny"
CONFIG = b'{"model_type": "bert"}\n'
HELLO = b"hello\n"
WEIGHTS = bytes(range(256)) * 400
SECRET = b"canary-outside-the-repository"
MEBIBYTE = 1024 * 1024


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """One repository with a small file, a large-file one, and one in a folder."""
    folder = tmp_path / "root" / REPO
    (folder / "onnx").mkdir(parents=True)
    (folder / "config.json").write_bytes(CONFIG)
    (folder / "hello.txt").write_bytes(HELLO)
    (folder / "model.safetensors").write_bytes(WEIGHTS)
    (folder / "onnx" / "notes.txt").write_bytes(b"in a folder")
    return tmp_path / "root"


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def hub(root: Path, faults: Faults) -> Iterator[HubServer]:
    with HubServer(root, faults) as server:
        yield server


@pytest.fixture
def api(hub: HubServer) -> HfApi:
    return HfApi(endpoint=hub.url, token=False)


def fetch(hub: HubServer, cache: Path, **options: Any) -> Path:
    """snapshot_download with nothing taken from this machine's own settings."""
    options = {"token": False, **options}
    return Path(snapshot_download(REPO, endpoint=hub.url, cache_dir=cache, **options))


def ask(hub: HubServer, path: str, method: str = "GET", **headers: str) -> SimpleNamespace:
    """A request sent as it is written: real clients tidy paths up before anybody could see what happens."""
    host, port = hub.url.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=10)
    try:
        connection.request(method, path, headers=headers)
        response = connection.getresponse()
        return SimpleNamespace(status=response.status, headers=response.headers, body=response.read())
    finally:
        connection.close()


def file_url(name: str, revision: str = "main") -> str:
    return f"/{REPO}/resolve/{revision}/{name}"


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


# What the client sees


def test_snapshot_of_main_and_of_its_commit_hold_every_file(
    hub: HubServer, api: HfApi, root: Path, tmp_path: Path
) -> None:
    by_name = fetch(hub, tmp_path / "a")
    commit = api.model_info(REPO).sha
    by_commit = fetch(hub, tmp_path / "b", revision=commit)
    assert by_name.name == by_commit.name == commit
    assert files(by_name) == files(by_commit) == files(root / REPO)


def test_cached_commit_needs_no_request_and_cached_main_needs_one(hub: HubServer, tmp_path: Path) -> None:
    commit = fetch(hub, tmp_path / "cache").name
    hub.record.clear()
    fetch(hub, tmp_path / "cache", revision=commit)
    assert (hub.record.lines, hub.record.file_bytes) == ([], 0)
    fetch(hub, tmp_path / "cache")
    assert hub.record.lines == [f"GET /api/models/{REPO}/revision/main"]


def test_patterns_at_a_commit_ask_for_the_tree_and_the_matching_files(
    hub: HubServer, api: HfApi, tmp_path: Path
) -> None:
    commit = api.model_info(REPO).sha or ""
    hub.record.clear()
    fetch(hub, tmp_path / "cache", revision=commit, allow_patterns=["*.json"])
    path = file_url("config.json", commit)
    assert hub.record.lines == [f"GET /api/models/{REPO}/tree/{commit}", f"HEAD {path}", f"GET {path}"]
    assert hub.record.file_bytes == len(CONFIG)


def test_model_info_names_files_with_git_and_lfs_hashes(api: HfApi) -> None:
    plain = api.model_info(REPO)
    assert [s.rfilename for s in plain.siblings or []] == [
        "config.json",
        "hello.txt",
        "model.safetensors",
        "onnx/notes.txt",
    ]
    assert all(s.size is None for s in plain.siblings or [])
    siblings = {s.rfilename: s for s in api.model_info(REPO, files_metadata=True).siblings or []}
    assert siblings["hello.txt"].blob_id == "ce013625030ba8dba906f756967f9e9ca394464a"  # git hash-object
    lfs = siblings["model.safetensors"].lfs
    assert lfs and (lfs.size, lfs.sha256) == (len(WEIGHTS), hashlib.sha256(WEIGHTS).hexdigest())


def test_tree_lists_one_level_or_all_or_a_folder(api: HfApi, root: Path) -> None:
    (root / REPO / "onnx" / "int8").mkdir()
    (root / REPO / "onnx" / "int8" / "deep.txt").touch()

    def paths(**options: Any) -> list[str]:
        return [item.path for item in api.list_repo_tree(REPO, **options)]

    top = ["onnx", "config.json", "hello.txt", "model.safetensors"]
    assert paths() == top
    inside = ["onnx/int8/deep.txt", "onnx/notes.txt"]
    assert paths(recursive=True) == ["onnx", "onnx/int8", *top[1:], *inside]
    assert paths(path_in_repo="onnx") == ["onnx/int8", "onnx/notes.txt"]
    assert paths(path_in_repo="onnx", recursive=True) == ["onnx/int8", *inside]
    with pytest.raises(EntryNotFoundError):
        paths(path_in_repo="onn")


def test_tree_entries_carry_what_a_verifier_needs(api: HfApi) -> None:
    items: dict[str, Any] = {
        each.path: each for each in api.list_repo_tree(REPO, recursive=True, expand=True)
    }
    weights, commit = items["model.safetensors"], api.model_info(REPO).sha
    sha256 = hashlib.sha256(WEIGHTS).hexdigest()
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n"
    pointer %= (sha256.encode(), len(WEIGHTS))
    assert (weights.size, weights.lfs.sha256, weights.lfs.pointer_size) == (
        len(WEIGHTS),
        sha256,
        len(pointer),
    )
    assert weights.blob_id == hashlib.sha1(b"blob %d\0" % len(pointer) + pointer).hexdigest()
    assert items["config.json"].lfs is None and items["config.json"].last_commit.oid == commit


def test_a_large_file_of_any_name_is_lfs(hub: HubServer, root: Path) -> None:
    (root / REPO / "vocab.txt").write_bytes(b"x" * 1_000_001)
    headers = ask(hub, file_url("vocab.txt"), "HEAD").headers
    assert (headers["X-Linked-Size"], headers["Content-Length"]) == ("1000001", "1000001")
    assert ask(hub, file_url("config.json"), "HEAD").headers["X-Linked-Size"] is None


def test_an_edit_moves_main_and_leaves_the_old_commit_unknown(hub: HubServer, api: HfApi, root: Path) -> None:
    before = api.model_info(REPO).sha
    config = root / REPO / "config.json"
    times = config.stat().st_atime_ns, config.stat().st_mtime_ns
    config.write_bytes(CONFIG.replace(b"bert", b"gpt2"))
    os.utime(config, ns=times)  # same size, same time: still another file
    assert api.model_info(REPO).sha != before
    with pytest.raises(RevisionNotFoundError):
        api.model_info(REPO, revision=before)
    config.write_bytes(CONFIG)
    assert api.model_info(REPO).sha == before  # the id is made from the contents alone


def test_of_two_roots_the_first_wins(root: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    for repo in (REPO, "acme/second"):
        (other / repo).mkdir(parents=True)
        (other / repo / "config.json").write_bytes(b"other")
    with HubServer([root, other]) as hub:
        assert ask(hub, file_url("config.json")).body == CONFIG
        assert ask(hub, "/acme/second/resolve/main/config.json").body == b"other"


def test_content_is_hashed_once_however_many_clients_come(
    hub: HubServer, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    original = hub_repository.hash_file

    def counting(file: Path, *rest: Any) -> str:
        hashed.append(file.name)
        return original(file, *rest)

    monkeypatch.setattr(hub_repository, "hash_file", counting)
    with ThreadPoolExecutor(8) as pool:
        folders = list(pool.map(lambda i: fetch(hub, tmp_path / str(i)), range(8)))
    expected = files(root / REPO)
    assert [files(folder) for folder in folders] == [expected] * 8
    assert sorted(hashed) == ["config.json", "hello.txt", "model.safetensors", "notes.txt"]
    assert hub.record.file_bytes == 8 * sum(map(len, expected.values()))


# Ranges


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=6-", slice(6, None)),
        ("bytes=6-9", slice(6, 10)),
        ("bytes=6-6", slice(6, 7)),
        ("bytes=-5", slice(-5, None)),
        ("bytes=-9999", slice(0, None)),
        ("bytes=3-9999", slice(3, None)),
    ],
)
def test_a_range_is_a_206_with_just_those_bytes(hub: HubServer, header: str, expected: slice) -> None:
    reply = ask(hub, file_url("config.json"), Range=header)
    start, stop, _ = expected.indices(len(CONFIG))
    assert (reply.status, reply.body) == (206, CONFIG[expected])
    assert reply.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{len(CONFIG)}"
    assert hub.record.file_bytes == stop - start


@pytest.mark.parametrize("header", [f"bytes={len(CONFIG)}-", "bytes=99999-", "bytes=-0"])
def test_a_range_after_the_end_is_a_416(hub: HubServer, header: str) -> None:
    reply = ask(hub, file_url("config.json"), Range=header)
    assert (reply.status, reply.headers["Content-Range"]) == (416, f"bytes */{len(CONFIG)}")


@pytest.mark.parametrize(
    "header", ["bytes=-", "bytes=9-3", "bytes=0-1,3-4", "lines=1-2", f"bytes={'9' * 5000}-"]
)
def test_a_range_that_makes_no_sense_is_the_whole_file(hub: HubServer, header: str) -> None:
    reply = ask(hub, file_url("config.json"), Range=header)
    assert (reply.status, reply.body) == (200, CONFIG)


# Refusals


def test_what_is_missing_is_the_clients_own_exception(hub: HubServer, api: HfApi, tmp_path: Path) -> None:
    options: dict[str, Any] = {"endpoint": hub.url, "cache_dir": tmp_path / "cache", "token": False}
    with pytest.raises(EntryNotFoundError):
        hf_hub_download(REPO, "missing.json", **options)
    with pytest.raises(RevisionNotFoundError):
        hf_hub_download(REPO, "config.json", revision="v2", **options)
    with pytest.raises(RevisionNotFoundError):
        api.model_info(REPO, revision=(api.model_info(REPO).sha or "")[:8])  # no short commit ids
    with pytest.raises(RevisionNotFoundError):
        api.model_info(REPO, revision="refs/pr/1")  # sent as one part, refs%2Fpr%2F1
    with pytest.raises(RepositoryNotFoundError) as stranger:
        api.model_info("acme/unknown")
    with pytest.raises(RepositoryNotFoundError) as known:
        api.model_info("acme/unknown", token="hf_any")
    assert (stranger.value.response.status_code, known.value.response.status_code) == (401, 404)


def test_a_missing_file_is_remembered_by_commit(hub: HubServer, api: HfApi) -> None:
    reply = ask(hub, file_url("missing.json"), "HEAD")
    assert (reply.status, reply.headers["X-Repo-Commit"]) == (404, api.model_info(REPO).sha)
    assert hub.record.requests[0].sent == 0


def test_a_gated_repository_opens_to_its_tokens_only(hub: HubServer, faults: Faults, tmp_path: Path) -> None:
    faults.gated, faults.tokens = [REPO], ["hf_allowed"]
    for token in (False, "hf_other"):
        with pytest.raises(GatedRepoError):
            fetch(hub, tmp_path / "cache", token=token)
    assert hub.record.file_bytes == 0
    assert fetch(hub, tmp_path / "cache", token="hf_allowed").is_dir()


def test_a_token_that_was_revoked_opens_nothing(hub: HubServer, faults: Faults, tmp_path: Path) -> None:
    faults.revoked = ["hf_old"]
    with pytest.raises(HfHubHTTPError, match="Invalid credentials") as refused:
        fetch(hub, tmp_path / "cache", token="hf_old")
    assert not isinstance(refused.value, RepositoryNotFoundError)
    assert refused.value.response.status_code == 401
    assert fetch(hub, tmp_path / "cache", token=False).is_dir()


# Nothing outside a repository

_opened: list[str] | None = None


def _note_opened_files(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open" and _opened is not None:
        _opened.append(str(arguments[0]))


sys.addaudithook(_note_opened_files)


@pytest.fixture
def trap(root: Path) -> Path:
    """Secrets in every place that a careless server would reach."""
    folder = root / REPO
    (folder / ".git").mkdir()
    for path in (root.parent / "secret", root / "secret", root / "acme" / "secret"):
        path.write_bytes(SECRET)
    for path in (folder / ".env", folder / ".git" / "config"):
        path.write_bytes(SECRET)
    (folder / "link").symlink_to(root.parent / "secret")
    (folder / "up").symlink_to(root)
    (folder / "dot").symlink_to(folder / ".env")
    (folder / "loop").symlink_to(folder / "loop")
    (folder / "inside").symlink_to("hello.txt")
    os.mkfifo(folder / "pipe")
    (root / "acme" / "..hidden").mkdir()
    return root.parent / "secret"


ESCAPES = [
    "../secret",
    "../../secret",
    "%2e%2e/secret",
    "..%2fsecret",
    "%2e%2e%2f%2e%2e%2fsecret",
    "%252e%252e/secret",
    "..%5csecret",
    "onnx/../../secret",
    "onnx/%2e%2e/%2e%2e/secret",
    "./hello.txt",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "hello.txt%00",
    "hello.txt/",
    "%ff%fe",
    "",
    "onnx",
    "link",
    "up/secret",
    "dot",
    "loop",
    "pipe",
    ".env",
    ".git/config",
    "%2egit/config",
    "{secret}",
    "%2f{secret}",
]
ROUTES = [
    "/acme/%2e%2e/resolve/main/secret",
    "/../resolve/main/secret",
    "/%2e%2e/%2e%2e/resolve/main/secret",
    "/acme/..hidden/resolve/main/secret",
    "/acme%2ftiny/x/resolve/main/hello.txt%2f..",
    "/acme/tiny/resolve/..%2f..%2fmain/secret",
    "/acme/tiny/resolve/main%2f..%2f..%2fsecret/x",
    "/api/models/acme/%2e%2e",
    "/api/models/%2e%2e/root/tree/main",
    "/api/models/acme/tiny/tree/main/%2e%2e",
    "/api/models/acme/tiny/tree/main/up",
    "/api/models/acme/tiny/tree/main/.git",
    "/secret",
]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_no_path_leads_outside(
    hub: HubServer, trap: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    opened: list[str] = []
    monkeypatch.setitem(globals(), "_opened", opened)
    paths = [*(file_url(escape) for escape in ESCAPES), *ROUTES]
    replies = {path: ask(hub, path.format(secret=trap), method) for path in paths}
    assert {path: reply.status for path, reply in replies.items() if reply.status != 404} == {}
    assert SECRET not in b"".join(reply.body for reply in replies.values()) and hub.record.file_bytes == 0
    assert ask(hub, file_url("hello.txt")).body == HELLO
    mine = {file.removeprefix(f"{trap.parent}/root/{REPO}/") for file in opened if str(trap.parent) in file}
    assert mine == {"config.json", "hello.txt", "model.safetensors", "onnx/notes.txt"}


def test_only_honest_files_are_listed_and_a_link_inside_is_one(
    hub: HubServer, api: HfApi, trap: Path
) -> None:
    assert api.list_repo_files(REPO) == [
        "config.json",
        "hello.txt",
        "inside",
        "model.safetensors",
        "onnx/notes.txt",
    ]
    assert ask(hub, file_url("inside")).body == HELLO


# Faults


def test_a_cut_download_is_resumed_by_the_client(hub: HubServer, faults: Faults, tmp_path: Path) -> None:
    content = os.urandom(MEBIBYTE) * 16
    (tmp_path / "root" / REPO / "model.safetensors").write_bytes(content)
    faults.cut_after_bytes, faults.first = 12 * MEBIBYTE, 1
    folder = fetch(hub, tmp_path / "cache", allow_patterns=["*.safetensors"])
    gets = [r for r in hub.record.requests if r.line.startswith("GET /acme")]
    assert (folder / "model.safetensors").read_bytes() == content
    assert [r.headers.get("range") for r in gets] == [None, f"bytes={10 * MEBIBYTE}-"]
    assert [(r.status, r.sent) for r in gets] == [(200, 12 * MEBIBYTE), (206, 6 * MEBIBYTE)]
    assert faults.first == 0


def test_a_cut_spares_downloads_that_end_before_it(
    hub: HubServer, faults: Faults, caplog: pytest.LogCaptureFixture
) -> None:
    faults.cut_after_bytes, faults.first = len(CONFIG), 1
    assert ask(hub, file_url("config.json")).body == CONFIG
    with pytest.raises(http.client.IncompleteRead) as error:
        ask(hub, file_url("model.safetensors"))
    assert error.value.partial == WEIGHTS[: len(CONFIG)]
    assert "Traceback" not in caplog.text


def test_corruption_has_the_right_size_and_passes_the_client(
    hub: HubServer, faults: Faults, tmp_path: Path
) -> None:
    faults.corrupt, faults.first, faults.only = True, 1, "model.safetensors"
    got = fetch(hub, tmp_path / "a") / "model.safetensors"
    assert len(got.read_bytes()) == len(WEIGHTS) and got.read_bytes() != WEIGHTS
    assert (fetch(hub, tmp_path / "b") / "model.safetensors").read_bytes() == WEIGHTS


@pytest.mark.parametrize(("resource", "limit"), [("api", 500), ("resolvers", 3000)])
def test_a_rate_limit_says_how_long_to_wait(
    hub: HubServer, api: HfApi, faults: Faults, resource: str, limit: int
) -> None:
    faults.retry_after_s = 300
    with pytest.raises(HfHubHTTPError, match="Retry after 300 seconds") as error:
        if resource == "api":
            api.model_info(REPO)
        else:
            get_hf_file_metadata(hf_hub_url(REPO, "config.json", endpoint=hub.url), token=False)
    info = parse_ratelimit_headers(error.value.response.headers)
    assert info and (info.resource_type, info.limit) == (resource, limit)
    assert (info.remaining, info.reset_in_seconds) == (0, 300)


def test_a_server_error_lasts_as_long_as_it_is_told_to(api: HfApi, faults: Faults) -> None:
    faults.broken, faults.first = True, 2
    for _ in range(2):
        with pytest.raises(HfHubHTTPError) as error:
            api.model_info(REPO)
        assert error.value.response.status_code == 500
    assert api.model_info(REPO).id == REPO


def test_faults_can_be_kept_to_some_paths(api: HfApi, hub: HubServer, faults: Faults) -> None:
    faults.broken, faults.only = True, "/resolve/"
    assert api.model_info(REPO).id == REPO
    assert ask(hub, file_url("config.json")).status == 500


def test_slow_is_as_slow_as_said(hub: HubServer, faults: Faults) -> None:
    faults.slow_bytes_per_s = len(WEIGHTS) * 2
    start = time.monotonic()
    assert ask(hub, file_url("model.safetensors")).body == WEIGHTS
    assert 0.4 < time.monotonic() - start < 5


def test_a_token_does_not_follow_a_redirect_to_storage(
    hub: HubServer, root: Path, faults: Faults, tmp_path: Path
) -> None:
    with HubServer(root) as storage:
        faults.redirect = storage.url
        folder = fetch(hub, tmp_path / "cache", token="hf_canary")
    assert files(folder) == files(root / REPO)
    assert {request.headers.get("authorization") for request in hub.record.requests} == {"Bearer hf_canary"}
    assert len(storage.record.requests) == 4
    assert not [request for request in storage.record.requests if "authorization" in request.headers]
    assert "hf_canary" not in repr(hub.record.requests)


# Life of the server


@pytest.mark.parametrize("fault", [{"hang": True}, {"slow_bytes_per_s": 10}], ids=["hang", "slow"])
def test_stop_drops_clients_that_would_never_leave(
    root: Path, fault: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    others = set(threading.enumerate())  # a server that other tests share may be among them
    with HubServer(root, Faults(**fault)) as hub, socket.socket() as client, socket.socket() as silent:
        address = ("127.0.0.1", int(hub.url.rpartition(":")[2]))
        client.settimeout(5)
        client.connect(address)
        silent.connect(address)
        client.sendall(f"GET {file_url('model.safetensors')} HTTP/1.1\r\nHost: hub\r\n\r\n".encode())
        assert hub.record.wait_for(lambda seen: bool(seen) and ("hang" in fault or seen[0].sent > 0))
        start = time.monotonic()
        hub.stop()
        assert time.monotonic() - start < 2
        assert not [thread for thread in set(threading.enumerate()) - others if thread.name == "hub"]
        assert _all_that_came(client)[:12] == (b"" if "hang" in fault else b"HTTP/1.1 200")
    assert caplog.text == ""  # uvicorn would say so if it had to run out of patience


def _all_that_came(client: socket.socket) -> bytes:
    """What was sent before the connection went away; one that was left open times out."""
    received = b""
    with suppress(ConnectionResetError):
        while chunk := client.recv(65536):
            received += chunk
    return received


def test_a_stopped_hub_refuses_and_comes_back_at_the_same_url(hub: HubServer) -> None:
    url = hub.url
    hub.stop()
    with pytest.raises(ConnectionRefusedError):
        ask(hub, file_url("config.json"))
    hub.start()
    assert hub.url == url and ask(hub, file_url("config.json")).body == CONFIG


def test_a_port_in_use_is_the_callers_error(hub: HubServer, root: Path) -> None:
    with pytest.raises(OSError, match="in use"):
        HubServer(root, port=int(hub.url.rpartition(":")[2])).start()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_serves_until_it_is_told_to_stop(root: Path, number: int) -> None:
    project = Path(__file__).parents[2]
    command = [sys.executable, "-m", "local.hub", "--root", str(root), "--corrupt"]
    with subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            ready, url = process.stdout.readline().split()
            with urllib.request.urlopen(f"{url}{REPO}/resolve/main/config.json", timeout=10) as reply:
                body = reply.read()
            process.send_signal(number)
            assert (ready, process.wait(10)) == ("ready", 0)
        finally:
            process.kill()
    assert len(body) == len(CONFIG) and body != CONFIG
