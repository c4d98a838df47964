#!/bin/sh
# Makes the environments in which the tests of `graders.integrations.trl` and `.verifiers` run, each an
# interpreter with a trainer and this package:
#   .envs/trl          TRL and the torch that tools/torch.txt names
#   .envs/verifiers    the newest verifiers, whose tasks have rewards
#   .envs/rubrics      the last verifiers that has rubrics
# They are apart since each has its own ideas of which versions of what it wants. A second run does nothing,
# unless pyproject.toml or this file has changed. Then:
#   eval "$(sh tools/trainers.sh)" && pytest -m outside tests/integrations
# Progress, seconds and sizes go to standard error; standard output is the lines that set the variables.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
envs=$root/.envs
python=${PYTHON:-python3}
mkdir -p "$envs"

fresh() { # whether an environment is newer than what it is made of
    [ "$envs/$1/ready" -nt "$root/pyproject.toml" ] && [ "$envs/$1/ready" -nt "$root/tools/trainers.sh" ]
}

install() { # install NAME WHAT...
    name=$1
    shift
    "$envs/$name/bin/python" -m pip install --quiet --disable-pip-version-check --no-compile \
        --constraint "$root/tools/torch.txt" "$@" >&2
}

trainer() { # trainer NAME REQUIREMENT
    fresh "$1" && return
    started=$(date +%s)
    [ -x "$envs/$1/bin/python" ] || "$python" -m venv "$envs/$1"
    install "$1" "$2"
    echo "$envs/$1: $(($(date +%s) - started)) s, $(du -sh "$envs/$1" | cut -f1)" >&2
}

trainer trl 'trl>=1.16' & trl=$!
trainer verifiers 'verifiers>=0.4' & verifiers=$!
trainer rubrics 'verifiers<0.4' & rubrics=$!
wait "$trl"
wait "$verifiers"
wait "$rubrics"
for name in trl verifiers rubrics; do # one after the other: they build the package in one place
    fresh "$name" && continue
    install "$name" --editable "$root"
    touch "$envs/$name/ready"
done

echo "export GRADERS_TRL_PYTHON='$envs/trl/bin/python'"
echo "export GRADERS_VERIFIERS_PYTHON='$envs/verifiers/bin/python'"
echo "export GRADERS_RUBRICS_PYTHON='$envs/rubrics/bin/python'"
