#include "runtime/model/model.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "host/log.h"
#include "host/paths.h"
#include "host/thread_pool.h"
#include "runtime/graph/phases.h"
#include "runtime/graph/rounded_inputs.h"
#include "runtime/graph/weight_requests.h"
#include "runtime/load/model_folder.h"
#include "runtime/model/checkpoint_source.h"
#include "runtime/model/converted_source.h"
#include "runtime/model/fingerprint.h"
#include "runtime/model/tuned_state.h"

namespace rwkvk {

Model::Model(std::string name, std::string format, std::shared_ptr<const WeightSource> weights)
    : name_(std::move(name)), format_(std::move(format)), weights_(std::move(weights)) {
    version_ = &arch::version_of(*weights_, name_);
    arch::Architecture read = version_->read(*weights_);
    dimensions_ = read.dimensions;
    programs_ = std::move(read.programs);
    for (const Program* program : {&programs_.body, &programs_.head}) {
        for (const MatrixRequest& request : program->matrices) check_shape(*weights_, request);
    }
    programs_ = with_rounded_inputs(programs_, *weights_);
    for (Program* program : {&programs_.body, &programs_.head}) *program = in_phases(std::move(*program));
    initial_state_ = tuned_state(*weights_, programs_.body, name_);
}

namespace {

/// A file without a head is of a model that uses its embedding as one, whatever kind of file it is.
void tie_head(load::Checkpoint& checkpoint) {
    const auto embedding = checkpoint.tensors.find("emb.weight");
    if (embedding == checkpoint.tensors.end()) return;
    if (!checkpoint.tensors.try_emplace("head.weight", embedding->second).second) return;
    log(LogLevel::info, concat(checkpoint.path, ": without a head: the embedding is used as one"));
}

}  // namespace

std::shared_ptr<Model> Model::from_checkpoint(load::Checkpoint checkpoint, std::string name,
                                              std::span<const AdapterChoice> adapters) {
    tie_head(checkpoint);
    const std::string format = checkpoint.format;
    std::string title = std::move(checkpoint.title);
    std::optional<load::Vocabulary> vocabulary = std::move(checkpoint.vocabulary);
    const std::optional<text::SamplerParams> sampling = checkpoint.sampling;
    auto weights = add_adapters(make_checkpoint_source(std::move(checkpoint)), adapters);
    const std::shared_ptr<Model> model(new Model(std::move(name), format, std::move(weights)));
    model->adapters_.assign(adapters.begin(), adapters.end());
    model->title_ = std::move(title);
    model->vocabulary_ = std::move(vocabulary);
    model->sampling_ = sampling;
    return model;
}

std::shared_ptr<const Model> Model::load(const std::string& path, std::span<const AdapterChoice> adapters) {
    const std::string file = load::model_file(path);
    const auto model =
        from_checkpoint(load::open_checkpoint(file), to_path(file).filename().string(), adapters);
    model->path_ = file;
    return model;
}

std::shared_ptr<const Model> Model::from_memory(std::span<const std::byte> file, const std::string& name,
                                                std::span<const AdapterChoice> adapters) {
    return from_checkpoint(load::read_checkpoint(file, name), name, adapters);
}

std::shared_ptr<const Model> Model::from_weights(std::unique_ptr<WeightSource> weights,
                                                 const std::string& name, const std::string& format) {
    return std::shared_ptr<const Model>(new Model(name, format, std::move(weights)));
}

std::shared_ptr<const Model> Model::stored_as(const MatrixFormats& formats) const {
    auto weights = convert_weights(weights_, choose_formats(*this, formats));
    const std::shared_ptr<Model> model(new Model(name_, format_, std::move(weights)));
    model->path_ = path_;
    model->adapters_ = adapters_;
    model->stored_as_ = formats.name;
    model->title_ = title_;
    model->vocabulary_ = vocabulary_;
    model->sampling_ = sampling_;
    return model;
}

std::vector<std::string> Model::matrices() const {
    std::set<std::string> names;
    for (const Program* program : {&programs_.body, &programs_.head}) {
        for (const MatrixRequest& request : program->matrices) names.insert(request.name);
    }
    return {names.begin(), names.end()};
}

std::vector<std::string> Model::used_tensors() const {
    const std::vector<std::string> matrices = this->matrices();
    std::set<std::string> used(matrices.begin(), matrices.end());
    for (const Program* program : {&programs_.body, &programs_.head}) {
        for (const VectorRequest& request : program->vectors)
            used.insert(request.names.begin(), request.names.end());
    }
    for (const std::string& name : tuned_state_tensors(*weights_)) used.insert(name);
    return {used.begin(), used.end()};
}

std::vector<std::string> Model::unused_tensors() const {
    const std::vector<std::string> used = used_tensors();
    std::vector<std::string> unused;
    for (const std::string& name : weights_->names()) {
        if (!std::binary_search(used.begin(), used.end(), name)) unused.push_back(name);
    }
    return unused;
}

uint64_t Model::parameters() const {
    uint64_t total = 0;
    for (const std::string& name : used_tensors()) {
        const auto shape = *weights_->find(name);
        total += uint64_t{shape.out} * shape.in;
    }
    return total;
}

uint64_t Model::weight_bytes() const {
    uint64_t total = 0;
    for (const std::string& name : used_tensors()) {
        const auto shape = *weights_->find(name);
        total += stored_bytes(shape.format, uint64_t{shape.out} * shape.in);
    }
    return total;
}

uint64_t Model::state_bytes() const {
    uint64_t total = 0;
    for (const StateRequest& state : programs_.body.states) total += uint64_t{state.width} * sizeof(float);
    return total;
}

std::string Model::fingerprint() const {
    std::call_once(fingerprint_once_, [this] { fingerprint_ = make_fingerprint(); });
    return fingerprint_;
}

std::string Model::make_fingerprint() const {
    constexpr uint64_t piece_bytes = 1 << 20;
    ThreadPool pool;  // what has to be encoded takes its time
    std::vector<std::byte> piece;
    Fingerprint print;
    const WeightSource::Facts facts = weights_->facts();
    const auto add_fact = [&](const char* name, const auto& value) {
        if (!value) return;
        print.add(std::as_bytes(std::span(std::string_view(name))));
        print.add(std::as_bytes(std::span(&*value, 1)));
    };
    add_fact("head_size", facts.head_size);
    add_fact("norm_epsilon", facts.norm_epsilon);
    add_fact("group_epsilon", facts.group_epsilon);
    for (const std::string& name : used_tensors()) {
        const auto shape = *weights_->find(name);
        print.add(std::as_bytes(std::span(name)));
        const uint32_t numbers[] = {shape.out, shape.in, static_cast<uint32_t>(shape.format)};
        print.add(std::as_bytes(std::span(numbers)));
        const uint64_t row_bytes = stored_bytes(shape.format, shape.in);
        const auto at_once = static_cast<uint32_t>(std::max<uint64_t>(1, piece_bytes / row_bytes));
        for (uint32_t first = 0; first < shape.out; first += at_once) {
            const uint32_t rows = std::min(at_once, shape.out - first);
            piece.resize(rows * row_bytes);
            pool.parallel_for(rows, [&](uint64_t begin, uint64_t end) {
                weights_->read_rows(name, first + static_cast<uint32_t>(begin),
                                    static_cast<uint32_t>(end - begin), piece.data() + begin * row_bytes);
            });
            print.add(piece);
        }
    }
    return print.hex();
}

}  // namespace rwkvk
