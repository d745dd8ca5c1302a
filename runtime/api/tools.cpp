#include "runtime/include/rwkvk_tools.h"

#include <algorithm>

#include "host/processors.h"
#include "runtime/api/handles.h"
#include "runtime/api/sampling.h"
#include "runtime/model/fingerprint.h"
#include "runtime/session/chat.h"
#include "runtime/write/npy.h"

using namespace rwkvk;
using namespace rwkvk::api;

struct rwkvk_hasher {
    Fingerprint print;
};
struct rwkvk_npy {
    RuntimePointer runtime;
    NpyWriter writer;
};

uint32_t rwkvk_tools_processors(void) { return usable_processors(); }

rwkvk_status rwkvk_tools_tensors(const rwkvk_model* model, rwkvk_tensor_fn sink, void* user) {
    if (!model) return RWKVK_BAD_ARGUMENT;
    return guarded(*model->runtime, [&] {
        const Model& m = *model->model;
        const std::vector<std::string> unused = m.unused_tensors();
        for (const std::string& name : m.weights().names()) {
            if (std::binary_search(unused.begin(), unused.end(), name)) {
                sink(user, name.c_str(), 0, 0, "", 0);  // of any shape and type
                continue;
            }
            const auto shape = *m.weights().find(name);
            sink(user, name.c_str(), shape.out, shape.in, std::string(info(shape.format).name).c_str(),
                 stored_bytes(shape.format, uint64_t{shape.out} * shape.in));
        }
    });
}

namespace {

std::string reads_of(const Program& program, const Step& step) {
    std::string reads;
    for (size_t i = 0; i + 1 < step.operands.size(); ++i) {
        const Tensor& tensor = program.tensors[step.operands[i].tensor];
        reads += concat(i == 0 ? "" : " ", tensor.name);
        if (tensor.planes > 1) reads += concat('.', step.operands[i].plane);
    }
    return reads;
}

}  // namespace

rwkvk_status rwkvk_tools_program(const rwkvk_model* model, rwkvk_step_fn sink, void* user) {
    if (!model) return RWKVK_BAD_ARGUMENT;
    return guarded(*model->runtime, [&] {
        const ModelPrograms& programs = model->model->programs();
        for (const Program* program : {&programs.body, &programs.head}) {
            for (const Step& step : program->steps) {
                sink(user, program->name.c_str(), std::string(info(step.op).name).c_str(), step.name.c_str(),
                     reads_of(*program, step).c_str());
            }
        }
    });
}

rwkvk_status rwkvk_tools_state_tensors(const rwkvk_model* model, rwkvk_state_tensor_fn sink, void* user) {
    if (!model) return RWKVK_BAD_ARGUMENT;
    return guarded(*model->runtime, [&] {
        for (const StateRequest& state : model->model->programs().body.states) {
            const std::vector<uint32_t> shape = state.shape();
            sink(user, state.name.c_str(), shape.data(), static_cast<uint32_t>(shape.size()), state.initial);
        }
    });
}

rwkvk_status rwkvk_tools_chat_defaults(const rwkvk_model* model, rwkvk_chat_defaults* defaults) {
    if (!model) return RWKVK_BAD_ARGUMENT;
    return guarded(*model->runtime, [&] {
        const Model& m = *model->model;
        const text::ChatTemplateChoice choice = chat_template_of(m);
        rwkvk_chat_defaults full{};
        full.size = sizeof full;
        full.template_by_file = choice.by_file;
        full.template_unknown = choice.declares_unknown;
        full.sampling_by_file = m.sampling().has_value();
        copy_text(choice.format.name(), full.template_name);
        copy_text(choice.declared, full.declared);
        full.sampling = from_params(m.sampling().value_or(choice.format.sampling()));
        hand_out(full, defaults);
    });
}

rwkvk_status rwkvk_hasher_create(rwkvk_hasher** hasher) {
    if (!hasher) return RWKVK_BAD_ARGUMENT;
    try {
        *hasher = new rwkvk_hasher;
        return RWKVK_OK;
    } catch (...) {
        return RWKVK_OUT_OF_MEMORY;
    }
}

void rwkvk_hasher_destroy(rwkvk_hasher* hasher) { delete hasher; }

void rwkvk_hasher_add(rwkvk_hasher* hasher, const void* data, size_t bytes) {
    hasher->print.add(std::span(static_cast<const std::byte*>(data), bytes));
}

void rwkvk_hasher_hex(const rwkvk_hasher* hasher, char hex[17]) {
    const std::string digits = hasher->print.hex();
    std::memcpy(hex, digits.c_str(), digits.size() + 1);
}

rwkvk_status rwkvk_npy_create(rwkvk_runtime* runtime, const char* path, uint64_t rows, uint64_t columns,
                              rwkvk_npy** npy) {
    if (!runtime) return RWKVK_BAD_ARGUMENT;
    return guarded(*runtime->runtime, [&] {
        require_output(path);
        require(npy, "npy");
        *npy = new rwkvk_npy{runtime->runtime, {path, rows, columns}};
    });
}

rwkvk_status rwkvk_npy_write(rwkvk_npy* npy, const float* row, size_t count) {
    if (!npy) return RWKVK_BAD_ARGUMENT;
    return guarded(*npy->runtime, [&] { npy->writer.write({row, count}); });
}

rwkvk_status rwkvk_npy_finish(rwkvk_npy* npy) {
    if (!npy) return RWKVK_BAD_ARGUMENT;
    return guarded(*npy->runtime, [&] { npy->writer.finish(); });
}

void rwkvk_npy_destroy(rwkvk_npy* npy) { delete npy; }
