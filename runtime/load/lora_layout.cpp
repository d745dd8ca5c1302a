#include "runtime/load/lora_layout.h"

#include <algorithm>
#include <utility>

#include "runtime/load/bytes.h"
#include "runtime/load/official.h"

namespace rwkvk::load {
namespace {

// From the model's width to a rank, and from a rank to the width of the attention.
constexpr std::string_view down[] = {"att.w1", "att.a1",          "att.v1",
                                     "att.g1", "att.time_maa_w1", "att.time_decay_w1"};
constexpr std::string_view up[] = {"att.w2", "att.a2", "att.v2", "att.g2", "att.time_decay_w2"};

/// Rows or columns of a matrix; 0 where there is none of this name.
uint64_t size_of(const Tensors& tensors, const char* name, size_t dim) {
    const auto at = tensors.find(name);
    if (at == tensors.end()) return 0;
    const auto shape = at->second.squeezed().shape;
    return shape.size() == 2 ? shape[dim] : 0;
}

/// `wide` is known to be one of the sides: which? Nothing where neither or both are.
std::optional<LoraLayout> layout_of(const TensorView& view, uint64_t wide, bool wide_is_in) {
    const auto shape = view.squeezed().shape;
    if (shape.size() != 2 || (shape[0] == wide) == (shape[1] == wide)) return std::nullopt;
    return (shape[0] == wide) == wide_is_in ? LoraLayout::in_out : LoraLayout::out_in;
}

bool is_square(const TensorView& view) {
    return view.shape.size() >= 2 && view.shape.end()[-1] == view.shape.end()[-2];
}

bool is_state(std::string_view name) { return within_official_block(name) == "att.time_state"; }

bool is_one_of(std::span<const std::string_view> names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

}  // namespace

LoraLayout lora_layout_of(const Tensors& tensors, std::optional<LoraLayout> documented,
                          const std::string& path) {
    const uint64_t width = size_of(tensors, "emb.weight", 1);
    const uint64_t attention = size_of(tensors, "blocks.0.att.receptance.weight", 0);
    std::optional<LoraLayout> found;
    std::string_view undecided;
    for (const auto& [name, view] : tensors) {
        const std::string_view within = within_official_block(name);
        const bool is_down = is_one_of(down, within);
        if (!is_down && !is_one_of(up, within)) continue;
        if (width > 0 || is_square(view)) undecided = name;
        const auto layout = layout_of(view, is_down ? width : attention, is_down);
        if (!layout || layout == found) continue;
        if (found) {
            throw damaged(path, concat("tensor ", quote(name), " is ", view.shape_text(),
                                       ", the other way round than those before it"));
        }
        found = layout;
    }
    if (found) return *found;
    if (documented) return *documented;
    if (undecided.empty()) return LoraLayout::in_out;
    throw Error(Code::unsupported, concat(path, ": tensor ", quote(undecided),
                                          ", as others of low rank, is square, so nothing tells ",
                                          "whether it is turned as web-rwkv does it: use the original .pth"));
}

void use_linear_layout(Tensors& tensors, LoraLayout found, const std::string& path) {
    if (found == LoraLayout::out_in) return;
    for (auto& [name, view] : tensors) view = from_official(name, std::move(view), path);
}

bool states_are_turned(const Checkpoint& checkpoint) {
    if (checkpoint.tensors.contains("emb.weight")) return false;
    const auto state =
        std::ranges::find_if(checkpoint.tensors, [](const auto& entry) { return is_state(entry.first); });
    if (state == checkpoint.tensors.end()) return false;
    if (state->second.dtype == DType::f16) return true;
    throw Error(
        Code::unsupported,
        concat(checkpoint.path, ": tensor ", quote(state->first), " is ", name_of(state->second.dtype),
               ", but web-rwkv's converter, which turns states, writes f16: nothing tells whether its "
               "matrices are turned: use the .pth that was trained"));
}

void turn_states(Tensors& tensors) {
    for (auto& [name, view] : tensors) {
        if (is_state(name) && view.shape.size() >= 2) view = view.transposed();
    }
}

}  // namespace rwkvk::load
