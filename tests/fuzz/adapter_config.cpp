// What lies beside an adapter: PEFT's configuration, the manifest of a MiSS adapter.

#include "runtime/load/adapter_config.h"

#include "host/error.h"
#include "tests/fuzz/input.h"

void rwkvk::fuzz::read_input(std::string_view input) {
    try {
        load::parse_peft_config(input, "fuzz").factor(4);
    } catch (const Error&) {
    }
    load::parse_miss_manifest(input, "fuzz");
}
