#include "runtime/write/model_gguf.h"

#include "host/thread_pool.h"
#include "runtime/load/gguf/gguf_write.h"
#include "runtime/write/gguf_describe.h"
#include "runtime/write/gguf_formats.h"
#include "runtime/write/gguf_layout.h"
#include "runtime/write/gguf_override.h"

namespace rwkvk {
namespace {

load::DType dtype_of(WeightFormat format) {
    const std::optional<load::DType> type = load::dtype_named(info(format).name);
    RWKVK_ASSERT(type);
    return *type;
}

/// The rows of a tensor of the file, made from those of the model.
class RowReader {
  public:
    RowReader(const WeightSource& weights, const GgufLayoutTensor& tensor, ThreadPool& pool)
        : weights_(weights),
          tensor_(tensor),
          shape_(*weights_.find(tensor.official.front())),
          together_(static_cast<uint32_t>(tensor.shape.back() / shape_.in)),
          pool_(pool) {}

    WeightFormat format() const { return shape_.format; }

    void read(uint64_t first, uint64_t rows, std::byte* out) const {
        const uint64_t row_bytes = stored_bytes(shape_.format, shape_.in);
        pool_.parallel_for(rows * together_, [&](uint64_t begin, uint64_t end) {
            for (uint64_t row = begin; row < end; ++row) {
                const uint64_t at = first * together_ + row;
                weights_.read_rows(tensor_.official[at / shape_.out], static_cast<uint32_t>(at % shape_.out),
                                   1, out + row * row_bytes);
            }
        });
    }

  private:
    const WeightSource& weights_;
    const GgufLayoutTensor& tensor_;
    const WeightSource::Shape shape_;
    const uint32_t together_;  // rows of the model in one of the file
    ThreadPool& pool_;
};

}  // namespace

void write_model_gguf(const std::string& path, const Model& model, const GgufContents& contents,
                      const Progress& progress) {
    const GgufLayout layout = gguf_layout(model);
    const auto stored = model.stored_as(contents.formats);
    load::GgufMetadataToWrite metadata;
    describe_model(model, layout.architecture, contents.title, metadata);
    metadata.add_u32("general.file_type", contents.formats.file_type.value_or(gguf_file_type(*stored)));
    if (contents.vocabulary)
        describe_vocabulary(*contents.vocabulary, model.dimensions().vocabulary, metadata);
    for (const std::string& text : contents.overrides) override_gguf_metadata(text, metadata);

    ThreadPool pool(contents.threads);
    std::vector<load::GgufTensorToWrite> tensors;
    for (const GgufLayoutTensor& tensor : layout.tensors) {
        const RowReader reader(stored->weights(), tensor, pool);
        tensors.push_back(
            {tensor.name, dtype_of(reader.format()), tensor.shape,
             [reader](uint64_t first, uint64_t rows, std::byte* out) { reader.read(first, rows, out); }});
    }
    load::write_gguf(path, metadata, tensors, [&](uint64_t done, uint64_t all) {
        if (!progress || progress(static_cast<double>(done) / static_cast<double>(all))) return;
        throw Error(Code::cancelled, concat(path, ": writing was cancelled"));
    });
}

}  // namespace rwkvk
