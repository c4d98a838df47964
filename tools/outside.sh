#!/bin/sh
# Makes all outside parts of `make test-all`: what Debian and npm bring beside what pip brings. Then:
#   eval "$(sh tools/outside.sh)" && pytest
# Progress goes to standard error; standard output is the lines that set the variables.
set -eu

tools=$(cd "$(dirname "$0")" && pwd)
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT

make_each() { # the parts named, one after the other
    for part; do
        sh "$tools/$part.sh" > "$made/$part"
    done
}

make_each browser postgres node ray & # of the first three only one at a time may ask apt
others=$!
make_each oracles trainers clients azure
wait "$others"
cat "$made"/*
