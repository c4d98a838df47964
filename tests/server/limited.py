"""A server whose limits are reached within a test: `python limited.py STORE LIMITS [DATABASE]`."""

import json
import sys
from pathlib import Path

from graders.server import supervisor
from graders.server.settings import Limits, Settings

if __name__ == "__main__":
    store, limits, *database = sys.argv[1:]
    listening = supervisor.listening_socket("127.0.0.1", 0)
    settings = Settings(Path(store), *database, limits=Limits(**json.loads(limits)))
    url = f"{supervisor.url_of(listening)}/v1"
    with listening:
        supervisor.serve(settings, listening, 1, lambda: print(url, flush=True))
