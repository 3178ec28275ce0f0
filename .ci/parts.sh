# The parts of a run, and what each took: source this, say `part NAME` before each, and the table comes when the script
# ends, whether it passed or not. A script that another one runs adds its parts to the table of that one. Below the table
# stand the closing lines of the runners of tests, as they wrote them; `closing NAME COMMAND...` keeps them.

if [[ -z ${CI_PARTS:-} ]]; then
    CI_PARTS=$(mktemp -d)
    export CI_PARTS
    parts_are_ours=true
else
    parts_are_ours=false
fi
part_name=

say() { printf '== %s\n' "$*"; }

# Leaves in `cpu` the seconds of CPU that ended children took so far. Not for a subshell, whose children are others.
count_cpu() {
    times >"$CI_PARTS/times"
    cpu=$(awk 'NR == 2 { for (i = 1; i <= 2; i++) { split($i, t, /[ms]/); sum += t[1] * 60 + t[2] } print int(sum) }' \
        "$CI_PARTS/times")
}

part_end() {
    if [[ -z $part_name ]]; then return; fi
    count_cpu
    printf '%7d s %7d s  %s\n' $((SECONDS - part_since)) $((cpu - part_cpu)) "$part_name" >>"$CI_PARTS/table"
    part_name=
}

part() {
    part_end
    part_name=$*
    part_since=$SECONDS
    count_cpu
    part_cpu=$cpu
    say "$part_name"
}

# Runs a command of tests; what it says goes on, and its closing line is kept for the end.
closing() {
    local name=$1 log=$CI_PARTS/log status=0
    "${@:2}" 2>&1 | tee "$log" || status=$?
    # swift-testing's and pytest's; without colours.
    sed 's/\x1b\[[0-9;]*m//g' "$log" | grep -E 'Test run with .* (passed|failed)|[0-9]+ (passed|failed).* in [0-9.]+s' |
        tail -n 1 | sed "s|^|$name: |" >>"$CI_PARTS/closings" || true
    return $status
}

parts_at_exit() {
    local status=$?
    part_end
    if $parts_are_ours; then
        printf '\n%9s %9s  part\n' wall CPU
        if [[ -f $CI_PARTS/table ]]; then cat "$CI_PARTS/table"; fi
        count_cpu
        printf '%7d s %7d s  all\n\n' "$SECONDS" "$cpu"
        if [[ -f $CI_PARTS/closings ]]; then cat "$CI_PARTS/closings"; fi
        rm -rf "$CI_PARTS"
    fi
    return $status
}
trap parts_at_exit EXIT
