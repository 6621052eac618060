#!/usr/bin/env bash
# Charts: files that draw themselves again, the same bytes each time, and names that stay names.
set -u
cd "$(dirname "$0")/../.." || exit 3
number=0
skip() {
    echo "ok 1 - charts_are_drawn # SKIP $1"
    echo "1..1"
    exit 0
}
[[ -x ${NINES:-} ]] || skip "no program: set NINES"
command -v gnuplot >/dev/null || skip "gnuplot is not installed"
NINES=$(realpath "$NINES")
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
report() {
    number=$((number + 1))
    if [[ -z $2 ]]; then echo "ok $number - $1"; else echo "not ok $number - $1: $2"; fi
}

"$NINES" run tests/golden/cli/small.cfg -o "$temporary/a" --quiet
db=$temporary/a/run.db
"$NINES" plot "$db" >"$temporary/said" 2>&1
report every_chart_with_data_is_drawn "$(for f in availability nines; do for s in svg tsv gp; do [[ -s $temporary/a/$f.$s ]] || echo "$f.$s missing; "; done; done)"
report charts_without_data_are_left_out "$(ls "$temporary"/a/cost.* "$temporary"/a/difference.* 2>/dev/null)"
"$NINES" plot "$db" cost >"$temporary/said" 2>&1
status=$?
report a_chart_without_data_that_was_asked_for_is_refused "$( ((status == 2)) && grep -q 'no cost' "$temporary/said" || cat "$temporary/said")"
cp "$temporary/a/nines.svg" "$temporary/first.svg"
"$NINES" plot "$db" nines --quiet
report charts_are_the_same_each_time "$(cmp "$temporary/first.svg" "$temporary/a/nines.svg" 2>&1)"
mkdir "$temporary/alone"
cp "$temporary/a/nines.gp" "$temporary/a/nines.tsv" "$temporary/alone"
(cd "$temporary/alone" && gnuplot nines.gp) 2>/dev/null
report a_script_draws_without_nines "$(cmp "$temporary/first.svg" "$temporary/alone/nines.svg" 2>&1)"
"$NINES" plot "$db" -o "$temporary/other" --format png --quiet
"$NINES" plot "$db" -o "$temporary/other" --format pdf --quiet
report png_and_pdf_are_drawn "$(for f in png pdf; do [[ -s $temporary/other/nines.$f ]] || echo "$f missing; "; done)"

# Names that try to be more than names: gnuplot's quotes, substitutions and markup, the shell's, XML's.
cp "$db" "$temporary/hostile.db"
hostile="it's \"a\" {/Bold title}^2 back\\\\slash \`touch pwned1\` \$(touch pwned2) @pwned <b>&amp;</b> %g"
sqlite3 "$temporary/hostile.db" "UPDATE run SET title = '${hostile//\'/\'\'}' || char(10) || 'next';
    UPDATE cloud SET name = 'c\"' || char(39) || ' \`touch pwned3\`' || char(10) || '{x}_y';
    UPDATE point SET label = 'p' || char(39) || '; system(\"touch pwned4\") #' || char(9) || rowid;
    INSERT INTO incident_mark SELECT id, 'm' || char(39) || '\`touch pwned5\`', 86400, 90000 FROM point;"
mkdir "$temporary/h"
(cd "$temporary/h" && "$NINES" plot ../hostile.db -o . >"$temporary/said" 2>&1)
status=$?
report hostile_names_are_drawn "$( ((status == 0)) || cat "$temporary/said")"
report hostile_names_run_nothing "$(find "$temporary" . -maxdepth 2 -name 'pwned*')"
report hostile_names_are_shown_as_they_are "$(grep -q "it's &quot;a&quot; {/Bold title}^2 back\|it's \"a\" {/Bold title}^2 back" "$temporary/h/nines.svg" || echo "not in nines.svg")"
if command -v rsvg-convert >/dev/null; then
    report hostile_names_leave_the_image_well_formed "$(for f in "$temporary"/h/*.svg; do rsvg-convert "$f" -o "$temporary/x.png" 2>&1; done)"
else
    echo "ok $((++number)) - hostile_names_leave_the_image_well_formed # SKIP rsvg-convert is not installed"
fi

PATH=$temporary/nothing /usr/bin/env -i PATH="$temporary/nothing" "$NINES" plot "$db" nines >"$temporary/said" 2>&1
status=$?
report without_gnuplot_the_exit_code_is_3_and_says_so "$( ((status == 3)) && grep -q 'cannot run gnuplot' "$temporary/said" || echo "exit $status: $(cat "$temporary/said")")"
report a_missing_folder_is_made "$("$NINES" plot "$db" nines -o "$temporary/x/y z" --quiet 2>&1; [[ -s "$temporary/x/y z/nines.svg" ]] || echo missing)"
echo "1..$number"
