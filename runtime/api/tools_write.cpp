// Random models, and models written to files.
#include "runtime/api/handles.h"
#include "runtime/include/rwkvk_tools.h"
#include "runtime/model/mixtures.h"
#include "runtime/model/model_tokenizer.h"
#include "runtime/synthetic/synthetic_gguf.h"
#include "runtime/synthetic/synthetic_model.h"
#include "runtime/write/embedded_vocabulary.h"
#include "runtime/write/model_gguf.h"

using namespace rwkvk;
using namespace rwkvk::api;

rwkvk_status rwkvk_tools_synthetic(rwkvk_runtime* runtime, const char* spec, uint64_t seed,
                                   rwkvk_model** model) {
    if (!runtime) return RWKVK_BAD_ARGUMENT;
    return guarded(*runtime->runtime, [&] {
        require(spec, "spec");
        require(model, "model");
        *model = new rwkvk_model{runtime->runtime, synthetic_model(spec, seed)};
    });
}

rwkvk_status rwkvk_tools_synth(rwkvk_runtime* runtime, const char* path, const char* spec, uint64_t seed,
                               const char* vocabulary, rwkvk_progress_fn progress, void* user) {
    if (!runtime) return RWKVK_BAD_ARGUMENT;
    return guarded(*runtime->runtime, [&] {
        require_output(path);
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

MatrixFormats formats_of(const rwkvk_quantize_params& params) {
    MatrixFormats formats = matrix_formats_named(params.type ? params.type : "keep");
    formats.head = format_or_none(params.head_type);
    formats.embedding = format_or_none(params.embedding_type);
    if (!params.pure) return formats;
    formats.down = nullptr;
    if (!formats.head) formats.head = formats.matrices;
    return formats;
}

/// That of the file if one is given, else what belongs to the model, if anything does.
std::optional<load::Vocabulary> vocabulary_for(const Model& model, const char* path) {
    if (path) return embedded_vocabulary(model, path);
    if (model.vocabulary()) return *model.vocabulary();
    const auto found = find_model_tokenizer(model);
    if (!found) return std::nullopt;
    auto vocabulary = embedded_vocabulary(*found);
    if (!vocabulary)
        log(LogLevel::warning,
            "the model's vocabulary cannot be written into GGUF: keep its file beside the model");
    return vocabulary;
}

}  // namespace

void rwkvk_quantize_params_default(rwkvk_quantize_params* params, uint32_t size) {
    set_defaults(rwkvk_quantize_params{.size = size,
                                       .type = nullptr,
                                       .head_type = nullptr,
                                       .embedding_type = nullptr,
                                       .vocabulary = nullptr,
                                       .title = nullptr,
                                       .overrides = nullptr,
                                       .override_count = 0,
                                       .threads = 0,
                                       .progress = nullptr,
                                       .progress_user = nullptr,
                                       .pure = 0},
                 params, size);
}

rwkvk_status rwkvk_tools_quantize(const rwkvk_model* model, const char* path,
                                  const rwkvk_quantize_params* given) {
    if (!model) return RWKVK_BAD_ARGUMENT;
    return guarded(*model->runtime, [&] {
        require_output(path);
        const rwkvk_quantize_params params = complete(given, rwkvk_quantize_params_default);
        const Model& m = *model->model;
        const std::optional<load::Vocabulary> vocabulary = vocabulary_for(m, params.vocabulary);
        const GgufContents contents{
            .title = params.title ? params.title : m.title(),
            .vocabulary = vocabulary ? &*vocabulary : nullptr,
            .formats = formats_of(params),
            .overrides = to_strings(params.overrides, params.override_count, "overrides"),
            .threads = accept_threads(params.threads)};
        write_model_gguf(path, m, contents, [&](double fraction) {
            return !params.progress || params.progress(params.progress_user, fraction);
        });
    });
}
