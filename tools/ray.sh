#!/bin/sh
# Makes .envs/ray of the repository: an interpreter with Ray and this package (0.6 GB), in which the tests of
# `graders.integrations.ray` run. It has an environment of its own, since Ray has its own ideas of which
# versions of what it wants. A second run does nothing, unless pyproject.toml has changed. Then:
#   eval "$(sh tools/ray.sh)" && pytest -m outside tests/integrations
# Progress goes to standard error; standard output is the line that sets the variable.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
ray=$root/.envs/ray
python=${PYTHON:-python3}

if [ ! "$ray/ready" -nt "$root/pyproject.toml" ]; then
    [ -x "$ray/bin/python" ] || "$python" -m venv "$ray"
    "$ray/bin/python" -m pip install --quiet --disable-pip-version-check --editable "$root[ray]" >&2
    touch "$ray/ready"
fi

echo "export GRADERS_RAY_PYTHON='$ray/bin/python'"
