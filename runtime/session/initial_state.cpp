#include "runtime/session/initial_state.h"

#include <algorithm>

#include "runtime/load/tensor.h"
#include "runtime/model/checkpoint_source.h"
#include "runtime/model/tuned_state.h"
#include "runtime/session/state_file.h"

namespace rwkvk {

SavedState read_any_state(const std::string& path, const Model& model) {
    if (is_state_file(path)) return read_state_file(path, model);
    const Program& body = model.programs().body;
    const bool has_matrices =
        std::ranges::any_of(body.states, [](const auto& state) { return state.heads > 0; });
    if (!has_matrices) {
        throw Error(Code::unsupported, concat(path, ": expected a saved state, because RWKV-",
                                              model.version(), " has no tuned ones"));
    }
    const auto tensors = make_checkpoint_source(load::open_tensors(path));
    SavedState state{.values = tuned_state(*tensors, body, path), .position = 0};
    if (!state.values.empty()) return state;
    throw Error(
        Code::bad_file,
        concat(path, ": holds no tensor 'blocks.0.att.time_state': expected a tuned or a saved state"));
}

std::vector<float> read_initial_state(const std::string& path, const Model& model) {
    return read_any_state(path, model).values;
}

bool is_only_state(const std::string& path) {
    try {
        if (is_state_file(path)) return true;
        const auto tensors = make_checkpoint_source(load::open_tensors(path));
        return !tuned_state_tensors(*tensors).empty() && !tensors->find("blocks.0.ln1.weight");
    } catch (const Error&) {
        return false;
    }
}

}  // namespace rwkvk
