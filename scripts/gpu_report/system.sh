# Sourced by gpu-report: the machine and its cards, only read, and nothing that tells machines apart.

system_facts() {
    local card
    echo "system: $(uname -sr), $(sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' /etc/os-release 2>/dev/null)"
    echo "processor: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) may be used"
    echo "memory: $(awk '/^MemTotal/ { printf "%.1f GB", $2 * 1024 / 1e9 }' /proc/meminfo)"
    for card in /sys/bus/pci/devices/*; do
        [[ $(cat "$card/class" 2>/dev/null) != 0x03* ]] || pci_facts "$card"
    done
    type -P vulkaninfo >/dev/null && timeout 20 vulkaninfo --summary 2>/dev/null | sed -n '/^GPU/,$p' | grep -v UUID
    return 0
}
pci_facts() { # FOLDER
    local name line="graphics card:" file
    for name in vendor device current_link_speed current_link_width mem_info_vram_total mem_info_vis_vram_total; do
        [[ -r $1/$name ]] && line+=" $name $(cat "$1/$name" 2>/dev/null),"
    done
    file=$(readlink "$1/driver") && line+=" driver ${file##*/},"
    echo "$line largest window to its memory $(largest_window <"$1/resource") MiB"
}
largest_window() {
    local first last flags largest=0
    while read -r first last flags; do
        ((last - first + 1 > largest && last > first)) && largest=$((last - first + 1))
    done
    echo $((largest >> 20))
}

# A step: clocks and settings of NVIDIA's cards, as they are at that moment.
card_settings() {
    type -P nvidia-smi >/dev/null || return 0
    begin 'nvidia-smi' || return 0
    allow 10 || return 0
    attempt nvidia-smi --format=csv,noheader --query-gpu=name,driver_version,pstate,memory.total,clocks.sm,clocks.mem,clocks.max.sm,clocks.max.mem,power.draw,power.limit,temperature.gpu,pcie.link.gen.current,pcie.link.width.current,persistence_mode,compute_mode ||
        { record_failure; return; }
    record ok "$(paste -sd ';' "$stem.out")" "\"output\": $(embedded <"$stem.out")"
}

# Sets card, driver, device and `report`, the path of the report without its ending; ends the script where there is no card.
find_card() {
    [[ -n $device || -z $rehearse ]] || device=0
    timeout --foreground -k 5 40 "${program[@]}" devices --json >devices.json 2>devices.err </dev/null
    grep -q '"driver"' devices.json || die "no graphics card: $(tail -n 1 devices.err)"
    timeout --foreground -k 5 40 "${program[@]}" bench --probe -o json ${device:+-dev "$device"} >first.json 2>first.err </dev/null
    ! grep 'no device is' first.err >&2 || exit 1
    card=$(member device <first.json)
    [[ $card != cpu ]] || die "no graphics card but a software driver; -dev 0 takes it all the same"
    card=${card:-$(member name <devices.json)}
    one_device <devices.json >card.json
    driver=$(member driver <card.json)
    device=${device:-$(member index <card.json)}
    report=$(unused_name "${out:-$root/bench/results}/$(file_name "$card $driver $commit")")
    mkdir -p "${report%/*}" && [[ -w ${report%/*} ]] || die "${report%/*}: cannot be written"
    system_facts | private >system.txt
    known_fingerprints >fingerprints.txt
    [[ -s fingerprints.txt ]] || die 'docs/NUMERICS.md: found no fingerprints'
    printf '%s, %s, commit %s\n' "$card" "$driver" "$commit" >&2
}
# The entry of `card` in what `devices --json` prints.
one_device() {
    awk -v name="$card" '/^  \{/ { text = ""; mine = 0 } { text = text $0 "\n" }
        index($0, "    \"name\": \"" name "\"") == 1 { mine = 1 }
        /^  \}/ && mine { sub(/,\n$/, "\n", text); printf "%s", text; exit }'
}
file_name() { tr 'A-Z' 'a-z' <<<"$1" | sed -E 's/[^a-z0-9.]+/-/g; s/^[-.]+|-+$//g'; }
# NAME, or NAME-2 and so on where there is a report of that name.
unused_name() {
    local number=1 path=$1
    while [[ -e $path.md || -e $path.json ]]; do path=$1-$((++number)); done
    echo "$path"
}
