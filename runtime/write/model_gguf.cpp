#include "runtime/write/model_gguf.h"

#include <algorithm>

#include "host/thread_pool.h"
#include "runtime/catalogue/weights.h"
#include "runtime/load/gguf/gguf_write.h"
#include "runtime/write/gguf_describe.h"
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
    RowReader(const Model& model, const GgufLayoutTensor& tensor, WeightFormat format, ThreadPool& pool)
        : weights_(model.weights()),
          tensor_(tensor),
          shape_(*weights_.find(tensor.official.front())),
          format_(format),
          together_(static_cast<uint32_t>(tensor.shape.back() / shape_.in)),
          pool_(pool) {}

    void read(uint64_t first, uint64_t rows, std::byte* out) const {
        pool_.parallel_for(rows * together_, [&](uint64_t begin, uint64_t end) {
            for (uint64_t row = begin; row < end; ++row)
                read_row(first * together_ + row, out + row * stored_bytes(format_, shape_.in));
        });
    }

  private:
    void read_row(uint64_t row, std::byte* out) const {
        const std::string& name = tensor_.official[row / shape_.out];
        const auto within = static_cast<uint32_t>(row % shape_.out);
        if (shape_.format == format_) return weights_.read_rows(name, within, 1, out);
        std::vector<std::byte> stored(stored_bytes(shape_.format, shape_.in));
        weights_.read_rows(name, within, 1, stored.data());
        std::vector<float> values(shape_.in);
        decode(shape_.format, stored.data(), values);
        encode(format_, values, out);
        check_finite(name, values, out);
    }

    void check_finite(const std::string& name, std::span<const float> values, const std::byte* stored) const {
        std::vector<std::byte> copy(stored, stored + stored_bytes(format_, values.size()));
        const int64_t bad = settle_stored(format_, copy.data(), values.size());
        if (bad < 0) return;
        throw Error(Code::bad_argument,
                    concat("tensor '", name, "' holds ", values[static_cast<size_t>(bad)],
                           " or something near it, which ", info(format_).name, " cannot: use bf16 or f32"));
    }

    const WeightSource& weights_;
    const GgufLayoutTensor& tensor_;
    const WeightSource::Shape shape_;
    const WeightFormat format_;
    const uint32_t together_;  // rows of the model in one of the file
    ThreadPool& pool_;
};

}  // namespace

void write_model_gguf(const std::string& path, const Model& model, const GgufContents& contents,
                      const Progress& progress) {
    const GgufLayout layout = gguf_layout(model);
    const GgufFormatChoice choice(model, contents.formats);
    load::GgufMetadataToWrite metadata;
    describe_model(model, layout.architecture, contents.title, metadata);
    metadata.add_u32("general.file_type", choice.file_type());
    if (contents.vocabulary)
        describe_vocabulary(*contents.vocabulary, model.dimensions().vocabulary, metadata);
    for (const std::string& text : contents.overrides) override_gguf_metadata(text, metadata);

    ThreadPool pool(contents.threads);
    std::vector<load::GgufTensorToWrite> tensors;
    for (const GgufLayoutTensor& tensor : layout.tensors) {
        const WeightFormat format = tensor.float32 ? WeightFormat::f32 : choice.of(tensor.official.front());
        const RowReader reader(model, tensor, format, pool);
        tensors.push_back(
            {tensor.name, dtype_of(format), tensor.shape,
             [reader](uint64_t first, uint64_t rows, std::byte* out) { reader.read(first, rows, out); }});
    }
    load::write_gguf(path, metadata, tensors, [&](uint64_t done, uint64_t all) {
        if (!progress || progress(static_cast<double>(done) / static_cast<double>(all))) return;
        throw Error(Code::cancelled, concat(path, ": writing was cancelled"));
    });
}

}  // namespace rwkvk
