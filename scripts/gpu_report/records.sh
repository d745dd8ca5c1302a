# Sourced by gpu-report: what the steps leave, and the report that is made of it.
#
# Each step has files of its own, $stem.*, so that steps may run side by side: `json` its record, `row` its line of the
# Markdown table, `md` details below the table, `status` one word (ok, FAILED, skipped).

begin_records() {
    steps=0 failures=0 groups=() titles=()
    trap stop INT TERM
    # Kernels are compiled anew, and nothing stays behind.
    export XDG_CACHE_HOME=$work/cache __GL_SHADER_DISK_CACHE_PATH=$work/cache
    mkdir cache records
    for ((i = 0; i < 256; ++i)); do printf "%d b'\\\\x%02x' 1\n" $((i + 1)) $i; done >bytes.txt  # a vocabulary
}

# What has been found so far is a report too.
stop() {
    kill $(jobs -p) 2>/dev/null
    wait
    [[ $steps -eq 0 ]] || { write_report && echo "gpu-report: interrupted; $report.md and .json: $verdict" >&2; }
    exit 130
}

# group LETTER SECONDS TITLE: the steps that follow belong to it and share the seconds.
group() {
    [[ $steps -eq 0 ]] || write_report
    group=$1 group_end=$((SECONDS + $2 * percent / 100))
    [[ -z $only || $only == *$group* ]] || return 0
    groups+=("$group") titles+=("$3")
    printf '%s  %s\n' "$group" "$3" >&2
}

# begin NAME: of the next step; false where its group is not asked for.
begin() {
    [[ -z $only || $only == *$group* ]] || return 1
    name=$1 command_text='' took=0 limit=0 exit_status=0
    printf -v stem '%s/records/%03d-%s' "$work" $((++steps)) "$group"
}

# record STATUS RESULT [MEMBERS]: of the step that was begun; MEMBERS are further ones of its JSON object.
record() {
    local status=$1 result said short=${name:0:60}
    [[ $short == "$name" ]] || short+=...
    result=$(private <<<"$2")
    said=$(tail -n 20 "$stem.err" 2>/dev/null | private)
    printf '{"group": "%s", "step": %s, "command": %s, "status": "%s", "result": %s, "seconds": %s, "limit": %s, "exit": %s, "said": %s%s}' \
        "$group" "$(quoted <<<"$name")" "$(private <<<"$command_text" | quoted)" "$status" "$(quoted <<<"$result")" \
        "$took" "$limit" "$exit_status" "$(quoted <<<"$said")" "${3:+, $3}" >"$stem.json"
    printf '| %s | %s | %s |\n' "${short//|/ }" "${result//|/ }" "$took" >"$stem.row"
    echo "$status" >"$stem.status"
    printf '   %-32s %s (%s s)\n' "$short" "$result" "$took" >&2
}

# Text without what tells machines apart: paths, and the identifiers of cards.
private() {
    local text home=${HOME-}
    text=$(sed -E 's/[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}/left-out/g')
    text=${text//"$work/"/}
    text=${text//"$root/"/}
    [[ ${#home} -lt 2 ]] || text=${text//"$home"/\~}
    printf '%s\n' "$text"
}

# Text as a JSON string.
quoted() {
    tr '\200-\377' '?' | tr -d '\000-\010\013-\037\177' |
        awk '{ gsub(/\\/, "\\\\"); gsub(/"/, "\\\""); gsub(/\t/, "\\t"); printf "%s%s", (NR > 1 ? "\\n" : "\""), $0 }
             END { print (NR > 0 ? "\"" : "\"\"") }'
}

# What a program printed, as JSON: itself if it is JSON.
embedded() {
    local text
    text=$(private)
    case $text in
        \{*\} | \[*\]) printf '%s\n' "$text" ;;
        *) quoted <<<"$text" ;;
    esac
}

# Sets `failures` and `verdict`, what all steps came to in words.
count() {
    failures=$(cat records/*.status | grep -c FAILED)
    verdict="$steps steps, $failures failed, $(cat records/*.status | grep -c skipped) left out"
}

write_report() {
    count
    json_report >"$report.json.new" && mv "$report.json.new" "$report.json"
    markdown_report >"$report.md.new" && mv "$report.md.new" "$report.md"
}

json_report() {
    local separator='' file
    printf '{\n"card": %s,\n"driver": %s,\n"commit": %s,\n"date": "%s",\n"rehearsal": %s,\n"minutes": %s,\n"failed": %s,\n' \
        "$(quoted <<<"$card")" "$(quoted <<<"$driver")" "$(quoted <<<"$commit")" "$(date -u +%F)" \
        "$([[ -n $rehearse ]] && echo true || echo false)" "$minutes" "$failures"
    printf '"system": %s,\n"devices": %s,\n"steps": [\n' "$(quoted <system.txt)" "$(embedded <devices.json)"
    for file in records/*.json; do
        printf '%s' "$separator"
        cat "$file"
        separator=$',\n'
    done
    printf '\n]}\n'
}

markdown_report() {
    local i
    printf '# %s\n\n%s, commit %s, %s%s: %s.\n\n' "$card" "$driver" "$commit" "$(date -u +%F)" \
        "${rehearse:+, a rehearsal with tiny models}" "$verdict"
    printf '```\n%s\n```\n\n```json\n%s\n```\n' "$(cat system.txt)" "$(private <card.json)"
    for i in "${!groups[@]}"; do
        printf '\n## %s  %s\n\n| step | result | s |\n|---|---|---|\n' "${groups[i]}" "${titles[i]}"
        cat records/*-"${groups[i]}".row 2>/dev/null
        cat records/*-"${groups[i]}".md 2>/dev/null
    done
    printf '\n## What the program said\n\n```\n%s\n```\n' "$(cat records/*.err 2>/dev/null | private | sort -u)"
}
