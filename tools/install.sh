#!/usr/bin/env bash
# Installs the Debian packages that are missing, and only those: offline and without root nothing happens once all are there.
#
#   tools/install.sh build|demo|check|slurm|paper
set -eu
build="gcc make pkg-config libc6-dev libgsl-dev libsqlite3-dev libconfig-dev libyaml-dev libjansson-dev libsleef-dev"
demo="$build gnuplot-nox sqlite3"
check="$demo clang libclang-rt-14-dev libcmocka-dev valgrind mandoc zsh librsvg2-bin git libopenmpi-dev openmpi-bin chromium python3"
slurm="slurm-wlm munge" # for one test, which is skipped without them
paper="$demo python3 latexmk texlive-latex-base texlive-latex-recommended texlive-fonts-recommended lmodern poppler-utils"
case ${1:-} in
build) wanted=$build ;;
demo) wanted=$demo ;;
check) wanted=$check ;;
slurm) wanted=$slurm ;;
paper) wanted=$paper ;;
*) echo "usage: tools/install.sh build|demo|check|slurm|paper" >&2; exit 2 ;;
esac
if ! command -v dpkg-query >/dev/null; then
    echo "tools/install.sh: not a Debian system; install by hand what provides: $wanted" >&2
    exit 0
fi
missing=()
for package in $wanted; do
    dpkg-query -W -f='${db:Status-Status}\n' "$package" 2>/dev/null | grep -q '^installed$' && continue
    # gnuplot-nox stands for any gnuplot, clang for any version of it.
    [[ $package == gnuplot-nox ]] && command -v gnuplot >/dev/null && continue
    missing+=("$package")
done
((${#missing[@]} == 0)) && exit 0
echo "installing: ${missing[*]}"
root=()
if ((EUID != 0)); then
    command -v sudo >/dev/null || { echo "tools/install.sh: run as root: apt-get install ${missing[*]}" >&2; exit 3; }
    root=(sudo)
fi
export DEBIAN_FRONTEND=noninteractive
"${root[@]}" apt-get update -qq || echo "tools/install.sh: package lists could not be refreshed; trying with the old ones" >&2
"${root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null || {
    echo "tools/install.sh: could not install: ${missing[*]}" >&2
    exit 3
}
