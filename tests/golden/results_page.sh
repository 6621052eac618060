#!/usr/bin/env bash
# results/README.md: every query and program on it is run on the run that it names, and every answer compared.
#
#   BLESS=1 tests/golden/results_page.sh    writes the answers anew (make bless shows the difference)
#
# A block ```sql, ```python or ```r is run, the block ```text below it is what it says: of a query the head and the first five rows.
set -u
. "$(dirname "$0")/../harness.sh"
harness_begin the_answers_of_the_results_page
harness_need sqlite3 python3
page=$PWD/results/README.md place=$temporary/place
mkdir "$place"
"$NINES" run scenarios/july-2024.cfg --reps 2 -o "$place/results/july-2024" --quiet
has_r() { Rscript -e 'stopifnot(requireNamespace("DBI"), requireNamespace("RSQLite"))' >/dev/null 2>&1; }

answer() { # LANGUAGE: of the text on stdin
    case $1 in
    sql) sqlite3 -header results/july-2024/run.db 2>&1 | head -n 6 ;;
    python) python3 - 2>&1 ;;
    r) if has_r; then Rscript - 2>&1; else return 1; fi ;;
    esac
}
# The page with this program's answers; in place of one that cannot be had, that of the page.
follow() {
    local line state=prose language='' text='' asked=0
    while IFS= read -r line; do
        case $state:$line in
        prose:'```sql' | prose:'```python' | prose:'```r') state=code language=${line#'```'} text='' ;;
        code:'```') state=prose asked=1 ;;
        code:*) text+=$line$'\n' ;;
        prose:'```text')
            printf '%s\n' "$line"
            state=answer
            if ((asked)) && answer "$language" <<<"$text"; then state=replaced; fi
            asked=0
            continue
            ;;
        replaced:'```' | answer:'```') state=prose ;;
        replaced:*) continue ;;
        esac
        printf '%s\n' "$line"
    done <"$page"
}
(cd "$place" && follow) >"$temporary/page"
why=$(diff "$page" "$temporary/page" >"$temporary/diff" || echo "its answers differ: BLESS=1 tests/golden/results_page.sh")
if [[ -n $why && -n ${BLESS:-} ]]; then
    cp "$temporary/page" "$page"
    why=
fi
[[ -n $why ]] && sed 's/^/# /' "$temporary/diff"
report every_answer_of_the_page_is_the_files "$why"
report every_question_has_an_answer "$(awk '/^```(sql|python|r)$/ { asked++ } /^```text$/ { answers++; getline; if ($0 == "```") print "an empty answer" } END { if (asked < 9 || asked != answers) print asked " and " answers + 0 }' "$page")"
has_r || skip the_program_in_r_says_what_the_page_says "R with RSQLite is not installed"
harness_end
