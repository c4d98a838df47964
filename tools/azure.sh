#!/bin/sh
# Makes .envs/azure of the repository: an interpreter with azure-ai-evaluation, whose graders are run by a
# server in tests/server. It is apart since what it wants is large and none of it is wanted elsewhere. A second
# run does nothing, unless this file has changed. Then:
#   eval "$(sh tools/azure.sh)" && pytest -m outside tests/server
# Progress goes to standard error; standard output is the line that sets the variable.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
azure=$root/.envs/azure
python=${PYTHON:-python3}

if [ ! "$azure/ready" -nt "$root/tools/azure.sh" ]; then
    [ -x "$azure/bin/python" ] || "$python" -m venv "$azure"
    "$azure/bin/python" -m pip install --quiet --disable-pip-version-check --no-compile \
        'azure-ai-evaluation>=1.18,<2' >&2
    touch "$azure/ready"
fi

echo "export GRADERS_AZURE_PYTHON='$azure/bin/python'"
