#!/usr/bin/env bash
# The July 2024 study from a fresh clone to its charts and page: what `make demo` runs once the program is built.
#
#   tools/demo.sh PROGRAM
#
# A complete run of the same scenario by the same program is kept, and only charts and page are made again.
set -eu
program=${1:?usage: tools/demo.sh PROGRAM}
scenario=scenarios/july-2024.cfg
folder=results/july-2024
key=$(cat "$program" scenarios/*.cfg | sha256sum | cut -d' ' -f1)
status=$(sqlite3 -readonly "$folder/run.db" 'SELECT status FROM run' 2>/dev/null || true)
if [[ $status == complete && $(cat "$folder/demo.key" 2>/dev/null) == "$key" ]]; then
    echo "$folder/run.db is a complete run of $scenario by this program: nothing to simulate."
else
    "$program" run "$scenario" -o "$folder" --force
    echo "$key" >"$folder/demo.key"
fi
"$program" compare "$folder/run.db"
"$program" plot "$folder/run.db" -o "$folder"
"$program" report "$folder/run.db" --quiet
echo
echo "table:   $program compare $folder/run.db"
echo "charts:  $(cd "$folder" && ls -- *.svg | sed "s|^|$folder/|" | tr '\n' ' ')"
echo "page:    $folder/report.html"
