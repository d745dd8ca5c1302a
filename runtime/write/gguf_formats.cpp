#include "runtime/write/gguf_formats.h"

#include <algorithm>
#include <map>

namespace rwkvk {
namespace {

struct FormatRow {
    WeightFormat format;
    uint32_t file_type;     // llama.cpp's number
    WeightFormat in_place;  // for rows that are not whole blocks
};
constexpr FormatRow rows[] = {
    {WeightFormat::f32, 0, WeightFormat::f32},        {WeightFormat::f16, 1, WeightFormat::f16},
    {WeightFormat::bf16, 32, WeightFormat::bf16},     {WeightFormat::q8_0, 7, WeightFormat::f16},
    {WeightFormat::q4_0, 2, WeightFormat::f16},       {WeightFormat::q4_1, 3, WeightFormat::f16},
    {WeightFormat::q5_0, 8, WeightFormat::f16},       {WeightFormat::q5_1, 9, WeightFormat::f16},
    {WeightFormat::q2_k, 10, WeightFormat::q4_0},     {WeightFormat::q3_k, 11, WeightFormat::q4_0},
    {WeightFormat::q4_k, 14, WeightFormat::q5_0},     {WeightFormat::q5_k, 16, WeightFormat::q5_1},
    {WeightFormat::q6_k, 18, WeightFormat::q8_0},     {WeightFormat::iq4_nl, 25, WeightFormat::f16},
    {WeightFormat::iq4_xs, 30, WeightFormat::iq4_nl},
};

const FormatRow& row_of(WeightFormat format) {
    const auto* found = std::ranges::find(rows, format, &FormatRow::format);
    RWKVK_ASSERT(found != std::end(rows));
    return *found;
}

double bytes_per_element(WeightFormat format) {
    return static_cast<double>(info(format).block_bytes) / info(format).block_elements;
}

bool in_blocks(WeightFormat format) { return info(format).block_elements > 1; }

/// Converters leave the low-rank matrices alone, whose names do not end so.
bool is_large(const std::string& official) { return official.ends_with(".weight"); }

/// Of "blocks.12.…".
uint32_t layer_of(const std::string& official) {
    return static_cast<uint32_t>(std::stoul(official.substr(official.find('.') + 1)));
}

WeightFormat low_rank(WeightFormat wanted, WeightFormat stored) {
    if (!in_blocks(wanted)) return wanted;
    return stored == WeightFormat::bf16 ? stored : WeightFormat::f16;
}

}  // namespace

GgufFormatChoice::GgufFormatChoice(const Model& model, const GgufFormats& formats)
    : model_(model), formats_(formats) {
    for (const Program* program : {&model.programs().body, &model.programs().head}) {
        for (const MatrixRequest& request : program->matrices) matrices_.insert(request.name);
    }
}

WeightFormat GgufFormatChoice::of(const std::string& official) const {
    if (!matrices_.contains(official)) return WeightFormat::f32;
    const auto shape = *model_.weights().find(official);
    WeightFormat wanted = formats_.matrices.value_or(shape.format);
    if (!is_large(official)) return formats_.matrices ? low_rank(wanted, shape.format) : wanted;
    if (formats_.down && official.ends_with(".ffn.down.weight"))
        wanted = formats_.down(layer_of(official), model_.dimensions().layers);
    if (official == "emb.weight") wanted = formats_.embedding.value_or(wanted);
    if (official == "head.weight") {
        const bool coarse =
            formats_.matrices && bytes_per_element(wanted) < bytes_per_element(WeightFormat::q6_k);
        wanted = formats_.head.value_or(coarse ? WeightFormat::q6_k : wanted);
    }
    while (shape.in % info(wanted).block_elements != 0) wanted = row_of(wanted).in_place;
    return wanted;
}

uint32_t GgufFormatChoice::file_type() const {
    if (formats_.file_type) return *formats_.file_type;
    std::map<WeightFormat, uint64_t> elements;
    for (const std::string& name : matrices_) {
        const auto shape = *model_.weights().find(name);
        elements[of(name)] += uint64_t{shape.out} * shape.in;
    }
    const auto most = std::ranges::max_element(elements, {}, [](const auto& entry) { return entry.second; });
    return row_of(most->first).file_type;
}

}  // namespace rwkvk
