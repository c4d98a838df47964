#!/bin/sh
# Installs wrk, which puts a load on a server in the benchmarks, where it is missing. Needs apt-get as root or
# with sudo.
set -eu

command -v wrk > /dev/null && exit
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
$sudo apt-get update -qq >&2
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends wrk > /dev/null
