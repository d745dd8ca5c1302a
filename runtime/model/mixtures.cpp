#include "runtime/model/mixtures.h"

#include <algorithm>
#include <cctype>
#include <string>

namespace rwkvk {
namespace {

using Format = WeightFormat;

// After llama.cpp's src/llama-quant.cpp, without an importance matrix. Its rules go by names of tensors; of
// those RWKV has the head and, in the hybrids only, ffn_down.
bool everywhere(uint32_t, uint32_t) { return true; }
bool first_eighth(uint32_t layer, uint32_t layers) { return layer < layers / 8; }
bool first_sixteenth(uint32_t layer, uint32_t layers) { return layer < layers / 16; }
bool in_turns(uint32_t layer, uint32_t layers) {
    return layer < layers / 8 || layer >= 7 * layers / 8 || (layer - layers / 8) % 3 == 2;
}

template <Format better, bool (*where)(uint32_t, uint32_t), Format otherwise>
Format down(uint32_t layer, uint32_t layers) {
    return where(layer, layers) ? better : otherwise;
}

struct Mixture {
    std::string_view name, alias;
    uint32_t number;  // llama.cpp's
    Format matrices;
    MatrixFormats::ByLayer down = nullptr;
};

constexpr Mixture mixtures[] = {
    {"f32", "", 0, Format::f32},
    {"f16", "", 1, Format::f16},
    {"bf16", "", 32, Format::bf16},
    {"q8_0", "", 7, Format::q8_0},
    {"q6_k", "", 18, Format::q6_k},
    {"q5_k_m", "q5_k", 17, Format::q5_k, down<Format::q6_k, in_turns, Format::q5_k>},
    {"q5_k_s", "", 16, Format::q5_k},
    {"q5_1", "", 9, Format::q5_1},
    {"q5_0", "", 8, Format::q5_0},
    {"q4_k_m", "q4_k", 15, Format::q4_k, down<Format::q6_k, in_turns, Format::q4_k>},
    {"q4_k_s", "", 14, Format::q4_k, down<Format::q5_k, first_eighth, Format::q4_k>},
    {"q4_1", "", 3, Format::q4_1},
    {"q4_0", "", 2, Format::q4_0},
    {"iq4_nl", "", 25, Format::iq4_nl, down<Format::q5_k, first_eighth, Format::iq4_nl>},
    {"iq4_xs", "", 30, Format::iq4_xs, down<Format::q5_k, first_eighth, Format::iq4_xs>},
    {"q3_k_l", "", 13, Format::q3_k, down<Format::q5_k, everywhere, Format::q3_k>},
    {"q3_k_m", "q3_k", 12, Format::q3_k, down<Format::q5_k, first_sixteenth, Format::q4_k>},
    {"q3_k_s", "", 11, Format::q3_k},
    {"q2_k", "", 10, Format::q2_k, down<Format::q3_k, everywhere, Format::q2_k>},
    {"q2_k_s", "", 21, Format::q2_k, down<Format::q4_k, first_eighth, Format::q2_k>},
};

/// How names of llama.cpp begin that are not made here, and what comes nearest.
struct Foreign {
    std::string_view begin, instead;
};
constexpr Foreign foreign[] = {{"iq1", "Q2_K"},     {"iq2", "Q2_K"},     {"iq3", "Q3_K_M"},
                               {"tq", "Q2_K"},      {"q1_0", "Q2_K"},    {"q2_0", "Q2_K"},
                               {"mxfp4", "IQ4_NL"}, {"nvfp4", "IQ4_NL"}, {"q4_0_", "Q4_0"}};

std::string known_names() {
    std::string names;
    for (const Mixture& mixture : mixtures) names += concat(mixture.name, ", ");
    return names + "keep";
}

}  // namespace

MatrixFormats matrix_formats_named(std::string_view name) {
    std::string lower(name);
    for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (lower == "keep" || lower == "copy") return {};
    const auto is_meant = [&](const Mixture& mixture) {
        return lower == mixture.name || (lower == mixture.alias && !lower.empty()) ||
               lower == std::to_string(mixture.number);
    };
    const auto* found = std::ranges::find_if(mixtures, is_meant);
    if (found != std::end(mixtures))
        return {.matrices = found->matrices,
                .down = found->down,
                .file_type = found->number,
                .name = found->name};
    const auto* known =
        std::ranges::find_if(foreign, [&](const Foreign& row) { return lower.starts_with(row.begin); });
    if (known != std::end(foreign)) {
        throw Error(Code::bad_argument, concat("the type ", quote(name),
                                               " of llama.cpp is not made here: take ", known->instead));
    }
    throw Error(Code::bad_argument,
                concat("the type ", quote(name), " is not known; there are ", known_names()));
}

}  // namespace rwkvk
