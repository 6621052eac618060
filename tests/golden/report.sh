#!/usr/bin/env bash
# The page: whole, the same each time, asking for nothing, and names that stay names.
set -u
. "$(dirname "$0")/../harness.sh"
harness_begin report_is_written
harness_need gnuplot

"$NINES" run tests/golden/cli/small.cfg -o "$temporary" --quiet
"$NINES" run scenarios/july-2024.cfg --reps 2 --set 'horizon=20 d' --set 'warmup=1 d' -o "$temporary/july" --quiet
db=$temporary/july/run.db page=$temporary/july/report.html
"$NINES" report "$db" >"$temporary/said" 2>&1
status=$?
report report_is_written_beside_the_file "$( ((status == 0)) && [[ -s $page ]] || cat "$temporary/said")"
report report_is_below_5_MB "$( (($(stat -c %s "$page") < 5000000)) || stat -c %s "$page")"
report report_has_every_part "$(for part in verdict course charts numbers targets assumptions origin; do grep -q "<section id=$part " "$page" || echo "$part missing; "; done)"
report report_names_both_intervals "$(grep -q 'sampling interval' "$page" && grep -q 'parameter interval' "$page" || echo missing)"
report report_is_the_same_each_time "$("$NINES" report "$db" -o - | cmp - "$page" 2>&1)"
report nothing_of_the_page_lies_elsewhere "$(grep -oiE '(src|href|action|data|poster|srcset)="?(https?:|//|file:)[^ >]{0,60}|@import|url\([^)]{0,40}' "$page" | head -n 3)"
# The map: a cell for each site and cloud of each point, which holds the darkest hour; the strip of moments stands below it.
cells=$(sqlite3 "$db" "SELECT (SELECT count(*) FROM part) * (SELECT count(*) FROM cloud) * (SELECT count(*) FROM point)")
report map_has_every_site_and_cloud "$( (($(grep -o 'data-site=' "$page" | wc -l) == cells && cells > 0)) || echo "not $cells cells")"
darkest=$(sqlite3 "$db" "SELECT CAST(100 * min(mean) AS INTEGER) FROM part_series")
report map_shows_the_darkest_hour "$(grep -q "<td data-site=[0-9]* class=s7>$darkest\$" "$page" || grep -q "<td data-site=[0-9]* class=s7>$darkest<" "$page" || echo "no cell of $darkest %")"
report strip_of_moments_is_in_the_course "$(sed -n '/<section id=course /,/<\/section>/p' "$page" | grep -q 'alt="Share of the replicas at home' || echo missing)"
report pages_of_a_chart_stand_in_order "$(grep -oE '<h3>Where it happened[^<]*' "$page" | sort -C || grep -oE '<h3>Where it happened[^<]*' "$page")"
# The verdict's words are the store's.
decided=$(sqlite3 "$db" "SELECT count(*) FROM difference d JOIN point p ON p.id = d.point_a WHERE d.point_a = d.point_b AND p.label = 'both'
    AND d.metric = 'availability_service' AND d.verdict = 'not decided'")
leads=$(grep -o '<strong>Availability: [^<]*' "$page")
report an_undecided_pair_leaves_no_leader_of_all "$( ((decided < 3)) || [[ $leads == *'not decided'* ]] || echo "$decided pairs open, yet: $leads")"
values=$(sqlite3 "$db" "SELECT printf('%.2f', 100 * mean - 0.005) FROM summary_named WHERE point = 'both' AND metric = 'availability_service' ORDER BY mean DESC")
report the_verdict_tells_the_values_of_all_clouds "$(grep -o '<strong>Availability: .*' "$page" >"$temporary/sentence"; for value in $values; do
    grep -q "<span class=num>$value" "$temporary/sentence" || echo "no $value; "; done; grep -q 'the availability of replicas is' "$temporary/sentence" || echo "a key where words are")"
sqlite3 "$db" "UPDATE difference SET verdict = 'not decided'" ".exit"
"$NINES" report "$db" --quiet
report without_decisions_nobody_is_ahead "$(grep -oE '<strong>[^<]* ahead|<td[^>]*>[^<]* ahead' "$page" | head -n 3)"
report a_run_without_availability_has_a_page "$("$NINES" report "$temporary/run.db" --quiet 2>&1; [[ -s $temporary/report.html ]] || echo missing)"
"$NINES" run scenarios/oracle/sensitivity/g-morris.cfg --reps 2 -o "$temporary/morris" --quiet
"$NINES" report "$temporary/morris/run.db" --quiet
effect=$(sqlite3 "$temporary/morris/run.db" "SELECT printf('%.3g', value) FROM sensitivity WHERE name = 'mu_star' ORDER BY value DESC LIMIT 1")
report a_design_tells_what_it_hangs_on "$(sed -n '/<section id=sensitivity /,/<\/section>/p' "$temporary/morris/report.html" | grep -q "<td>$effect<" || echo "no mean size of $effect")"
report a_label_stands_for_its_key "$(grep -q '<th scope=row>the strongest input<small><code>inputs.x1.x' "$temporary/morris/report.html" || echo "not on the page; "
    "$NINES" compare "$temporary/morris/run.db" | grep -q '^ *the strongest input ' || echo "not in compare")"
# What a run that was killed leaves: replications, and no summaries; or nothing yet.
sqlite3 "$temporary/run.db" ".backup $temporary/killed.db"
sqlite3 "$temporary/killed.db" "UPDATE run SET status = 'running', digest = NULL; DELETE FROM summary; DELETE FROM difference; DELETE FROM series_summary"
"$NINES" report "$temporary/killed.db" -o "$temporary/killed.html" >"$temporary/said" 2>&1
report a_run_that_was_killed_has_charts_of_what_it_has "$(grep -q 'not finished' "$temporary/killed.html" || cat "$temporary/said"
    charts() { grep -o '<svg ' "$1" | wc -l; }
    (($(charts "$temporary/killed.html") == $(charts "$temporary/report.html"))) || echo "fewer charts")"
sqlite3 "$temporary/killed.db" "DELETE FROM metric_value; DELETE FROM series_value; DELETE FROM replication"
"$NINES" report "$temporary/killed.db" -o "$temporary/nothing.html" >"$temporary/said" 2>&1
status=$?
report a_run_without_replications_has_a_page_without_charts "$( ((status == 0)) && ! grep -q '<svg ' "$temporary/nothing.html" || cat "$temporary/said")"
echo old >"$temporary/kept.html"
"$NINES" report "$temporary/said" -o "$temporary/kept.html" >/dev/null 2>&1
status=$?
report a_failure_keeps_the_older_page "$( ((status == 3)) || echo "exit $status"; [[ $(cat "$temporary/kept.html") == old ]] || echo lost)"

# Names that try to be more than names.
cp "$db" "$temporary/hostile.db"
sqlite3 "$temporary/hostile.db" <tests/browser/hostile.sql
"$NINES" report "$temporary/hostile.db" -o "$temporary/hostile.html" >"$temporary/said" 2>&1
status=$?
report hostile_names_are_written "$( ((status == 0)) || cat "$temporary/said")"
# Outside the page's own two scripts no tag or attribute is anyone's but ours.
report hostile_names_are_no_markup "$(grep -oE '<(b |i>|img src=x|iframe|a href=j|svg onload)[^>]{0,40}|<script>alert|<[^>]* on[a-z]+=("|alert)[^>]{0,30}' "$temporary/hostile.html" | head -n 3)"
report hostile_names_change_no_count_of_scripts "$( (($(grep -o '<script' "$temporary/hostile.html" | wc -l) == 2)) || grep -o '<script.\{20\}' "$temporary/hostile.html")"
report direction_marks_are_shown_as_escapes "$(grep -q 'u202e' "$temporary/hostile.html" || echo "no escape"; LC_ALL=C grep -c $'\xe2\x80\xae' "$temporary/hostile.html" | grep -v '^0$')"
harness_end
