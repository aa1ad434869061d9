"""moto's server on a free port, which is the first line that it prints; its log goes to stderr."""

from __future__ import annotations

import os

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from tests.support.aws import moto_gaps

HOST = "127.0.0.1"


def main() -> None:
    """Serve until ended."""
    moto_gaps.fill()
    application = DomainDispatcherApplication(create_backend_app)
    server = make_server(HOST, 0, application, threaded=True, request_handler=MotoRequestHandler)
    os.environ |= {
        "MOTO_PORT": str(server.port),
        # For the code of custom resources, which runs in this process.
        "AWS_ENDPOINT_URL": f"http://{HOST}:{server.port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    print(server.port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
