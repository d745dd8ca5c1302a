#include "runtime/model/matrix_formats.h"

#include <algorithm>
#include <set>

#include "runtime/load/gguf/gguf_types.h"
#include "runtime/model/model.h"

namespace rwkvk {
namespace {

/// For rows that are not whole blocks.
WeightFormat in_place_of(WeightFormat format) {
    using enum WeightFormat;
    switch (format) {
        case q2_k:
        case q3_k:
            return q4_0;
        case q4_k:
            return q5_0;
        case q5_k:
            return q5_1;
        case q6_k:
            return q8_0;
        case iq4_xs:
            return iq4_nl;
        default:
            return f16;
    }
}

double bytes_per_element(WeightFormat format) {
    return static_cast<double>(info(format).block_bytes) / info(format).block_elements;
}

/// Converters leave the low-rank matrices alone, whose names do not end so.
bool is_large(std::string_view official) { return official.ends_with(".weight"); }

/// Of "blocks.12.…".
uint32_t layer_of(const std::string& official) {
    return static_cast<uint32_t>(std::stoul(official.substr(official.find('.') + 1)));
}

WeightFormat low_rank(WeightFormat wanted, WeightFormat stored) {
    if (!in_blocks(wanted)) return wanted;
    return stored == WeightFormat::bf16 ? stored : WeightFormat::f16;
}

/// Official names, within a block, of those that llama.cpp's converter always makes f32.
std::set<std::string_view> widened_in(std::string_view architecture) {
    constexpr std::string_view widened[] = {"time_mix_w1.weight", "time_mix_w2.weight",
                                            "time_mix_decay_w1.weight", "time_mix_decay_w2.weight"};
    std::set<std::string_view> names;
    for (const load::GgufName& row : load::gguf_names()) {
        if (is_of(row, architecture) && std::ranges::find(widened, row.gguf) != std::end(widened))
            names.insert(row.official);
    }
    return names;
}

class FormatChoice {
  public:
    FormatChoice(const Model& model, const MatrixFormats& formats)
        : model_(model), formats_(formats), widened_(widened_in(model.gguf_architecture())) {}

    WeightFormat of(const std::string& official) const {
        if (is_widened(official)) return WeightFormat::f32;
        const auto shape = *model_.weights().find(official);
        WeightFormat wanted = formats_.matrices.value_or(shape.format);
        if (!is_large(official)) return formats_.matrices ? low_rank(wanted, shape.format) : wanted;
        if (formats_.down && official.ends_with(".ffn.down.weight"))
            wanted = formats_.down(layer_of(official), model_.dimensions().layers);
        if (official == "emb.weight") wanted = formats_.embedding.value_or(wanted);
        if (official == "head.weight") wanted = formats_.head.value_or(head_of(wanted));
        while (shape.in % info(wanted).block_elements != 0) wanted = in_place_of(wanted);
        return wanted;
    }

  private:
    bool is_widened(std::string_view official) const {
        if (!official.starts_with("blocks.")) return false;
        return widened_.contains(official.substr(official.find('.', std::string_view("blocks.").size()) + 1));
    }

    WeightFormat head_of(WeightFormat wanted) const {
        const bool coarse =
            formats_.matrices && bytes_per_element(wanted) < bytes_per_element(WeightFormat::q6_k);
        return coarse ? WeightFormat::q6_k : wanted;
    }

    const Model& model_;
    const MatrixFormats& formats_;
    const std::set<std::string_view> widened_;
};

}  // namespace

std::map<std::string, WeightFormat> choose_formats(const Model& model, const MatrixFormats& formats) {
    const FormatChoice choice(model, formats);
    std::map<std::string, WeightFormat> chosen;
    for (const std::string& name : model.matrices()) chosen[name] = choice.of(name);
    return chosen;
}

}  // namespace rwkvk
