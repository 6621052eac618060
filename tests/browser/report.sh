#!/usr/bin/env bash
# The page of `nines report` in a real browser: it fits, it moves, it asks for nothing, and hostile names are text.
#
# NINES_PICTURES=FOLDER keeps pictures of it, to be looked at.
set -u
cd "$(dirname "$0")/../.." || exit 3
skip() {
    echo "ok 1 - page_fits_375_pixels_in_light # SKIP $1"
    echo "1..1"
    exit 0
}
[[ -x ${NINES:-} ]] || skip "no program: set NINES"
for needed in gnuplot python3 sqlite3; do
    command -v "$needed" >/dev/null || skip "$needed is not installed"
done
chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || skip "chromium is not installed"
NINES=$(realpath "$NINES")
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
"$NINES" run scenarios/july-2024.cfg --reps 2 -o "$temporary" --quiet
cp "$temporary/run.db" "$temporary/hostile.db"
sqlite3 "$temporary/hostile.db" <tests/browser/hostile.sql
"$NINES" report "$temporary/run.db" -o "$temporary/page.html" --quiet
"$NINES" report "$temporary/hostile.db" -o "$temporary/hostile.html" --quiet
PYTHONDONTWRITEBYTECODE=1 python3 tests/browser/report.py "$chromium" "$temporary/page.html" "$temporary/hostile.html" ${NINES_PICTURES:+"$NINES_PICTURES"}
