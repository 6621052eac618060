#!/usr/bin/env bash
# nines export: every number comes back as it was, and texts stay texts.
set -u
. "$(dirname "$0")/../harness.sh"
harness_begin tables_come_back_as_they_were
harness_need sqlite3
sed 's/^title.*//' tests/golden/cli/small.cfg >"$temporary/hostile.cfg"
# A title that is a formula to spreadsheets, a field of its own to CSV, a tag to HTML, and a statement to SQL.
printf '%s\n' 'title = "a, \"b\" =cmd|1 </script> '"'"'); DROP TABLE run; --";' >>"$temporary/hostile.cfg"
"$NINES" run "$temporary/hostile.cfg" -o "$temporary/run" --log leases --quiet
db=$temporary/run/run.db
expect csv_is_the_default 0 "$NINES" export "$db"
expect json_is_the_other 0 "$NINES" export "$db" --json --quiet
report quiet_is_quiet "$(cat "$temporary/stdout")"
expect what_is_not_there_is_not_exported 3 "$NINES" export "$temporary/none.db"
report and_the_reason_is_said "$(grep -q 'No such file' "$temporary/stderr" || cat "$temporary/stderr")"
folder=$temporary/run/export
report every_table_has_a_file "$(for t in run cloud point replication metric summary difference series outage lease ledger target evidence; do
    for s in csv json; do [[ -s $folder/$t.$s ]] || echo "$t.$s "; done; done)"
report nothing_is_left_half_written "$(ls "$folder"/*.new 2>/dev/null)"
report metrics_come_back_to_the_last_bit "$(sqlite3 "$db" ".import --csv $folder/metric.csv back" "
    SELECT count(*) FROM metric m JOIN replication r ON r.id = m.replication_id JOIN point p ON p.id = r.point_id
    JOIN cloud c ON c.id = r.cloud_id LEFT JOIN back b ON b.point = p.label AND b.cloud = c.name AND b.rep = r.rep AND b.name = m.name
    WHERE b.name IS NULL OR (m.value IS NULL) <> (b.value = '') OR (m.value IS NOT NULL AND CAST(b.value AS REAL) <> m.value); DROP TABLE back;" 2>&1 | grep -vx 0)"
report json_holds_as_many_rows "$(for t in metric series summary difference; do
    rows=$(sqlite3 "$db" "SELECT count(*) FROM $t")
    [[ $(sqlite3 :memory: "SELECT json_array_length(CAST(readfile('$folder/$t.json') AS TEXT))") == "$rows" ]] || echo "$t "; done)"
report json_numbers_come_back_to_the_last_bit "$(sqlite3 "$db" "SELECT count(*) FROM summary s JOIN cloud c ON c.id = s.cloud_id JOIN point p ON p.id = s.point_id
    LEFT JOIN json_each(CAST(readfile('$folder/summary.json') AS TEXT)) j ON json_extract(j.value, '\$.metric') = s.metric
    AND json_extract(j.value, '\$.point') = p.label AND json_extract(j.value, '\$.cloud') = c.name
    WHERE json_extract(j.value, '\$.mean') IS NOT s.mean OR json_extract(j.value, '\$.n') IS NOT s.n" | grep -vx 0)"
report a_hostile_title_stays_one_field "$(for f in csv json; do
    if [[ $f == csv ]]; then found=$(sqlite3 :memory: ".import --csv $folder/run.csv r" "SELECT hex(title) FROM r")
    else found=$(sqlite3 :memory: "SELECT hex(json_extract(CAST(readfile('$folder/run.json') AS TEXT), '\$[0].title'))"); fi
    [[ $found == "$(sqlite3 "$db" 'SELECT hex(title) FROM run')" ]] || echo "$f: $found "; done)"
expect a_file_that_is_no_run_is_refused 3 "$NINES" export tests/golden/cli/small.cfg -o "$temporary/none"
report and_leaves_no_folder "$(ls -d "$temporary/none" 2>/dev/null)"
expect both_formats_at_once_are_refused 2 "$NINES" export "$db" --json --csv
touch "$temporary/file"
expect a_folder_that_is_a_file_is_the_machines_fault 3 "$NINES" export "$db" -o "$temporary/file"
harness_end
