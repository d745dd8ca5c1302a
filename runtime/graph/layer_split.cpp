#include "runtime/graph/layer_split.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <numeric>
#include <optional>

namespace rwkvk {
namespace {

std::optional<uint32_t> layer_of(const Step& step) {
    constexpr std::string_view prefix = "blocks.";
    if (!step.name.starts_with(prefix)) return {};
    uint32_t layer = 0;
    const char* const end = step.name.data() + step.name.size();
    const auto [at, error] = std::from_chars(step.name.data() + prefix.size(), end, layer);
    RWKVK_ASSERT(error == std::errc{} && at < end && *at == '.');
    return layer;
}

bool writes(const Step& step, size_t slot) { return info(step.op).slots[slot] == 'w'; }

/// Collects the steps of one part and what they refer to.
class PartMaker {
  public:
    PartMaker(const Program& whole, ProgramPart& part) : whole_(whole), part_(part) {}

    void add(Step step) {
        for (size_t slot = 0; slot < step.operands.size(); ++slot) {
            Operand& operand = step.operands[slot];
            operand.tensor = tensor(operand.tensor, writes(step, slot));
        }
        program().steps.push_back(std::move(step));
    }

    void make_carried(uint32_t of_whole) {
        program().tensors[numbers_.at(of_whole)].kind = TensorKind::carried;
    }

  private:
    Program& program() { return part_.programs.body; }

    uint32_t tensor(uint32_t of_whole, bool written) {
        const auto [at, is_new] =
            numbers_.try_emplace(of_whole, static_cast<uint32_t>(program().tensors.size()));
        if (!is_new) return at->second;
        Tensor tensor = whole_.tensors[of_whole];
        switch (tensor.kind) {
            case TensorKind::matrix:
                tensor.index = take(program().matrices, whole_.matrices[tensor.index]);
                break;
            case TensorKind::vector:
                tensor.index = take(program().vectors, whole_.vectors[tensor.index]);
                break;
            case TensorKind::state:
                part_.states.push_back(tensor.index);
                tensor.index = take(program().states, whole_.states[tensor.index]);
                break;
            case TensorKind::activation:
                if (written) break;
                RWKVK_ASSERT(tensor.planes == 1);
                tensor.kind = TensorKind::carried;
                part_.takes.push_back(tensor.name);
                break;
            default:
                break;
        }
        program().tensors.push_back(std::move(tensor));
        return at->second;
    }

    template <typename T>
    static uint32_t take(std::vector<T>& list, const T& item) {
        list.push_back(item);
        return static_cast<uint32_t>(list.size() - 1);
    }

    const Program& whole_;
    ProgramPart& part_;
    std::map<uint32_t, uint32_t> numbers_;  // of tensors: in the whole, in the part
};

/// The part of every layer.
std::vector<size_t> parts_of_layers(const std::vector<uint32_t>& layers) {
    std::vector<size_t> parts;
    for (size_t part = 0; part < layers.size(); ++part) parts.insert(parts.end(), layers[part], part);
    return parts;
}

}  // namespace

uint32_t layer_count(const Program& body) {
    uint32_t count = 0;
    for (const Step& step : body.steps) count = std::max(count, layer_of(step).value_or(0) + 1);
    return count;
}

std::vector<ProgramPart> split_layers(const ModelPrograms& programs, const std::vector<uint32_t>& layers) {
    const Program& body = programs.body;
    const std::vector<size_t> parts_by_layer = parts_of_layers(layers);
    RWKVK_ASSERT(parts_by_layer.size() == layer_count(body) && std::ranges::count(layers, 0u) == 0);
    std::vector<ProgramPart> parts(layers.size());
    std::vector<PartMaker> makers;
    for (ProgramPart& part : parts) {
        part.programs = {{}, {}, programs.width, programs.vocabulary};
        part.programs.body.name = body.name;
        part.programs.head.name = programs.head.name;
        makers.emplace_back(body, part);
    }
    std::map<uint32_t, size_t> made_in;  // the part, by tensor
    for (const Step& step : body.steps) {
        size_t part = 0;
        for (size_t slot = 0; slot < step.operands.size(); ++slot) {
            const auto made = made_in.find(step.operands[slot].tensor);
            if (made != made_in.end()) part = std::max(part, made->second);
        }
        if (const auto layer = layer_of(step)) {
            RWKVK_ASSERT(part <= parts_by_layer[*layer]);
            part = parts_by_layer[*layer];
        }
        for (size_t slot = 0; slot < step.operands.size(); ++slot) {
            if (writes(step, slot)) made_in[step.operands[slot].tensor] = part;
        }
        makers[part].add(step);
    }
    for (const auto& [tensor, maker] : made_in) {
        const std::string& name = body.tensors[tensor].name;
        const auto takes = [&](const ProgramPart& part) { return std::ranges::count(part.takes, name) > 0; };
        if (!std::ranges::any_of(parts, takes)) continue;
        makers[maker].make_carried(tensor);
        parts[maker].leaves.push_back(name);
    }
    parts.back().programs.head = programs.head;
    return parts;
}

}  // namespace rwkvk
