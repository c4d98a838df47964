#!/bin/sh
# Makes .envs/client of the repository: an interpreter with nothing but an older official client, which drives a
# server in tests/server as the newest one does. A second run does nothing, unless this file has changed. Then:
#   eval "$(sh tools/clients.sh)" && pytest -m outside tests/server
# Progress goes to standard error; standard output is the line that sets the variable.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
client=$root/.envs/client
python=${PYTHON:-python3}

if [ ! "$client/ready" -nt "$root/tools/clients.sh" ]; then
    [ -x "$client/bin/python" ] || "$python" -m venv "$client"
    "$client/bin/python" -m pip install --quiet --disable-pip-version-check 'openai==3.3.*' >&2
    touch "$client/ready"
fi

echo "export GRADERS_OLDER_CLIENT='$client/bin/python'"
