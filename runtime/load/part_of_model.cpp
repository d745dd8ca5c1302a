#include "runtime/load/part_of_model.h"

#include <algorithm>
#include <string_view>

#include "runtime/load/adapter_names.h"
#include "runtime/load/bytes.h"

namespace rwkvk::load {

void refuse_parts_of_models(const Checkpoint& checkpoint) {
    const bool is_whole = checkpoint.tensors.contains("emb.weight");
    for (const auto& [name, view] : checkpoint.tensors) {
        if (find_adapter_ending(name) && is_whole) {
            throw Error(Code::unsupported,
                        concat(checkpoint.path, ": a model with an adapter beside its weights (it holds ",
                               quote(name), "): merge them with the program that trained it"));
        }
        if (find_adapter_ending(name)) {
            throw Error(Code::bad_file,
                        concat(checkpoint.path, ": an adapter (it holds ", quote(name),
                               "), not a model: give it with --lora beside the model it was made for"));
        }
        if (name.ends_with(".att.time_state") && !is_whole) {
            throw Error(Code::bad_file, concat(checkpoint.path,
                                               ": a tuned initial state, not a model: give it with --state "
                                               "beside the model it was made for"));
        }
    }
}

}  // namespace rwkvk::load
