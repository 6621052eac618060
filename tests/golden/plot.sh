#!/usr/bin/env bash
# Charts: files that draw themselves again, the same bytes each time, and names that stay names.
set -u
. "$(dirname "$0")/../harness.sh"
harness_begin charts_are_drawn
harness_need gnuplot

"$NINES" run tests/golden/cli/small.cfg -o "$temporary/a" --quiet
db=$temporary/a/run.db
"$NINES" plot "$db" >"$temporary/said" 2>&1
report every_chart_with_data_is_drawn "$(for f in availability nines; do for s in svg tsv gp; do [[ -s $temporary/a/$f.$s ]] || echo "$f.$s missing; "; done; done)"
report charts_without_data_are_left_out "$(ls "$temporary"/a/cost.* "$temporary"/a/difference.* 2>/dev/null)"
"$NINES" plot "$db" cost >"$temporary/said" 2>&1
status=$?
report a_chart_without_data_that_was_asked_for_is_refused "$( ((status == 2)) && grep -q 'no cost' "$temporary/said" || cat "$temporary/said")"
cp "$temporary/a/nines.svg" "$temporary/first.svg"
# What a run that was killed leaves: replications, and no summaries.
sqlite3 "$db" ".backup $temporary/killed.db"
sqlite3 "$temporary/killed.db" "UPDATE run SET status = 'running', digest = NULL; DELETE FROM summary; DELETE FROM difference; DELETE FROM series_summary;
    DELETE FROM breakdown_summary; DELETE FROM risk; DELETE FROM steady"
"$NINES" plot "$temporary/killed.db" nines -o "$temporary/killed" --quiet 2>"$temporary/said"
report a_run_that_was_killed_is_drawn_from_what_it_has "$(cat "$temporary/said"; diff <(grep -v '^#' "$temporary/a/nines.tsv") <(grep -v '^#' "$temporary/killed/nines.tsv") 2>&1)"
sqlite3 "$temporary/killed.db" "DELETE FROM metric_value; DELETE FROM series_value; DELETE FROM replication"
"$NINES" plot "$temporary/killed.db" -o "$temporary/none" >"$temporary/said" 2>&1
status=$?
report a_run_without_replications_is_refused "$( ((status == 2)) && grep -q 'no finished replication' "$temporary/said" && grep -q -- --resume "$temporary/said" || echo "exit $status: $(cat "$temporary/said")")"
"$NINES" plot "$db" nines --quiet
report charts_are_the_same_each_time "$(cmp "$temporary/first.svg" "$temporary/a/nines.svg" 2>&1)"
mkdir "$temporary/alone"
cp "$temporary/a/nines.gp" "$temporary/a/nines.tsv" "$temporary/alone"
(cd "$temporary/alone" && gnuplot nines.gp) 2>/dev/null
report a_script_draws_without_nines "$(cmp "$temporary/first.svg" "$temporary/alone/nines.svg" 2>&1)"
"$NINES" plot "$db" -o "$temporary/other" --format png --quiet
"$NINES" plot "$db" -o "$temporary/other" --format pdf --quiet
report png_and_pdf_are_drawn "$(for f in png pdf; do [[ -s $temporary/other/nines.$f ]] || echo "$f missing; "; done)"

# A run made by hand, with something for every chart, letter by letter. BLESS=1 writes the pictures anew.
drawn() { # DATABASE CHART WIDTH: what is wrong with the picture
    local golden=tests/golden/plot/$2$([[ $3 == 174 ]] || echo "-$3").svg
    "$NINES" plot "$1" "$2" -o "$temporary/g" --width "$3" --quiet 2>&1
    if [[ -n ${BLESS:-} ]]; then
        cp "$temporary/g/$2.svg" "$golden"
    else
        cmp "$golden" "$temporary/g/$2.svg" 2>&1
    fi
}
cp "$db" "$temporary/world.db"
report a_world_is_made "$(sqlite3 "$temporary/world.db" <tests/golden/plot/world.sql 2>&1)"
cp "$temporary/world.db" "$temporary/design.db"
cp "$temporary/world.db" "$temporary/map.db"
sqlite3 "$temporary/design.db" <tests/golden/plot/design.sql
sqlite3 "$temporary/map.db" <tests/golden/plot/map.sql
gnuplot=$(gnuplot --version)
for chart in availability nines cost difference blast radius fleet downtime recovery gantt money sweep tornado heat; do
    world=world
    [[ $chart == tornado ]] && world=design
    [[ $chart == heat ]] && world=map
    for width in 174 84; do
        if [[ $gnuplot == "gnuplot 5.4 patchlevel 4" ]]; then
            report "${chart}_at_${width}_mm_is_as_agreed" "$(drawn "$temporary/$world.db" "$chart" "$width")"
        else
            skip "${chart}_at_${width}_mm_is_as_agreed" "drawn by gnuplot 5.4 patchlevel 4, this is $gnuplot"
        fi
    done
done
# Of many points only what sums them up is drawn unasked.
cp "$temporary/design.db" "$temporary/many.db"
sqlite3 "$temporary/many.db" "WITH RECURSIVE n(i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM n WHERE i < 25) INSERT INTO point SELECT i, 'p' || i, '{}', i FROM n"
"$NINES" plot "$temporary/many.db" -o "$temporary/many" >"$temporary/said" 2>&1
report many_points_have_the_charts_that_sum_them_up "$([[ $(cd "$temporary/many" && echo *.svg) == tornado.svg ]] || ls "$temporary/many"; grep -q 'left out, for they show each of the 25 points: availability, nines' "$temporary/said" || cat "$temporary/said")"
"$NINES" plot "$temporary/many.db" nines -o "$temporary/many" --quiet 2>&1
report and_the_others_when_they_are_named "$([[ -s $temporary/many/nines.svg ]] || echo missing)"
# The product-limit estimate and the flows once more, the slow way.
lengths() { # POINT CLOUD: a line for each outage, shortest first
    sqlite3 -separator ' ' "$temporary/world.db" "SELECT end_s - start_s, censored FROM outage JOIN replication r ON r.id = replication_id
        WHERE point_id = $1 AND cloud_id = $2 ORDER BY 1, 2"
}
survive() { # POINT CLOUD LABEL NAME: rows of the data file that another way does not find
    lengths "$1" "$2" | awk -v n=0 -v label="$3" -v name="$4" -F'[ \t]' 'FNR == NR { time[n] = $1; open[n++] = $2; next }
        $5 == name && $6 == label { rows++; share = 1
            for (i = 0; i < n && time[i] <= $1; i++) if (!open[i]) share *= 1 - 1 / (n - i)
            if ((share - $2)^2 > 1e-14) print "at " $1 " s " $2 ", not " share }
        END { if (rows < 50) print rows + 0 " rows" }' - "$temporary/g/downtime.tsv"
}
report outages_last_as_long_as_the_product_limit_says "$(survive 1 1 calm central; survive 2 1 storm central; survive 2 2 storm market)"
report flows_add_up_to_the_ledger "$(for chart in money:1 money-2:2; do
    paid=$(awk -F'\t' '!/^#/ && $1 == 0 { sum += $4 } END { printf "%.6f", sum }' "$temporary/g/${chart%:*}.tsv")
    sqlite3 "$temporary/world.db" "SELECT 'point ${chart#*:}: $paid, not ' || paid FROM (SELECT sum(amount_micro) / 4e6 AS paid FROM ledger
        JOIN replication r ON r.id = replication_id WHERE point_id = ${chart#*:}) WHERE abs(paid - $paid) > 1e-6" 2>&1
done)"
cp "$temporary/world.db" "$temporary/judged.db"
sqlite3 "$temporary/judged.db" "INSERT INTO smallest_difference VALUES ('restored_50_min', 1)"
"$NINES" plot "$temporary/judged.db" sweep -o "$temporary/judged" --quiet >"$temporary/said" 2>&1
report a_sweep_shows_first_what_the_scenario_judges "$(cat "$temporary/said"; panels=$(grep -oE '(restored_50_min|availability of replicas|cost, USD)[^'\'']*' "$temporary/judged/sweep.gp" | tr '\n' ' ')
    [[ $panels == 'restored_50_min, min availability of replicas ' ]] || echo "panels: $panels")"
report charts_show_labels "$(grep -qF '>replicas of a service<' tests/golden/plot/sweep.svg && ! grep -q 'demand\.replicas' tests/golden/plot/*.svg || echo "a key where words are")"
sqlite3 "$temporary/world.db" "DROP TABLE label"
"$NINES" plot "$temporary/world.db" sweep -o "$temporary/old" --quiet >"$temporary/said" 2>&1
report a_file_without_labels_shows_the_keys "$(grep -qF '>demand.replicas<' "$temporary/old/sweep.svg" && grep -qF '>availability_service<' "$temporary/old/sweep.svg" || cat "$temporary/said")"
report another_service_can_be_chosen "$("$NINES" plot "$temporary/world.db" gantt --service web/2 -o "$temporary/g" --quiet 2>&1; grep -q 'service web/2 was' "$temporary/g/gantt.svg" || echo "not in gantt.svg")"
"$NINES" plot "$temporary/world.db" gantt --service nobody -o "$temporary/g" >"$temporary/said" 2>&1
status=$?
report a_service_without_outages_is_refused "$( ((status == 2)) && grep -q 'no outage of that service' "$temporary/said" || cat "$temporary/said")"

# Names that try to be more than names: gnuplot's quotes, substitutions, formats and markup, the shell's, XML's, the writing direction's.
hostile="it's \"a\" {/Bold title}^2 back\\\\slash \`touch pwned1\` \$(touch pwned2) @pwned <b>&amp;</b> %g"
name="c'\"; system(\"touch pwned3\"); # </script> \$(id >pwned4) \`touch pwned5\` {x}_y %s%n "$'\u202e\uffff\n\t\x1b'
quoted=${name//\'/\'\'}
cat >"$temporary/hostile.sql" <<SQL
UPDATE run SET title = '${hostile//\'/\'\'}' || char(10) || 'next';
UPDATE cloud SET name = '$quoted' || id;
UPDATE point SET label = '$quoted' || id, parameters = replace(parameters, '"demand.replicas"', json_quote('$quoted'));
UPDATE point SET parameters = replace(parameters, '"1"', json_quote('$quoted'));
UPDATE outage SET subject = '$quoted', cause = '$quoted' || (rowid % 3), incident = '$quoted';
UPDATE ledger SET from_account = '$quoted' || from_account, to_account = '$quoted' || to_account, what = '$quoted', denom = '$quoted';
UPDATE sensitivity SET factor = '$quoted' || factor;
UPDATE part SET name = '$quoted' || id;
UPDATE target SET name = '$quoted', source = '$quoted';
INSERT INTO incident_mark (point_id, name, start_s, end_s) SELECT id, '$quoted', 86400, 90000 FROM point;
SQL
mkdir "$temporary/h"
said=
for world in world design map; do
    sqlite3 "$temporary/$world.db" <"$temporary/hostile.sql"
    said+=$(cd "$temporary/h" && "$NINES" plot "../$world.db" -o . --quiet 2>&1 || echo "exit $? on $world")
done
report hostile_names_are_drawn "$said"
report every_chart_met_hostile_names "$(for c in availability nines cost difference blast radius fleet downtime recovery gantt money sweep tornado heat; do [[ -s $temporary/h/$c.svg ]] || echo "$c "; done)"
report hostile_names_run_nothing "$(find "$temporary" . -maxdepth 2 -name 'pwned*')"
report hostile_names_are_shown_as_they_are "$(grep -q "it's &quot;a&quot; {/Bold title}^2 back\|it's \"a\" {/Bold title}^2 back" "$temporary/h/nines.svg" || echo "not in nines.svg")"
report hostile_names_turn_no_writing "$(grep -l $'\u202e' "$temporary"/h/*.svg)"
for world in world design map; do
    sqlite3 "$temporary/$world.db" "UPDATE cloud SET name = id || printf('%.10000c', 'x'); UPDATE point SET label = id || printf('%.10000c', 'y');
        UPDATE outage SET subject = printf('%.10000c', 's'), cause = printf('%.10000c', 'z'); UPDATE ledger SET what = printf('%.10000c', 'w');
        UPDATE part SET name = id || printf('%.10000c', 'p');"
done
mkdir "$temporary/l"
report names_of_10000_characters_are_drawn "$(for world in world design map; do "$NINES" plot "$temporary/$world.db" -o "$temporary/l" --quiet 2>&1 || echo "exit $? on $world"; done)"
if command -v rsvg-convert >/dev/null; then
    report hostile_names_leave_the_image_well_formed "$(for f in "$temporary"/[hl]/*.svg; do rsvg-convert "$f" -o "$temporary/x.png" 2>&1; done)"
else
    skip hostile_names_leave_the_image_well_formed "rsvg-convert is not installed"
fi

PATH=$temporary/nothing /usr/bin/env -i PATH="$temporary/nothing" "$NINES" plot "$db" nines >"$temporary/said" 2>&1
status=$?
report without_gnuplot_the_exit_code_is_3_and_says_so "$( ((status == 3)) && grep -q 'cannot run gnuplot' "$temporary/said" || echo "exit $status: $(cat "$temporary/said")")"
report a_missing_folder_is_made "$("$NINES" plot "$db" nines -o "$temporary/x/y z" --quiet 2>&1; [[ -s "$temporary/x/y z/nines.svg" ]] || echo missing)"
harness_end