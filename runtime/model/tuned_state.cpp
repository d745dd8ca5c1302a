#include "runtime/model/tuned_state.h"

#include <algorithm>

#include "runtime/model/state_layout.h"

namespace rwkvk {
namespace {

constexpr std::string_view tensor_name = ".att.time_state";

std::string tuned_name(const StateRequest& state) {
    return concat(state.name.substr(0, state.name.rfind('.')), tensor_name);
}

/// The state's layout is [head][key][value] or, where value_first, that of the tensor.
std::vector<float> in_layout_of(const StateRequest& state, std::span<const float> values) {
    if (state.value_first) return {values.begin(), values.end()};
    return transpose_heads(state.heads, state.head_size(), values);
}

std::vector<float> read_layer(const WeightSource& tensors, const StateRequest& state,
                              const std::string& where) {
    const std::string name = tuned_name(state);
    const auto shape = tensors.find(name);
    if (!shape) {
        throw Error(Code::bad_shape,
                    concat(where, ": tensor '", name,
                           "' is missing, which this model needs: use a state that was tuned for it"));
    }
    const uint32_t size = state.head_size();
    if (shape->out != state.heads * size || shape->in != size) {
        throw Error(Code::bad_shape, concat(where, ": tensor '", name, "': expected ", state.heads,
                                            " heads of ", size, "x", size, ", found ", shape->out, "x",
                                            shape->in, " in all: use a state that was tuned for this model"));
    }
    return in_layout_of(state, tensors.read_vector(name));
}

void check_layers(const std::vector<std::string>& names, const Program& body, const std::string& where) {
    for (const std::string& name : names) {
        const auto is_its = [&](const StateRequest& state) {
            return state.heads > 0 && tuned_name(state) == name;
        };
        if (std::ranges::any_of(body.states, is_its)) continue;
        throw Error(Code::bad_shape,
                    concat(where, ": tensor '", name,
                           "' is of a layer that this model does not have: use a state that was "
                           "tuned for it"));
    }
}

}  // namespace

std::vector<std::string> tuned_state_tensors(const WeightSource& tensors) {
    std::vector<std::string> names = tensors.names();
    std::erase_if(names, [](const std::string& name) { return !name.ends_with(tensor_name); });
    return names;
}

std::vector<float> tuned_state(const WeightSource& tensors, const Program& body, const std::string& where) {
    const std::vector<std::string> names = tuned_state_tensors(tensors);
    if (names.empty()) return {};
    check_layers(names, body, where);
    std::vector<float> all;
    for (const StateRequest& state : body.states) {
        if (state.heads == 0) {
            all.insert(all.end(), state.width, state.initial);
            continue;
        }
        const std::vector<float> values = read_layer(tensors, state, where);
        all.insert(all.end(), values.begin(), values.end());
    }
    return all;
}

}  // namespace rwkvk
