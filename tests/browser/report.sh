#!/usr/bin/env bash
# The page of `nines report` in a real browser: it fits, it moves, it asks for nothing, and hostile names are text.
#
# NINES_PICTURES=FOLDER keeps pictures of it, to be looked at.
# alone: a browser that waits too long for a processor gives up the page
set -u
. "$(dirname "$0")/../harness.sh"
harness_begin page_fits_375_pixels_in_light
harness_need gnuplot python3 sqlite3
chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || harness_skip "chromium is not installed"
"$NINES" run scenarios/july-2024.cfg --reps 2 -o "$temporary" --quiet
cp "$temporary/run.db" "$temporary/hostile.db"
sqlite3 "$temporary/hostile.db" <tests/browser/hostile.sql
"$NINES" report "$temporary/run.db" -o "$temporary/page.html" --quiet
"$NINES" report "$temporary/hostile.db" -o "$temporary/hostile.html" --quiet
PYTHONDONTWRITEBYTECODE=1 python3 tests/browser/report.py "$chromium" "$temporary/page.html" "$temporary/hostile.html" ${NINES_PICTURES:+"$NINES_PICTURES"}
