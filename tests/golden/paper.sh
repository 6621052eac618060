#!/usr/bin/env bash
# The paper's text holds no number of its own, every reference is there and used, and numbers that are missing or broken end the build
# with their name. LaTeX itself is `make paper-smoke`'s.
set -u
. "$(dirname "$0")/../harness.sh"
harness_begin numbers_of_the_paper_come_from_results

# The text proper with its captions, without comments, a line at a time as FILE:LINE:TEXT.
text() {
    local file
    for file in paper/paper.tex paper/text/*.tex; do
        awk -v body="$([[ $file == paper/paper.tex ]] || echo 1)" -v file="${file#paper/}" '/\\begin\{document\}/ { body = 1 }
            body { sub(/^%.*/, ""); gsub(/[^\\]%.*/, ""); print file ":" FNR ":" $0 }' "$file"
    done
    awk -F'\t' '!/^#/ { print "figures.tsv:" FNR ":" $5 }' paper/figures.tsv
    awk -F'\t' '!/^#/ { print "tables.tsv:" FNR ":" $6 }' paper/tables.tsv
}

# Allowed: dates, years, what stands in citations, labels, references and names of files.
report no_number_is_typed_in_the_text "$(text | sed -E 's/^([^:]*:)[0-9]*:/\1 /
        s/\\(cite|ref|label|url|code|texttt|provenance|input|bibliography|bibliographystyle|includegraphics|cmidrule|multicolumn|addlinespace|setlength)(\[[^]]*\]|\([^)]*\))?(\{[^}]*\})+//g
        s/\b([0-9]{1,2} )?(January|February|March|April|May|June|July|August|September|October|November|December) (19|20)[0-9]{2}\b//g
        s/\b(19|20)[0-9]{2}\b//g; s/\b[0-9]{1,2} (January|July|April)\b//g' | grep -E '[0-9]' | head -n 3)"
report no_larger_number_is_spelled_out "$(text | grep -wiE '(seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|sixty|hundred|thousand|half|third|quarter|fifth|sixth|eighth|tenth)' | head -n 3)"
report no_verdict_is_typed "$(text | grep -E '\b(is|are|was) (thus )?(ahead|behind)\b' | head -n 3)"
text | grep -oE '\\[A-Z][A-Za-z]*' | sed 's/^.//' | sort -u >"$temporary/used"
if command -v python3 >/dev/null; then
    # A figure has several macros: the bare name, and the name with what is wanted of it.
    paper/numbers.py --names >"$temporary/names"
    sed -E 's/(.*)(Value|Low|High|Interval|Param|Verdict|Plain|Source)$/&\t\1/; t; s/.*/&\t&/' "$temporary/used" >"$temporary/stems"
    report every_macro_of_a_number_is_asked_for "$(awk -F'\t' 'NR == FNR { asked[$1] = 1; next } !($1 in asked) && !($2 in asked) { print "\\" $1 }' \
        "$temporary/names" "$temporary/stems" | head -n 5)"
    report every_line_of_numbers_is_used "$(awk -F'\t' 'NR == FNR { used[$1] = used[$2] = 1; next } { line[$2] = line[$2] || ($1 in used) }
        END { for (name in line) if (!line[name]) print name }' "$temporary/stems" "$temporary/names" | sort | head -n 5)"
fi
report every_table_is_shown "$(grep -v '^#' paper/tables.tsv | cut -f1 | while read -r table; do text | grep -q "\\\\tab$table\b" || echo "$table "; done)"
report every_figure_is_shown "$(grep -v '^#' paper/figures.tsv | cut -f1 | while read -r figure; do text | grep -q "\\\\fig$figure\b" || echo "$figure "; done)"
report every_figure_that_is_shown_is_drawn "$(text | grep -oE '\\fig[A-Z][A-Za-z]*' | sed 's/^.fig//' | sort -u | while read -r figure; do
    grep -q "^$figure"$'\t' paper/figures.tsv || echo "$figure "; done)"
report every_citation_is_in_the_bibliography "$(text | grep -oE '\\cite\{[^}]*\}' | sed 's/.*{//; s/}//' | tr ',' '\n' | sort -u | while read -r key; do
    grep -q "{$key," paper/references.bib || echo "$key "; done)"
report every_reference_is_cited "$(sed -nE 's/^@[a-z]+\{([^,]*),.*/\1/p' paper/references.bib | while read -r key; do
    text | grep -qE "\\\\cite\{[^}]*\b$key\b" || echo "$key "; done)"
report every_reference_is_complete "$(awk 'function check() {
        if (key == "") return
        if (entry !~ /(author|organization) = \{/) print key ": no author "
        if (entry !~ /title = \{/) print key ": no title "
        if (entry !~ /year = \{(19|20)[0-9][0-9]\}/) print key ": no year "
        if (entry !~ /(doi|url|pages) = \{[^}]/) print key ": neither doi nor url nor pages " }
    /^@/ { check(); entry = ""; key = $0; sub(/^[^{]*\{/, "", key); sub(/,.*/, "", key) }
    !/^%/ { entry = entry " " $0 }
    END { check() }' paper/references.bib | head -n 3)"
report every_study_is_there "$(grep -v '^#' paper/studies.tsv | while IFS=$'\t' read -r study scenario _; do
    [[ -e $scenario ]] || echo "$study: $scenario "; done)"

if ! command -v python3 >/dev/null || ! command -v sqlite3 >/dev/null; then
    report "numbers_are_read_or_the_build_ends # SKIP python3 or sqlite3 is not installed" ""
    harness_end
    exit 0
fi
tables=$temporary/tables results=$temporary/results
mkdir -p "$tables" "$results"
"$NINES" run scenarios/oracle/mm1.cfg --reps 4 --set horizon=1000h -o "$results/queue" --quiet 2>"$temporary/said" ||
    report a_study_runs "$(cat "$temporary/said")"
point=$(sqlite3 "$results/queue/run.db" 'SELECT label FROM point ORDER BY position LIMIT 1') cloud=$(sqlite3 "$results/queue/run.db" 'SELECT name FROM cloud ORDER BY position LIMIT 1')
printf 'Wait\tsummary\tqueue\t%s | %s | mean_wait_s\t1:2:s\nDigest\tword\tqueue\tSELECT digest FROM run\n' "$point" "$cloud" >"$tables/numbers.tsv"
printf 'FactShare\t25 %%\tsomebody\tR\n' >"$tables/facts.tsv"
printf 'queue\tscenarios/oracle/mm1.cfg\t-\t-\n' >"$tables/studies.tsv"
expected=$(sqlite3 "$results/queue/run.db" "SELECT printf('%.2f', mean), printf('%.2f', ci_low), printf('%.2f', ci_high) FROM summary_named WHERE metric = 'mean_wait_s' AND point = '$point'" |
    awk -F'|' '{ printf "\\newcommand{\\Wait}{%s\\,s~[%s, %s]}", $1, $2, $3 }')
paper/numbers.py "$results" "$tables" >"$temporary/numbers.tex" 2>"$temporary/said"
report a_number_is_that_of_the_results_file "$(grep -qxF "$expected" "$temporary/numbers.tex" || { echo "$expected; not:"; grep Wait "$temporary/numbers.tex"; cat "$temporary/said"; })"
report a_published_figure_has_its_mark "$(grep -qxF '\newcommand{\FactShare}{25 \%\evidence{R}}' "$temporary/numbers.tex" || cat "$temporary/numbers.tex")"
expected=$(sqlite3 "$results/queue/run.db" "SELECT printf('queue & mm1 & %d & 4 & %d & \texttt{%s} \\\\', (SELECT count(*) FROM point), seed, substr(digest, 1, 8)) FROM run")
report every_study_has_its_seed_and_digest "$(grep -qxF "\newcommand{\StudyRows}{$expected}" "$temporary/numbers.tex" || { echo "$expected; not:"; grep StudyRows "$temporary/numbers.tex"; })"

# What is verified, and tables.
"$NINES" verify scenarios/oracle/mm1.cfg --json --quiet >"$temporary/verify.json" 2>"$temporary/said"
mkdir -p "$results/known" "$temporary/others"
cp "$temporary/verify.json" "$results/known/verify.json"
cp "$tables/facts.tsv" "$temporary/others"
printf 'known\tscenarios/oracle\t-\n' >"$temporary/others/studies.tsv"
printf "Held\tword\tknown\tSELECT count(*) FROM target WHERE outcome = 'held'\n" >"$temporary/others/numbers.tsv"
printf "Known\tknown\tlr\tName | Truth\tSELECT '5 %%', form(2, '1:1:s') || mark('K')\tAll & more\tnines verify\n" >"$temporary/others/tables.tsv"
paper/numbers.py "$results" "$temporary/others" >"$temporary/known.tex" 2>"$temporary/said"
held=$(grep -o '"outcome": "held"' "$temporary/verify.json" | wc -l)
report what_is_verified_is_counted "$( ((held > 0)) && grep -qxF "\\newcommand{\\Held}{$held}" "$temporary/known.tex" || cat "$temporary/said" "$temporary/known.tex")"
report a_table_has_its_rows_and_their_marks "$(grep -qxF '5 \% & 2.0\,s\evidence{K} \\' "$temporary/known.tex" || cat "$temporary/said" "$temporary/known.tex")"
printf "Known\tknown\tlr\tName\tSELECT name FROM target WHERE outcome = 'nothing'\tAll\tnines verify\n" >"$temporary/others/tables.tsv"
paper/numbers.py "$results" "$temporary/others" >/dev/null 2>"$temporary/said"
report a_table_without_rows_is_named "$(grep -q "table 'Known'.*no row" "$temporary/said" || cat "$temporary/said")"

# The strongest inputs of a screening: by their weight in the verdict that they weigh most in, as the scenario writes them.
mkdir -p "$results/screened"
sqlite3 "$results/screened/run.db" "CREATE TABLE run (scenario_text, status);
    INSERT INTO run VALUES ('uncertain = ( { key = \"b\"; range = (\"7\", \"8\"); } ); study = { vary = ( { key = \"a\"; range = (\"1\", \"2\"); },
        { key = \"b\"; range = (\"3\", \"4\"); }, { key = \"c\"; times = (\"5\", \"6\"); } ); };', 'complete');
    CREATE TABLE cloud (id, name, position); INSERT INTO cloud VALUES (1, 'one', 0), (2, 'two', 1);
    CREATE TABLE sensitivity (cloud_a, cloud_b, metric, factor, name, value);
    INSERT INTO sensitivity VALUES (1, 2, 'availability_service', 'a', 'mu_star', 0.001), (1, 2, 'availability_service', 'b', 'mu_star', 0.009),
        (1, 2, 'cost_usd_per_useful_gpu_hour', 'a', 'mu_star', 0.4), (1, 2, 'cost_usd_per_useful_gpu_hour', 'c', 'mu_star', 0.6);"
wanted='study={design="saltelli";samples=8;vary=({ key = "b"; range = ("3", "4"); },{ key = "c"; times = ("5", "6"); });}'
report the_strongest_inputs_are_those_of_the_screening "$(paper/strongest.py "$results" screened,2,8 2>&1 | grep -vxF "$wanted")"
report a_screening_that_is_not_there_is_named "$(paper/strongest.py "$results" nowhere,2,8 2>&1 | grep -q "study 'nowhere'" || echo 'not named')"
report without_the_data_of_others_nothing_is_said_to_be_repeated "$(NINES_SHARED=$temporary/nowhere paper/conformance.sh "$BUILD" | tail -n +2)"

broken() { # CLAIM WANTED SQL: after this the build ends and says so
    cp "$results/queue/run.db" "$temporary/whole.db"
    sqlite3 "$results/queue/run.db" "PRAGMA foreign_keys = OFF; $3"
    paper/numbers.py "$results" "$tables" >/dev/null 2>"$temporary/said"
    local code=$?
    report "$1" "$( ((code == 1)) || echo "exit $code; "; grep -q -- "$2" "$temporary/said" || cat "$temporary/said")"
    mv -f "$temporary/whole.db" "$results/queue/run.db"
}
broken a_missing_number_is_named "Wait: study 'queue'.*no such figure" "DELETE FROM summary WHERE metric = 'mean_wait_s'"
broken an_undefined_number_is_named "Wait: study 'queue'.*undefined" "UPDATE summary SET mean = NULL WHERE metric = 'mean_wait_s'"
broken an_unfinished_study_is_named "study 'queue'.*interrupted" "UPDATE run SET status = 'interrupted'"
printf 'x' | dd of="$results/queue/run.db" bs=1 count=1 conv=notrunc status=none
paper/numbers.py "$results" "$tables" >/dev/null 2>"$temporary/said"
report a_damaged_study_is_named "$(grep -q "study 'queue'" "$temporary/said" || cat "$temporary/said")"

# Ratios and crossings, of runs made by hand. At the ends of Fieller's interval the paired interval of a - r b has an end at 0 (checked with
# Student's t of 4 degrees of freedom).
mkdir -p "$results/hand"
sqlite3 "$results/hand/run.db" "CREATE TABLE run (status TEXT); INSERT INTO run VALUES ('complete');
    CREATE TABLE cloud (id, name); INSERT INTO cloud VALUES (1, 'a'), (2, 'b');
    CREATE TABLE point (id, label, position); INSERT INTO point VALUES (1, 'k=30 min', 1), (2, 'k=2 h', 3), (3, 'k=1 h', 2);
    CREATE TABLE replication (id, point_id, cloud_id, outer_draw, rep); CREATE TABLE metric (replication_id, name, value);
    INSERT INTO replication SELECT 10 * c.id + r.value, 1, c.id, r.value / 5, r.value FROM cloud c, generate_series(0, 5) r;
    INSERT INTO metric SELECT id, 'usd', CASE WHEN outer_draw > 0 THEN 999 WHEN cloud_id = 2 THEN 3 + rep * rep % 4 ELSE 10 + rep END FROM replication;
    INSERT INTO metric SELECT id, 'twice', value * 2 FROM metric JOIN replication ON id = replication_id WHERE name = 'usd';
    CREATE TABLE summary (mean, sd, ci_low, ci_high, n, method, is_bound);
    INSERT INTO summary VALUES (0.5, 1, 0.5 - 2.7764451052 / sqrt(5), 0.5 + 2.7764451052 / sqrt(5), 5, 'student t', 0), (1, 9, 0, 1, 5, 'student t', 0);
    CREATE TABLE difference_named (point_a, point_b, cloud_a, cloud_b, metric, mean, ci_low, ci_high, param_low, param_high, verdict);
    INSERT INTO difference_named VALUES ('k=30 min', 'k=30 min', 'a', 'b', 'up', 3, 1, 5, -1, 7, 'ahead'),
        ('k=2 h', 'k=2 h', 'b', 'a', 'up', 3, 2, 4, -2, 8, 'behind'), ('k=1 h', 'k=1 h', 'a', 'b', 'up', 1, -1, 3, -2, 4, 'not decided')" 2>"$temporary/said" ||
    report a_run_is_made_by_hand "$(cat "$temporary/said")"
printf '%s\n' $'Grows\tratio\thand\tk=30 min | a | k=30 min | b | usd | 2\t1:9:' $'Double\tratio\thand\tk=30 min | a | k=30 min | a | usd | 1\t1:2:' \
    $'Gone\tcrossing\thand\ta | b | up\t60:1:min' $'Never\tcrossing\thand\tb | a | up\t1:1:h' >"$tables/numbers.tsv"
paper/numbers.py "$results" "$tables" >"$temporary/numbers.tex" 2>"$temporary/said"
said_macro() { sed -n "s/^.newcommand{.$1}{\(.*\)}\$/\1/p" "$temporary/numbers.tex"; }
ends=$(for end in $(said_macro GrowsLow) $(said_macro GrowsHigh); do
    awk -v r="$end" 'BEGIN { for (i = 0; i < 5; i++) { d[i] = 10 + i - r * (3 + i * i % 4); m += d[i] / 5 }
        for (i = 0; i < 5; i++) s += (d[i] - m)^2 / 4
        far = sqrt(s / 5) * 2.7764451052; near = (m < 0 ? -m : m) - far; if (near^2 > 1e-12) print r " leaves " near "; " }'
done)
report a_ratio_has_its_paired_interval "$ends$([[ -n $(said_macro GrowsHigh) && $(said_macro GrowsVerdict) == 'more than' ]] || cat "$temporary/said" "$temporary/numbers.tex")"
report a_ratio_of_the_same_is_one "$([[ $(said_macro Double) == '1.00~[1.00, 1.00]' && $(said_macro DoubleVerdict) == 'not decided' ]] || cat "$temporary/said" "$temporary/numbers.tex")"
# 3 at half an hour, 1 at one, -3 at two; intervals from (1, 5), (-1, 3), (-4, -2); over inputs (-1, 7), (-2, 4), (-8, 2).
report an_advantage_vanishes_where_its_interval_holds_zero "$([[ $(said_macro Gone) == '75.0\,min~[45.0, 96.0]' && $(said_macro GoneParam) == '[\ensuremath{<}30.0, \ensuremath{>}120.0]\,min' ]] ||
    cat "$temporary/said" "$temporary/numbers.tex")"
report no_advantage_vanishes_before_the_first_level "$([[ $(said_macro Never) == '\ensuremath{<}0.5\,h~[\ensuremath{<}0.5, \ensuremath{<}0.5]' ]] || cat "$temporary/said" "$temporary/numbers.tex")"

# The same study twice: its verdicts stand; one that is another in the second run is named.
"$NINES" run tests/golden/cli/small.cfg -o "$results/here/small" --quiet 2>"$temporary/said" || report a_study_of_two_points_runs "$(cat "$temporary/said")"
mkdir -p "$results/there/small"
cp "$results/here/small/run.db" "$results/there/small/run.db"
printf 'Shorter\tbetween\tsmall\tshort | long | renewal | availability\t100:2:pp\n' >"$tables/numbers.tsv"
verdicts() { paper/numbers.py --verdicts "$results/here" "$results/there" "$tables" 2>&1; }
said=$(verdicts)
report the_same_verdicts_stand "$( (($? == 0)) && grep -q '^ok 1 - Shorter_is_' <<<"$said" || echo "$said")"
sqlite3 "$results/there/small/run.db" "UPDATE difference SET verdict = CASE verdict WHEN 'ahead' THEN 'behind' ELSE 'ahead' END"
said=$(verdicts)
report another_verdict_is_named "$( (($? == 1)) && grep -q '^not ok 1 - Shorter_stands' <<<"$said" || echo "$said")"
harness_end
