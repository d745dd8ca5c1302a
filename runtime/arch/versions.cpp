#include "runtime/arch/versions.h"

#include <algorithm>

#include "runtime/arch/arwkv7.h"
#include "runtime/arch/rwkv4.h"
#include "runtime/arch/rwkv5.h"
#include "runtime/arch/rwkv6.h"
#include "runtime/arch/rwkv6qwen2.h"
#include "runtime/arch/rwkv7.h"

namespace rwkvk::arch {
namespace {

template <auto read, auto build>
Architecture architecture(const WeightSource& weights) {
    const auto model = read(weights);
    return {model, build(model)};
}

constexpr Version versions[] = {
    {"7-qwen2", "arwkv7", is_arwkv7, architecture<read_arwkv7, build_arwkv7>},
    {"6-qwen2", "rwkv6qwen2", is_rwkv6qwen2, architecture<read_rwkv6qwen2, build_rwkv6qwen2>},
    {"7a", "rwkv7a", is_rwkv7a, architecture<read_rwkv7, build_rwkv7>},
    {"7.0", "rwkv7", is_rwkv7, architecture<read_rwkv7, build_rwkv7>},
    {"6.0", "rwkv6", is_rwkv6, architecture<read_rwkv6, build_rwkv6>},
    {"5.2", "rwkv5", is_rwkv5_2, architecture<read_rwkv5, build_rwkv5>},
    {"5.1", "rwkv5", is_rwkv5_1, architecture<read_rwkv5, build_rwkv5>},
    {"5.0", "rwkv5", is_rwkv5_0, architecture<read_rwkv5, build_rwkv5>},
    {"4.0", "rwkv4", is_rwkv4, architecture<read_rwkv4, build_rwkv4>},
};
constexpr size_t longest_name = 7;  // what rwkvk_model_info has room for
static_assert(std::ranges::all_of(versions,
                                  [](const Version& row) { return row.name.size() <= longest_name; }));

// Research variants that have all tensors of a version beside their own, or no block 0 that tells one.
constexpr Variant variants[] = {
    {"rosa", "an RWKV-8 with ROSA"},
    {".ffnPre.", "an RWKV-4 whose first block begins with a channel mix"},
    {".tiny_", "an RWKV-4 with a tiny attention"},
};

void refuse_by_parts_of_names(const WeightSource& weights, std::string_view where) {
    for (const std::string& name : weights.names()) {
        for (const auto& [part, variant] : variants) {
            if (name.find(part) == name.npos) continue;
            throw Error(Code::unsupported, concat(where, ": this is ", variant, " (it has '", name,
                                                  "'), which is not supported"));
        }
    }
}

}  // namespace

std::span<const Version> all_versions() { return versions; }

const Version& version_of(const WeightSource& weights, std::string_view where) {
    refuse_by_parts_of_names(weights, where);
    const auto found = std::ranges::find_if(versions, [&](const Version& row) { return row.is(weights); });
    if (found != std::end(versions)) return *found;
    std::string known;
    for (const Version& row : versions) known += concat(known.empty() ? "" : ", ", row.name);
    throw Error(Code::unsupported, concat(where, ": expected the tensors of RWKV ", known,
                                          ", found others: use a model of one of these versions"));
}

}  // namespace rwkvk::arch
