#!/usr/bin/env bash
# Completion as a user meets it: the scripts that `nines --completion SHELL` writes, in the shells themselves.
set -u
. "$(dirname "$0")/../harness.sh"
harness_begin words_are_completed
"$NINES" --completion bash >"$temporary/nines.bash"
"$NINES" --completion zsh >"$temporary/_nines"
mkdir -p "$temporary/files/folder"
touch "$temporary/files/"{a.cfg,a.txt,b.db,c.txt,d.jsonl,e.csv,"f g.cfg"}
cd "$temporary/files" || exit 3

# --- bash ---
offered() { # WORD...: what bash offers for the last word, in one line
    bash --norc -c '. "$1"; shift; COMP_WORDS=(nines "$@"); COMP_CWORD=$#; _nines; printf "%s\n" "${COMPREPLY[@]}"' \
        - "$temporary/nines.bash" "$@" 2>&1 | LC_ALL=C sort | paste -sd' '
}
offers() { # CLAIM WANTED WORD...
    local claim=$1 wanted=$2 got
    shift 2
    got=$(offered "$@")
    report "$claim" "$([[ $got == "$wanted" ]] || echo "'$got', not '$wanted'")"
}
report bash_uses_the_script_for_nines "$(bash --norc -c '. "$1"; complete -p nines' - "$temporary/nines.bash" 2>&1 | grep -vx 'complete -F _nines nines')"
commands=$("$NINES" --help | sed -n '/^Commands/,/^$/s/^  \([a-z]*\) .*/\1/p' | LC_ALL=C sort | paste -sd' ')
offers bash_offers_every_command "--help --version $commands" ""
for command in $commands; do
    options=$("$NINES" "$command" --help | sed -n 's/^ *\(\(-[a-zA-Z]\), \)\{0,1\}\(--*[a-zA-Z-]*\).*/\2 \3/p' |
        tr ' ' '\n' | grep -vx -e '' -e -h | LC_ALL=C sort | paste -sd' ')
    offers "bash_offers_every_option_of_$command" "$options" "$command" -
done
offers bash_offers_choices "leases" run --log lea
offers bash_offers_words_of_a_command "replay sdl" market ""
offers bash_offers_files_that_run_reads "a.cfg b.db f g.cfg folder" run ""
offers bash_offers_files_that_validate_reads "a.cfg f g.cfg folder" validate ""
offers bash_offers_files_that_market_reads "b.db d.jsonl folder" market replay ""
offers bash_offers_files_to_plot_first "b.db e.csv folder" plot ""
charts=$("$NINES" plot --help | sed -n "s/^  \([a-z]*\)  .*/\1/p" | grep -vx -e unallocated -e fragmentation)
report bash_offers_every_chart_after_them "$([[ -n $charts ]] || echo "no charts are named"
    for chart in $charts; do [[ " $(offered plot b.db "${chart:0:2}") " == *" $chart "* ]] || echo "$chart is missing; "; done)"
offers bash_offers_any_file_for_an_option "e.csv" place --nodes e
offers bash_offers_nothing_for_a_number "" run --reps ""
offers bash_offers_nothing_of_an_unknown_command "" frobnicate -

# --- zsh: a terminal of its own, the tab key, and a key that tells what the line has become ---
if command -v zsh >/dev/null; then
    cat >"$temporary/setup.zsh" <<END
fpath=("$temporary" \$fpath)
autoload -Uz compinit && compinit -u -D
tell() { print -r -- "\$BUFFER" >"$temporary/line"; BUFFER=; }
zle -N tell
bindkey '^I' complete-word
bindkey '^X' tell
PS1= ; unsetopt beep
: >"$temporary/ready"
END
    cat >"$temporary/type.zsh" <<'END'
zmodload zsh/zpty
await() { for i in {1..100}; do [[ -e $1 ]] && return; sleep 0.1; done; print -r -- "nothing happened"; exit 1 }
zpty z zsh -f -i
zpty -w z ". $1/setup.zsh"
await $1/ready
shift
for text in "$@"; do
    rm -f $temporary/line
    zpty -n -w z "$text"$'\t\C-x'
    await $temporary/line
    sleep 0.1
    cat $temporary/line
done
zpty -d z
END
    while IFS='|' read -r claim typed wanted; do
        got=$(temporary=$temporary TERM=dumb timeout 30 zsh -f "$temporary/type.zsh" "$temporary" "$typed" 2>&1)
        report "$claim" "$([[ $got == "$wanted" ]] || echo "'$got', not '$wanted'")"
    done <<END
zsh_completes_commands|nines mar|nines market 
zsh_completes_words|nines market re|nines market replay 
zsh_completes_options|nines run --th|nines run --threads 
zsh_completes_choices|nines run --log lea|nines run --log leases 
zsh_completes_charts|nines plot b.db av|nines plot b.db availability 
zsh_completes_files|nines validate a|nines validate a.cfg 
zsh_completes_any_file_where_none_is_named|nines import intervals e|nines import intervals e.csv 
END
else
    skip zsh_completes_words "zsh is not installed"
fi
cd "$golden/../.." || exit 3
expect another_shell_is_misuse 2 "$NINES" --completion fish
expect no_shell_is_misuse 2 "$NINES" --completion
harness_end
