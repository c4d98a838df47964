#!/bin/sh
# Finds the programs of a PostgreSQL server, or installs Debian's: tests start a server of their own with them,
# in a folder of its own, as a user without privileges. Installing needs apt-get as root or with sudo. Then:
#   eval "$(sh tools/postgres.sh)" && pytest -m outside tests/store tests/server
# Progress goes to standard error; standard output is the line that sets the variable: the folder of `initdb`.
set -eu

found() { # the folder of the newest server that is there
    for folder in "${GRADERS_POSTGRES:-}" $(ls -d /usr/lib/postgresql/*/bin 2> /dev/null | sort -rV); do
        [ -x "$folder/initdb" ] && [ -x "$folder/postgres" ] && echo "$folder" && return
    done
    command -v initdb > /dev/null && command -v postgres > /dev/null && dirname "$(command -v initdb)"
}

if ! found > /dev/null; then
    sudo=
    [ "$(id -u)" = 0 ] || sudo=sudo
    # the package would start a server for the whole machine
    $sudo mkdir -p /etc/postgresql-common
    [ -e /etc/postgresql-common/createcluster.conf ] ||
        echo 'create_main_cluster = false' | $sudo tee /etc/postgresql-common/createcluster.conf > /dev/null
    $sudo apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends postgresql > /dev/null
fi

echo "export GRADERS_POSTGRES='$(found)'"
