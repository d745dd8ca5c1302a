#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/arch/versions.h"
#include "runtime/graph/backend.h"
#include "runtime/graph/weight_source.h"
#include "runtime/load/tensor.h"
#include "runtime/model/adapted_source.h"
#include "runtime/model/matrix_formats.h"

namespace rwkvk {

/// A model: its weights' source and its programs. Immutable, can be shared by contexts and threads.
class Model {
  public:
    /// `path` may be a folder with one model in it. Errors: as load::model_file; as load::open_checkpoint; as
    /// add_adapters; Code::bad_shape, Code::unsupported.
    static std::shared_ptr<const Model> load(const std::string& path,
                                             std::span<const AdapterChoice> adapters = {});
    /// The same of a file that lies in memory, which must not change while the model lives; `name` stands for
    /// its path.
    static std::shared_ptr<const Model> from_memory(std::span<const std::byte> file, const std::string& name,
                                                    std::span<const AdapterChoice> adapters = {});
    /// Of weights that come from no file.
    static std::shared_ptr<const Model> from_weights(std::unique_ptr<WeightSource> weights,
                                                     const std::string& name, const std::string& format);
    /// The same model with its matrices in other formats, encoded whenever they are read. Errors when read:
    /// as convert_weights.
    std::shared_ptr<const Model> stored_as(const MatrixFormats& formats) const;

    const std::string& name() const { return name_; }  // file name, or the synthetic spec
    const std::string& path() const { return path_; }  // of its file, not its folder; or empty
    const std::vector<AdapterChoice>& adapters() const { return adapters_; }
    /// What its matrices were converted to when it was loaded, as `matrix_formats_named` takes it; or empty.
    const std::string& stored_as() const { return stored_as_; }
    const std::string& format() const { return format_; }  // as load::Checkpoint's, or "synthetic"
    const std::string& title() const { return title_; }    // what the file calls the model, any bytes, or ""
    /// The texts of its tokens where its file holds them, or null.
    const load::Vocabulary* vocabulary() const { return vocabulary_ ? &*vocabulary_ : nullptr; }
    /// What its file recommends, if it does.
    const std::optional<text::SamplerParams>& sampling() const { return sampling_; }
    std::string_view version() const { return version_->name; }  // "7.0"
    std::string_view gguf_architecture() const { return version_->gguf; }
    const arch::Dimensions& dimensions() const { return dimensions_; }
    const WeightSource& weights() const { return *weights_; }
    const ModelPrograms& programs() const { return programs_; }
    /// What a sequence begins with, as Context::state gives it, where the file holds a tuned state; else
    /// empty.
    const std::vector<float>& initial_state() const { return initial_state_; }

    uint64_t parameters() const;    // elements of the tensors that are used
    uint64_t weight_bytes() const;  // as stored
    uint64_t state_bytes() const;   // of one session, canonical layout
    /// Tensors of the source that the programs do not ask for.
    std::vector<std::string> unused_tensors() const;
    /// The others, sorted.
    std::vector<std::string> used_tensors() const;
    /// Of these, what the programs use as matrices.
    std::vector<std::string> matrices() const;
    /// Over names, shapes and stored bits of the tensors that are used. Reads all weights, once. Thread-safe.
    std::string fingerprint() const;

  private:
    Model(std::string name, std::string format, std::shared_ptr<const WeightSource> weights);
    static std::shared_ptr<Model> from_checkpoint(load::Checkpoint checkpoint, std::string name,
                                                  std::span<const AdapterChoice> adapters);
    std::string make_fingerprint() const;

    std::string name_, path_, format_, title_, stored_as_;
    std::vector<AdapterChoice> adapters_;
    std::optional<load::Vocabulary> vocabulary_;
    std::optional<text::SamplerParams> sampling_;
    std::shared_ptr<const WeightSource> weights_;
    const arch::Version* version_;
    arch::Dimensions dimensions_;
    ModelPrograms programs_;
    std::vector<float> initial_state_;
    mutable std::once_flag fingerprint_once_;
    mutable std::string fingerprint_;
};

}  // namespace rwkvk
