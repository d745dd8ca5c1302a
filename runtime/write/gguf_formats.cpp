#include "runtime/write/gguf_formats.h"

#include <algorithm>
#include <map>
#include <utility>

namespace rwkvk {
namespace {

constexpr std::pair<WeightFormat, uint32_t> numbers[] = {
    {WeightFormat::f32, 0},   {WeightFormat::f16, 1},     {WeightFormat::bf16, 32},  {WeightFormat::q8_0, 7},
    {WeightFormat::q4_0, 2},  {WeightFormat::q4_1, 3},    {WeightFormat::q5_0, 8},   {WeightFormat::q5_1, 9},
    {WeightFormat::q2_k, 10}, {WeightFormat::q3_k, 11},   {WeightFormat::q4_k, 14},  {WeightFormat::q5_k, 16},
    {WeightFormat::q6_k, 18}, {WeightFormat::iq4_nl, 25}, {WeightFormat::iq4_xs, 30}};

}  // namespace

uint32_t gguf_file_type(const Model& model) {
    std::map<WeightFormat, uint64_t> elements;
    for (const std::string& name : model.matrices()) {
        const auto shape = *model.weights().find(name);
        elements[shape.format] += uint64_t{shape.out} * shape.in;
    }
    const auto most = std::ranges::max_element(elements, {}, [](const auto& entry) { return entry.second; });
    const auto* row = std::ranges::find(numbers, most->first, &std::pair<WeightFormat, uint32_t>::first);
    RWKVK_ASSERT(row != std::end(numbers));
    return row->second;
}

}  // namespace rwkvk
