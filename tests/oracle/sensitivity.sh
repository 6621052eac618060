#!/usr/bin/env bash
# Sensitivity indices through the program: designs, runs, and the table `sensitivity` against closed forms. The scenarios ask for
# 99.9 % intervals, so that all of them together may be expected to hold.
set -u
. "$(dirname "$0")/../harness.sh"
harness_begin sensitivity_indices_are_found
harness_need sqlite3

# compare SCENARIO CLAIM WIDTH "PAIR FACTOR NAME TRUTH" ...: PAIR is the cloud, or a-b. WIDTH: the widest interval allowed.
compare() {
    local scenario=$1 claim=$2 width=$3 bad=0 row cloud_a cloud_b factor name truth found
    shift 3
    [[ -e $temporary/$scenario/run.db ]] ||
        "$NINES" run "scenarios/oracle/sensitivity/$scenario.cfg" -o "$temporary/$scenario" --quiet >"$temporary/log" 2>&1 || {
        sed 's/^/# /' "$temporary/log"
        bad=1
    }
    for row in "$@"; do
        IFS=';' read -r cloud_a cloud_b factor name truth <<<"$row"
        found=$(sqlite3 "$temporary/$scenario/run.db" "
            SELECT $truth BETWEEN ci_low - 1e-9 AND ci_high + 1e-9 AND ci_high - ci_low < $width, value, ci_low, ci_high
            FROM sensitivity s JOIN cloud a ON a.id = s.cloud_a LEFT JOIN cloud b ON b.id = s.cloud_b
            WHERE a.name = '$cloud_a' AND ifnull(b.name, '') = '$cloud_b' AND s.metric = 'y' AND s.factor = '$factor'
            AND s.name = '$name'")
        [[ $found == 1* ]] || bad=1
        echo "# $scenario $cloud_a${cloud_b:+ - $cloud_b} $factor $name: $truth, found ${found#*|}"
    done
    report "$claim" "$( ((bad == 0)) || echo "see above")"
}

compare ishigami sobol_indices_of_ishigami 0.35 \
    "whole;;x1;first;0.313905" "whole;;x2;first;0.442411" "whole;;x3;first;0" \
    "whole;;x1;total;0.557589" "whole;;x2;total;0.442411" "whole;;x3;total;0.243684"
# Without the term of x2 its variance is V1 + V13; the difference of the arms is that term alone.
compare ishigami sobol_indices_of_another_arm_and_of_the_difference 0.6 \
    "without x2;;x1;first;0.562969" "without x2;;x1;total;1" "without x2;;x2;total;0" "without x2;;x3;total;0.437031" \
    "whole;without x2;x2;first;1" "whole;without x2;x2;total;1" "whole;without x2;x1;total;0" "whole;without x2;x3;first;0"
compare g-function sobol_indices_of_the_g_function 0.4 \
    "g;;inputs.x1.x;first;0.586781" "g;;inputs.x1.x;total;0.690086" "g;;inputs.x2.x;first;0.260792" "g;;inputs.x2.x;total;0.356173" \
    "g;;inputs.x3.x;first;0.036674" "g;;inputs.x3.x;total;0.056334" "g;;inputs.x4.x;first;0.005868" "g;;inputs.x4.x;total;0.009171" \
    "g;;inputs.x5.x;first;0.000059" "g;;inputs.x5.x;total;0.000092" "g;;inputs.x6.x;first;0.000059" "g;;inputs.x6.x;total;0.000092"
compare g-morris elementary_effects_of_the_g_function 1.5 \
    "g;;inputs.x1.x;mu;0" "g;;inputs.x2.x;mu;0" "g;;inputs.x3.x;mu;0" \
    "g;;inputs.x1.x;mu_star;2.411111" "g;;inputs.x2.x;mu_star;1.377778" "g;;inputs.x3.x;mu_star;0.311111"

# A person sees the strongest key first, within 100 columns, and not each of 5120 points; programs see all.
page=$("$NINES" compare "$temporary/ishigami/run.db")
[[ $(grep -A1 '^    whole$' <<<"$page" | tail -1) == *" x1 "*"0."* && $(wc -l <<<"$page") -lt 40 && $page != *[[:blank:]]$'\n'* ]] &&
    [[ -z $(awk 'length > 100' <<<"$page") && $("$NINES" compare "$temporary/ishigami/run.db" --point "0001 A") == *'Point "0001 A"'* ]]
status=$?
report compare_ranks_keys_instead_of_listing_points "$( ((status == 0)) || echo "exit $status")"
"$NINES" compare "$temporary/g-morris/run.db" --csv |
    awk -F, 'NR == 1 { columns = NF; for (i = 1; i <= NF; i++) at[$i] = i }
             NF != columns { bad = 1 }
             $1 == "sensitivity" && $at["cloud"] == "g" && $at["n"] == 200 && $at["mean"] != "" && $at["name"] ~ /^inputs.x[123].x$/ &&
                 $at["role"] ~ /^(mu|mu_star|sigma)$/ { rows++ }
             END { exit bad || rows != 9 }' &&
    "$NINES" compare "$temporary/g-morris/run.db" --json | grep -q '"mu_star"'
status=$?
report compare_writes_indices_for_programs "$( ((status == 0)) || echo "exit $status")"

# Other models' runs have no such rows, and the table is there.
"$NINES" run scenarios/oracle/markov-biased.cfg -o "$temporary/other" --reps 2 --quiet >/dev/null 2>&1
[[ $(sqlite3 "$temporary/other/run.db" "SELECT count(*) FROM sensitivity") == 0 ]]
status=$?
report points_written_one_by_one_have_no_indices "$( ((status == 0)) || echo "exit $status")"
harness_end
