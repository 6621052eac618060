#!/usr/bin/env bash
# nines explain: what it tells, word for word, and that it tells of the stored run or not at all.
#
#   tests/golden/explain.sh            holds every case against tests/golden/explain/NAME.{stdout,stderr,exit}
#   BLESS=1 tests/golden/explain.sh    writes them anew (make bless shows the difference)
set -u
. "$(dirname "$0")/../harness.sh"
harness_begin explain_tells_what_happened tests/golden/explain
harness_need sqlite3
cp "$golden/small.cfg" "$temporary/small.cfg"
"$NINES" run "$temporary/small.cfg" -o "$temporary/run" --log leases --quiet
db=$temporary/run/run.db

hold() { # NAME ARGUMENT...: of nines explain, in the temporary folder
    local name=$1
    shift
    held "explain_${name//-/_}_is_as_agreed" "$name" "$temporary" "$NINES" explain run/run.db "$@"
}

# --- What is told ---
for cloud in azure-like akash io.net; do
    hold "service-$cloud" --service web/0 --point flood --cloud "$cloud"
    hold "job-$cloud" --job train/0 --point flood --cloud "$cloud"
done
hold evictions --service cheap/1 --point flood --cloud azure-like
hold lost-disk --service db/3 --point flood --cloud azure-like
hold all-clouds --service db/4 --point flood --rep 1
hold lease --lease 7 --point flood --cloud akash
# The digest changes with every metric that is added; that it is the stored one is tested below.
held explain_json_is_as_agreed json "$temporary" bash -c '"$0" explain run/run.db --service db/5 --point flood --cloud akash --json | sed "s/\(\"digest\": \"\).*/\1...\",/"' "$NINES"
hold first-point --service db/4 --cloud io.net

"$NINES" run "$golden/grey.cfg" -o "$temporary/grey" --quiet
held explain_grey_failures_is_as_agreed grey "$temporary" "$NINES" explain grey/run.db --service web/0

# --- What cannot be told ---
hold whom
hold two-at-once --service web/0 --job train/0
hold unknown-number --service web/99
hold unknown-class --service wbe/1
hold no-number --service web
hold wrong-kind --service train/0
hold unknown-point --service web/0 --point floof
hold unknown-cloud --service web/0 --cloud aksh
hold unknown-rep --service web/0 --rep 2
hold unknown-lease --lease 100000 --cloud akash
hold lease-of-no-cloud --lease 1
hold lease-of-no-number --lease 1e3

# --- It is the stored run ---
report lines_are_at_most_100_columns "$(cat "$golden"/*.stdout | grep -v '^ *"' | awk 'length > 100' | head -n 2)"
wrong=""
for rep in 0 1; do
    for point in quiet flood; do
        for name in "--service web/1" "--service db/0" "--service cheap/0" "--job train/1"; do
            # shellcheck disable=SC2086
            "$NINES" explain "$db" $name --rep $rep --point $point --json >"$temporary/told" || wrong+="$name $rep $point; "
            for cloud in azure-like akash io.net; do
                told=$(sqlite3 :memory: "SELECT json_extract(value, '\$.digest') FROM json_each(CAST(readfile('$temporary/told') AS TEXT), '\$.clouds')
                    WHERE json_extract(value, '\$.cloud') = '$cloud'")
                stored=$(sqlite3 "$db" "SELECT r.digest FROM replication r JOIN cloud c ON c.id = r.cloud_id JOIN point p ON p.id = r.point_id
                    WHERE c.name = '$cloud' AND p.label = '$point' AND r.rep = $rep")
                [[ -n $told && $told == "$stored" ]] || wrong+="$name $rep $point $cloud: $told, not $stored; "
            done
        done
    done
done
report listening_changes_no_digest "$wrong"
report outages_are_those_of_the_table "$("$NINES" explain "$db" --service db/3 --point flood --json >"$temporary/told"
    diff <(sqlite3 -separator ' ' :memory: "SELECT json_extract(c.value, '\$.cloud'), json_extract(o.value, '\$.start_s'), json_extract(o.value, '\$.end_s'), json_extract(o.value, '\$.cause')
            FROM json_each(CAST(readfile('$temporary/told') AS TEXT), '\$.clouds') c, json_each(c.value, '\$.outages') o
            WHERE json_extract(o.value, '\$.end_s') - json_extract(o.value, '\$.start_s') >= 300 ORDER BY 1, 2") \
        <(sqlite3 -separator ' ' "$db" "SELECT c.name, o.start_s, o.end_s, o.cause FROM outage o JOIN replication r ON r.id = o.replication_id JOIN cloud c ON c.id = r.cloud_id
            JOIN point p ON p.id = r.point_id WHERE o.subject = 'db/3' AND p.label = 'flood' AND r.rep = 0 AND o.end_s - o.start_s >= 300 ORDER BY 1, 2") | head -n 3)"
report a_lease_is_that_of_the_table "$("$NINES" explain "$db" --lease 7 --cloud akash --point flood --json >"$temporary/told"
    diff <(sqlite3 :memory: "SELECT json_extract(j, '\$.name'), json_extract(j, '\$.clouds[0].lease.provider'), json_extract(j, '\$.clouds[0].lease.paid_usd')
            FROM (SELECT CAST(readfile('$temporary/told') AS TEXT) AS j)") \
        <(sqlite3 "$db" "SELECT l.tenant, l.provider, l.paid_usd FROM lease l JOIN replication r ON r.id = l.replication_id JOIN cloud c ON c.id = r.cloud_id
            JOIN point p ON p.id = r.point_id WHERE l.id = 7 AND c.name = 'akash' AND p.label = 'flood' AND r.rep = 0"))"
# Every key of the JSON is on the page, between its heading and the next.
sed -n '/^## nines explain --json/,/^## nines compare --csv/p' results/README.md | grep -o '`[a-z_]*`' | tr -d '`' | sort -u >"$temporary/documented"
report every_key_of_the_json_is_documented "$("$NINES" explain "$db" --service db/3 --point flood --json >"$temporary/told"
    "$NINES" explain "$db" --lease 7 --cloud akash --point flood --json >"$temporary/leased"
    for file in told leased; do
        sqlite3 :memory: "SELECT DISTINCT key FROM json_tree(CAST(readfile('$temporary/$file') AS TEXT)) WHERE typeof(key) = 'text'"
    done | sort -u | comm -23 - "$temporary/documented" | tr '\n' ' ')"
report every_outage_has_its_sentence "$(sqlite3 -separator ' ' :memory: "SELECT json_extract(c.value, '\$.cloud'), o.key FROM json_each(CAST(readfile('$temporary/told') AS TEXT), '\$.clouds') c,
    json_each(c.value, '\$.outages') o WHERE json_extract(o.value, '\$.sentence') NOT LIKE 'down 2024-07-1_ __:__ to %: _%'")"
# Draws of the inputs are replications as well.
cp "$golden/small.cfg" "$temporary/drawn.cfg"
echo 'uncertain = ( { key = "incidents.flood.effects[0].share"; values = [ "100 %", "50 %" ]; evidence = "U"; } ); outer_draws = 2; outer_replications = 1;' >>"$temporary/drawn.cfg"
"$NINES" run "$temporary/drawn.cfg" -o "$temporary/drawn" --quiet
wrong=""
for draw in 0 1 2; do
    "$NINES" explain "$temporary/drawn/run.db" --service web/1 --point flood --cloud akash --draw $draw --json >"$temporary/told" 2>&1 || wrong+="$(cat "$temporary/told"); "
    wrong+=$(sqlite3 "$temporary/drawn/run.db" "SELECT 'draw $draw: another digest; ' WHERE NOT EXISTS (SELECT 1 FROM replication r JOIN cloud c ON c.id = r.cloud_id JOIN point p ON p.id = r.point_id
        WHERE c.name = 'akash' AND p.label = 'flood' AND r.rep = 0 AND r.outer_draw = json_extract(CAST(readfile('$temporary/told') AS TEXT), '\$.outer_draw')
        AND r.outer_draw = $draw AND r.digest = json_extract(CAST(readfile('$temporary/told') AS TEXT), '\$.clouds[0].digest'))" 2>&1)
done
report draws_are_explained "$wrong"
expect a_draw_that_is_none_is_refused 2 "$NINES" explain "$temporary/drawn/run.db" --service web/1 --draw 3
report and_says_which_there_are "$(grep -q 'numbered from 1 to 2' "$temporary/stderr" || cat "$temporary/stderr")"
expect a_run_without_draws_has_none 2 "$NINES" explain "$db" --service web/1 --draw 1
cp "$db" "$temporary/other.db"
sqlite3 "$temporary/other.db" "UPDATE replication SET digest = '0123456789abcdef'"
expect another_digest_gives_1 1 "$NINES" explain "$temporary/other.db" --service web/0
report and_nothing_is_told "$(cat "$temporary/stdout")"
report but_why "$(grep -q 0123456789abcdef "$temporary/stderr" || cat "$temporary/stderr")"

# --- What cannot be asked, and hostile names ---
sed 's/model = "renewal"/model = "mm1"/; /components\|^up\|^down\|study\|targets/d' tests/golden/cli/small.cfg >"$temporary/queue.cfg"
echo 'arrival_rate = "36 /h"; service = "exponential(90 s)";' >>"$temporary/queue.cfg"
"$NINES" run "$temporary/queue.cfg" -o "$temporary/queue" --quiet
expect a_queue_has_no_services 2 "$NINES" explain "$temporary/queue/run.db" --service web/0
expect a_file_that_is_no_run_is_the_machines_fault 3 "$NINES" explain "$temporary/small.cfg" --service web/0
expect a_full_stdout_gives_3 3 bash -c '"$0" explain "$1" --service web/0 >/dev/full' "$NINES" "$db"
wrong=""
long=$(head -c 10000 /dev/zero | tr '\0' x)
for name in '"; system("touch x"); #' '</script>' "'); DROP TABLE run; --" '$(touch x)' $'web/0\e[31m' $'\u202e0/bew' $'web/\xff' "$long" "$long/1" '%s%n' 'web/' '/0' '' \
    'web/-1' 'web/0x0' 'web/ 0' 'web/4294967296' 'web/18446744073709551616'; do
    for option in --service --job --lease --point --cloud; do
        arguments=("$option" "$name")
        [[ $option == --point || $option == --cloud ]] && arguments+=(--service web/0)
        (cd "$temporary" && "$NINES" explain run/run.db "${arguments[@]}" >stdout 2>stderr)
        status=$?
        ((status == 2)) || wrong+="$option ${name:0:40}: exit $status; "
        [[ -s $temporary/stdout ]] && wrong+="$option ${name:0:40} is explained; "
        LC_ALL=C grep -q $'[\x01-\x09\x0b-\x1f\x7f]' "$temporary/stderr" && wrong+="$option ${name:0:40} shows controls; "
        grep -q $'\u202e' "$temporary/stderr" && wrong+="$option turns the line; "
        (($(wc -c <"$temporary/stderr") < 600)) || wrong+="$option ${name:0:40}: $(wc -c <"$temporary/stderr") bytes; "
    done
done
report hostile_names_are_refused_and_shown_safely "$wrong$(ls "$temporary/x" 2>/dev/null)"
# A scenario's own names are refused when they are more than letters and digits; its file may be called anything.
# A hybrid's two sets of replicas are told apart, and its fail-over is how the outage ends.
"$NINES" run scenarios/studies/july-hybrid.cfg --reps 1 --set outer_draws=0 -o "$temporary/hybrid" --quiet
expect a_hybrid_is_explained 0 "$NINES" explain "$temporary/hybrid/run.db" --cloud "warm standby" --service web/64
report its_two_sets_of_replicas_have_numbers_of_their_own "$(grep -q 'asked for replicas 1 to 3 of azure-like' "$temporary/stdout" && grep -q 'asked for replicas 4 to 6 of akash' "$temporary/stdout" ||
    echo "one is not said; "; grep 'replica [123] .*bids' "$temporary/stdout"; grep 'replica [456] placed.*storage' "$temporary/stdout")"
ended=$(sqlite3 "$temporary/hybrid/run.db" "SELECT strftime('%H:%M', 1719792000 + end_s, 'unixepoch') FROM outage o JOIN replication r ON r.id = replication_id JOIN cloud c ON c.id = cloud_id
    WHERE c.name = 'warm standby' AND subject = 'web/64' ORDER BY start_s LIMIT 1")
report its_sentence_names_the_fail_over "$(tr -s ' \n' ' ' <"$temporary/stdout" | grep -q "; fail-over to akash at $ended" || echo "not at $ended: $(sed -n 3,7p "$temporary/stdout")")"
# Two placements in one outage: it moved away from where it was when that began.
"$NINES" run scenarios/july-2024.cfg --reps 1 --set clouds.akash.automatic_share=100% -o "$temporary/scripted" --quiet
"$NINES" explain "$temporary/scripted/run.db" --point both --cloud akash --service vm/626 | tr -s ' \n' ' ' >"$temporary/stdout"
report a_move_is_told_from_where_the_outage_began "$(grep -q 'node us-east/z1/r16/n02 is down (a fault of its own); noticed at 21:36; moved to node us-east/z2/r08/n07 at 21:37' "$temporary/stdout" ||
    head -c 600 "$temporary/stdout")"
file=$'a"; $(touch x) <b>\u202e\e[31m.cfg'
cp "$temporary/small.cfg" "$temporary/$file"
"$NINES" run "$temporary/$file" -o "$temporary/hostile" --reps 1 --log none --quiet
expect a_hostile_file_name_is_explained 0 "$NINES" explain "$temporary/hostile/run.db" --service db/3
report and_shown_safely "$(LC_ALL=C grep -n $'[\x01-\x09\x0b-\x1f\x7f]' "$temporary/stdout"; grep -n $'\u202e' "$temporary/stdout"; awk 'length > 100' "$temporary/stdout" | head -n 2)"
expect and_as_json 0 "$NINES" explain "$temporary/hostile/run.db" --service db/3 --json
report that_is_valid "$(sqlite3 :memory: "SELECT json_valid(CAST(readfile('$temporary/stdout') AS TEXT))" | grep -vx 1)"
harness_end
