// Random models, and models written to files.
#include "runtime/api/handles.h"
#include "runtime/include/rwkvk_tools.h"
#include "runtime/model/model_gguf.h"
#include "runtime/model/synthetic_gguf.h"
#include "runtime/model/vocabulary_file.h"

using namespace rwkvk;
using namespace rwkvk::api;

rwkvk_status rwkvk_tools_synthetic(rwkvk_runtime* runtime, const char* spec, uint64_t seed,
                                   rwkvk_model** model) {
    if (!runtime) return RWKVK_BAD_ARGUMENT;
    return guarded(*runtime->runtime, [&] {
        require(spec, "spec");
        require(model, "model");
        *model = new rwkvk_model{runtime->runtime, Model::synthetic(spec, seed)};
    });
}

rwkvk_status rwkvk_tools_synth(rwkvk_runtime* runtime, const char* path, const char* spec, uint64_t seed,
                               const char* vocabulary, rwkvk_progress_fn progress, void* user) {
    if (!runtime) return RWKVK_BAD_ARGUMENT;
    return guarded(*runtime->runtime, [&] {
        require(path, "path");
        require(spec, "spec");
        write_synthetic_gguf(path, spec, seed, text_or_empty(vocabulary),
                             [&](double fraction) { return !progress || progress(user, fraction); });
    });
}

namespace {

std::optional<WeightFormat> format_or_none(const char* name) {
    if (!name || std::string_view(name) == "keep") return std::nullopt;
    return weight_format(name);
}

}  // namespace

void rwkvk_quantize_params_default(rwkvk_quantize_params* params, uint32_t size) {
    set_defaults(rwkvk_quantize_params{.size = size,
                                       .type = nullptr,
                                       .head_type = nullptr,
                                       .embedding_type = nullptr,
                                       .vocabulary = nullptr,
                                       .title = nullptr,
                                       .threads = 0,
                                       .progress = nullptr,
                                       .progress_user = nullptr},
                 params, size);
}

rwkvk_status rwkvk_tools_quantize(const rwkvk_model* model, const char* path,
                                  const rwkvk_quantize_params* given) {
    if (!model) return RWKVK_BAD_ARGUMENT;
    return guarded(*model->runtime, [&] {
        require(path, "path");
        const rwkvk_quantize_params params = complete(given, rwkvk_quantize_params_default);
        const Model& m = *model->model;
        std::optional<load::Vocabulary> from_file;
        if (params.vocabulary) from_file = read_vocabulary_file(params.vocabulary, m.dimensions().vocabulary);
        const GgufContents contents{.title = params.title ? params.title : m.title(),
                                    .vocabulary = from_file ? &*from_file : m.vocabulary(),
                                    .formats = {.matrices = format_or_none(params.type),
                                                .head = format_or_none(params.head_type),
                                                .embedding = format_or_none(params.embedding_type)},
                                    .threads = params.threads};
        write_model_gguf(path, m, contents, [&](double fraction) {
            return !params.progress || params.progress(params.progress_user, fraction);
        });
    });
}
