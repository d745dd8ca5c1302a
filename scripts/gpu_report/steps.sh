# Sourced by gpu-report: the kinds of steps that its plan is made of. None stops the script.

# time_for SECONDS: sets `limit` to them, or to what is left before all time is up; false where less than half of them is
# left, or where less than half of them is left of the group's time.
time_for() {
    local group_left=$((group_end - SECONDS)) left=$((deadline - SECONDS))
    full_limit=$(($1 * percent / 100))
    limit=$((left < full_limit ? left : full_limit))
    ((limit > 0 && 2 * limit >= full_limit && 2 * group_left >= full_limit))
}
# The same for the step that was begun, which is recorded as left out otherwise.
allow() { time_for "$1" || { limit=0; record skipped 'left out: no time'; return 1; }; }

# attempt COMMAND...: within `limit`; sets `took`, `exit_status`, and the files out and err of the step.
attempt() {
    local begin
    begin=$(date +%s.%N)
    command_text=${*//"${program[*]}"/rwkvk}
    timeout --foreground -k 5 "$limit" "$@" >"$stem.out" 2>"$stem.err" </dev/null &
    child=$!
    wait "$child"
    exit_status=$?
    took=$(awk "BEGIN { printf \"%.1f\", $(date +%s.%N) - $begin }")
    [[ $exit_status -eq 0 ]]
}
rwkvk() { attempt "${program[@]}" "$@"; }
on_card() { rwkvk "$@" -dev "$device"; }

# Of an attempt that did not succeed: cut, by its own limit or by the end of the time, or failed with a last line.
record_failure() {
    if [[ $exit_status -ne 124 && $exit_status -ne 137 ]]; then
        record FAILED "FAILED: $(tail -n 1 "$stem.err")" "$@"
    elif ((limit < full_limit)); then
        record skipped "left out: no time, cut after $limit s" "$@"
    else
        record FAILED "FAILED: cut after $limit s" "$@"
    fi
}

# member KEY <JSON: the first value of that name, in what the program prints: a member in a line.
member() { sed -nE "s/^ *\"$1\": \"?([^\"]*[^\",])\"?,?\$/\1/p" | head -n 1; }

# Models of docs/NUMERICS.md whose names match: `--synthetic SPEC` as SPEC, others as the file.
known() { awk '{ print $1 }' fingerprints.txt | grep -E "$1"; }

# "MODEL FINGERPRINT" of the tables in docs/NUMERICS.md; for a rehearsal, of the smallest models.
known_fingerprints() {
    awk -F ' *[|] *' '
        $3 ~ /^[0-9a-f]+$/ && length($3) == 16 && $2 ~ /^`/ { gsub(/`|--synthetic /, "", $2); print $2, $3 }
        $2 == "type" && $3 == "v4" { for (i = 3; i < NF; ++i) version[i] = $i; next }
        3 in version && $2 !~ /^-/ { for (i = 3; i < NF; ++i) print version[i] ":1x512x64:" $2, $i }
        NF < 3 { delete version }
    ' "$root/docs/NUMERICS.md" | grep -v '^tiny' |
        if [[ -n $rehearse ]]; then grep -E '^(tests/data/v7[.]0|[^ ]*:2x64x300:)'; else cat; fi
}
masked_models() {
    if [[ -n $rehearse ]]; then echo tests/data/v7.0/model-fp32.pth; else echo v7:1x512x64:f16 v7:1x512x64:q4_k; fi
}
# The model of a plan; in a rehearsal one of the same version and format.
sized() {
    local version=${1%%:*} format=${1##*:}
    if [[ -n $rehearse ]]; then echo "$version:1x256x257:$format"; else echo "$1"; fi
}
# at_most N LIMIT: N; in a rehearsal no more than LIMIT.
at_most() { [[ -n $rehearse && $1 -gt $2 ]] && echo "$2" || echo "$1"; }

# exact SECONDS CAPS MODEL...: `rwkvk verify` of each under the mask CAPS of the device's facts, several side by side,
# and the fingerprint beside that of docs/NUMERICS.md.
exact() {
    local seconds=$1 caps=$2 most
    shift 2
    most=$(($(nproc) / 2))
    most=$((most < 2 ? 2 : most > 8 ? 8 : most))
    while [[ $# -gt 0 ]]; do
        begin "$1${caps:+, $caps}" || return 0
        while (($(jobs -rp | wc -l) >= most)); do wait -n; done
        time_for "$seconds" || { name="$*${caps:+, $caps}" limit=0; record skipped "left out: no time for these $#"; break; }
        (trap 'kill $child; exit' TERM; exact_one "$1" "$caps") &
        shift
    done
    wait
}
exact_one() {
    local expected members
    expected=$(awk -v model="$1" '$1 == model { print $2 }' fingerprints.txt)
    verify "$1" "$2"
    members="\"fingerprint\": \"$found\", \"expected\": \"$expected\", \"mask\": \"$2\""
    if [[ $exit_status -eq 0 && $found == "$expected" ]]; then
        record ok "equal, $found as in docs/NUMERICS.md" "$members"
    elif [[ $exit_status -eq 124 || $exit_status -eq 137 ]]; then
        record_failure "$members"
    else
        explain "$1" "$2" "$members"
    fi
}
# verify MODEL CAPS: sets `found`, the fingerprint.
verify() {
    local model=(--synthetic "$1") environment=() pieces=()
    [[ $1 != */* ]] || model=(-m "$root/$1")
    [[ -z $2 ]] || environment=(env "RWKVK_CAPS=$2")
    [[ -z $rehearse ]] || pieces=(--chunks 0)
    attempt "${environment[@]}" "${program[@]}" verify "${model[@]}" "${pieces[@]}" --json -t 2 -dev "$device"
    found=$(member fingerprint <"$stem.out")
}
# A model that is not exact: what differs, and which masks mend it.
explain() {
    local mask words first=("$command_text" "$limit" "$exit_status" "$took") members="$3, \"output\": $(embedded <"$stem.out")"
    if [[ -z $found ]]; then
        words="FAILED: $(tail -n 1 "$stem.err")"
    else
        words="FAILED: fingerprint $found, docs/NUMERICS.md has ${expected:-none}; $(differing <"$stem.out")"
    fi
    mv "$stem.err" "$stem.first"
    [[ -n $2 ]] || for mask in -float-controls -keep-signed-zero -subgroup minimum; do
        time_for "$seconds" || { words+="; no time for $mask"; continue; }
        verify "$1" "$mask"
        [[ $exit_status -eq 0 && $found == "$expected" ]] && words+="; equal with $mask" || words+="; not with $mask"
    done
    mv "$stem.first" "$stem.err"
    command_text=${first[0]} limit=${first[1]} exit_status=${first[2]} took=${first[3]}
    record FAILED "$words" "$members"
}
# Ops that differ from the CPU step by step, then whole runs that do.
differing() {
    awk '/"differing":/ { bits = $2 + 0 } /"(op|run)":/ && bits { sub(/^[^:]*: "/, ""); sub(/",?$/, ""); names = names ", " $0 }
         END { print (names == "" ? "no op differs from the CPU" : "differing: " substr(names, 3)) }'
}

# measure SECONDS GB MODEL PROMPT GENERATE BATCHES [--per-op]: `rwkvk bench`; MODEL may be a file of this folder.
measure() {
    local model
    if [[ $3 == *.gguf ]]; then model=(-m "$3"); else model=(--synthetic "$(sized "$3")"); fi
    begin "$3, prompt $4, generate $5, batch $6" || return 0
    fits "$2" && allow "$1" || return 0
    on_card bench "${model[@]}" -p "$(at_most "$4" 8)" -n "$(at_most "$5" 4)" -b "$6" \
        -r "$(at_most 3 1)" "${@:7}" -o json || { record_failure; return; }
    bench_tables "$name" <"$stem.out" >"$stem.md"
    record ok "$(bench_line <"$stem.out")" "\"output\": $(embedded <"$stem.out")"
}
# Whether so many GB fit into the card's memory and, while they are made, into the machine's.
fits() {
    local memory available
    [[ -z $rehearse ]] || return 0
    memory=$(member memory_bytes <card.json) available=$(awk '/^MemAvailable/ { print $2 * 1024 }' /proc/meminfo)
    awk "BEGIN { exit !($1 * 1e9 <= ${memory:-0} && $1 * 1e9 <= $available) }" && return
    record skipped "left out: takes $1 GB"
    return 1
}
# What `bench -o json` says, in a line: speeds, then load time and memory.
bench_line() {
    awk '{ key = $1; value = $2; gsub(/[":,]/, "", key); gsub(/[",]/, "", value); v[key] = value }
         key == "tokens_per_second" { line = line sprintf("%s %.1f, ", v["test"], value) }
         END { sub(/, $/, " tokens/s", line)
               printf "%s; load %.2f s, peak %.0f MB of %.0f\n", line, v["load_seconds"], v["peak_bytes"] / 1e6, v["needed_bytes"] / 1e6 }'
}
# Markdown tables of `bench -o json`. Members are sorted by name and ops come before rows.
bench_tables() {
    awk -v name="$1" '
        { key = $1; value = $0; gsub(/[":,]/, "", key); sub(/^[^:]*: /, "", value); gsub(/[",]/, "", value); v[key] = value }
        /^    "[^"]*": \[$/ { ops = ops "\n| op, " key " | calls per token | µs per token | % | GB/s |\n|---|---|---|---|---|\n" }
        key == "us_per_token" {
            ops = ops sprintf("| %s | %.2f | %.1f | %.1f | %.1f |\n", v["op"], v["calls_per_token"], value, 100 * v["share"], v["gb_per_second"])
        }
        key == "tokens_per_second" {
            rows = rows sprintf("| %s | %.2f | %.2f | %.1f | %.0f | %.0f |\n", v["test"], value, v["spread"], v["gb_per_second"], 100 * v["probe_fraction"], 100 * v["bound_fraction"])
        }
        END {
            printf "\n%s: %d dispatches in %d phases per token, reads %.1f GB/s, a phase takes %.2f µs\n\n", name, v["dispatches_per_token"], v["barriers_per_token"], v["probe_gb_per_second"], v["phase_us"]
            printf "| test | tokens/s | ± | GB/s | %% of probe | %% of bound |\n|---|---|---|---|---|---|\n%s%s", rows, ops
        }'
}

# probe SECONDS NAME: how fast the card reads its memory, and what dispatches, waits and uploads take.
probe() {
    begin "$2" || return 0
    allow "$1" || return 0
    on_card bench --probe -o json || { record_failure; return; }
    record ok "$(printf '%.1f GB/s, phase %.1f µs, 1024 workgroups %.1f µs, dispatch %.1f µs, round trip %.1f µs, upload %.1f GB/s' \
        $(for name in probe_gb_per_second phase_us wide_phase_us dispatch_us round_trip_us upload_gb_per_second; do member "$name" <"$stem.out"; done))" \
        "\"output\": $(embedded <"$stem.out")"
}

# kernels SECONDS: every pipeline; registers, spills and whatever else the driver counts.
kernels() {
    local count
    begin kernels || return 0
    allow "$1" || return 0
    on_card kernels --json || { record_failure "\"output\": $(embedded <"$stem.out")"; return; }
    count=$(grep -c '"kernel":' "$stem.out")
    statistics_table <"$stem.out" >"$stem.md"
    record ok "$count pipelines" "\"output\": $(embedded <"$stem.out")"
}
statistics_table() {
    awk -F '"' '
        $2 == "kernel" { kernel = $4 }
        /^      "/ && $4 ~ /^[0-9.]+$/ && tolower($2) !~ /hash/ {
            if (!($2 in most)) { names[++count] = $2; least[$2] = most[$2] = $4; of[$2] = kernel }
            if ($4 + 0 < least[$2] + 0) least[$2] = $4
            if ($4 + 0 > most[$2] + 0) { most[$2] = $4; of[$2] = kernel }
        }
        END {
            print (count ? "\n| statistic of kernels | least | most | of |\n|---|---|---|---|" : "\nThe driver counts nothing.")
            for (i = 1; i <= count; ++i) print "| " names[i] " | " least[names[i]] " | " most[names[i]] " | " of[names[i]] " |"
        }'
}

# self_test SECONDS: what the first use of the card says and takes.
self_test() {
    begin 'self-test' || return 0
    allow "$1" || return 0
    on_card generate -v -p a -n 1 --json || { record_failure; return; }
    record ok "$(grep '^self-test' "$stem.err" | paste -sd ';')"
    mv "$stem.err" "$stem.log"
}

# candidates SECONDS FORMAT: what each kind of kernel takes for products with matrices of the format, and which are preferred.
candidates() {
    begin "products of $2" || return 0
    allow "$1" || return 0
    attempt env RWKVK_CAPS=+tuning "XDG_CACHE_HOME=$PWD/untuned" "${program[@]}" generate -v --synthetic "v7:1x256x257:$2" \
        --vocab bytes.txt -p a -n 1 --json -dev "$device" || { record_failure; return; }
    record ok "$(sed -n 's/^.*: \(.* rows: .* us\)$/\1/p; s/^.*\(measured to be faster.*\)$/\1/p' "$stem.err" | paste -sd ';')"
}

# same_tokens SECONDS NAME COUNT FLAGS...: so many tokens on the card and on the CPU are the same.
same_tokens() {
    local print_card print_cpu members seconds
    begin "$2" || return 0
    allow "$1" || return 0
    set -- generate --json --seed 1 -n "$(at_most "$3" 40)" -l 0-inf -p a "${@:4}"
    on_card "$@" || { record_failure; return; }
    mv "$stem.out" "$stem.card"
    seconds=$took
    rwkvk "$@" -dev cpu || { record_failure; return; }
    print_card=$(member fingerprint <"$stem.card") print_cpu=$(member fingerprint <"$stem.out")
    took=$seconds members="\"fingerprint\": \"$print_card\", \"expected\": \"$print_cpu\""
    if [[ $print_card == "$print_cpu" && $(ids <"$stem.card") == "$(ids <"$stem.out")" ]]; then
        record ok "equal: $(ids <"$stem.out" | wc -l) tokens, fingerprint $print_card" "$members"
    else
        record FAILED "FAILED: tokens differ from number $(first_difference) on, fingerprints $print_card and $print_cpu (CPU)" \
            "$members, \"output\": $(embedded <"$stem.card"), \"output_cpu\": $(embedded <"$stem.out")"
    fi
}
ids() { sed -n '/"ids": \[/,/\]/s/^ *\([0-9][0-9]*\),*$/\1/p'; }
first_difference() { paste <(ids <"$stem.card") <(ids <"$stem.out") | awk '$1 != $2 { print NR; exit }'; }

# beside_peers SECONDS MODEL: the peers and this program with the same file, in turn.
beside_peers() {
    local peer version size format file=${2//:/-}.gguf
    IFS=: read -r version size format <<<"$(sized "$2")"
    begin "$2 as a file" || return 0
    has_room || return 0
    allow "$1" || return 0
    rwkvk synth "$file" --arch "$version" --size "$size" --type "$format" || { rm -f "$file"; record_failure; return; }
    record ok "$(($(stat -c %s "$file") / 1000000)) MB"
    for peer in "${peers[@]}"; do
        begin "$2, ${peer##*/}" || return 0
        allow "$1" || continue
        attempt "$peer" -m "$file" -p "$(at_most 512 8)" -n "$(at_most 64 4)" -r "$(at_most 3 1)" -ngl 99 -o json
        command_text=${command_text/"$peer"/"${peer##*/}"}
        [[ $exit_status -eq 0 ]] || { record_failure; continue; }
        record ok "$(peer_line <"$stem.out")" "\"output\": $(embedded <"$stem.out")"
    done
    measure "$1" 0 "$file" 512 64 1
    rm -f "$file"
}
has_room() {
    (($(df -Pk . | awk 'END { print $4 }') > $([[ -n $rehearse ]] && echo 100000 || echo 4000000))) && return
    record skipped 'left out: takes 4 GB in the folder of temporary files (TMPDIR)'
    return 1
}
peer_line() {
    awk '{ key = $1; value = $2; gsub(/[":,]/, "", key); gsub(/[",]/, "", value); v[key] = value }
         key == "avg_ts" { line = line sprintf("%s %.1f, ", (v["n_gen"] > 0 ? "tg" v["n_gen"] : "pp" v["n_prompt"]), value) }
         END { sub(/, $/, " tokens/s", line); print line }'
}
