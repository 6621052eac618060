#!/usr/bin/env bash
# Broken scenarios: what `nines validate` says about each, word for word, exit code 2, and that `nines run` writes nothing.
#
#   tests/golden/broken.sh            holds tests/golden/broken/NAME.cfg against NAME.stderr
#   BLESS=1 tests/golden/broken.sh    writes NAME.stderr anew; read the difference before you commit it
#
# Files that do not belong into a repository (binary, 10 MB, odd names) are made in a temporary folder.
set -u
. "$(dirname "$0")/../harness.sh"
harness_begin broken_scenarios_are_refused tests/golden/broken

# hold NAME FILE [OPTION...]: one broken scenario.
hold() {
    local name=$1 file=$2 why="" status
    shift 2
    local out="$temporary/out" said="$temporary/said" results="$temporary/results"
    rm -rf "$results"
    timeout 20 "$NINES" validate "$file" "$@" >"$out" 2>"$said"
    status=$?
    ((status == 2)) || why="validate exits $status, not 2"
    [[ ! -s $out ]] || why="validate writes to stdout"
    if [[ -n ${BLESS:-} ]]; then
        cp "$said" "$golden/$name.stderr"
    elif ! diff -u "$golden/$name.stderr" "$said" >"$temporary/diff" 2>&1; then
        why="the message differs"
        sed 's/^/# /' "$temporary/diff"
    fi
    timeout 20 "$NINES" run "$file" "$@" -o "$results" >"$out" 2>"$said"
    status=$?
    ((status == 2)) || why="run exits $status, not 2"
    if [[ -e $results && -n $(find "$results" -type f) ]]; then
        why="run writes $(find "$results" -type f | head -n 1)"
    fi
    report "${name//-/_}_is_refused" "$why"
}

for file in tests/golden/broken/*.cfg; do
    hold "$(basename "$file" .cfg)" "$file"
done

base='model = "mm1"; horizon = "1 d"; arrival_rate = "48 /h"; service = "exponential(1 min)";'
cd "$temporary" || exit 3
mkdir folder.cfg
: >empty.cfg
printf '\177ELF\2\1\1\0\0\0' >binary.cfg
printf '%s\ntitle = "a\0b";\n' "$base" >nul.cfg
printf '%s\ntitle = "\377\376";\n' "$base" >not-utf8.cfg
head -c 10000000 /dev/zero | tr '\0' ' ' >large.cfg
printf 'a = %s' "$(head -c 100000 /dev/zero | tr '\0' '(')" >deep.cfg
printf '%s\nseed = -1;\n' "$base" | tee 'with space.cfg' 'quo"te'\''s.cfg' '$(touch broken).cfg' $'line\nbreak.cfg' 'per%s%n.cfg' >/dev/null
hold made-folder folder.cfg
hold made-empty empty.cfg
hold made-missing missing.cfg
hold made-binary binary.cfg
hold made-nul nul.cfg
hold made-not-utf8 not-utf8.cfg
hold made-large large.cfg
hold made-deep deep.cfg
hold made-space 'with space.cfg'
hold made-quotes 'quo"te'\''s.cfg'
hold made-shell '$(touch broken).cfg'
hold made-line-break $'line\nbreak.cfg'
hold made-format 'per%s%n.cfg'
if [[ $EUID != 0 ]]; then
    printf '%s\n' "$base" >closed.cfg
    chmod 0 closed.cfg
    hold made-closed closed.cfg
fi
# Overrides are held to the same rules.
printf '%s\n' "$base" >good.cfg
hold set-unknown good.cfg --set 'horizn=2 d'
hold set-unit good.cfg --set horizon=2
hold set-path good.cfg --set 'study.points[3].label=x'
hold set-nothing good.cfg --set horizon
hold set-list good.cfg --set 'targets=( {'

report names_are_never_run_by_a_shell "$([[ ! -e broken && ! -e $golden/../../../broken ]] || echo "one was")"
harness_end
