#include "runtime/load/gguf/gguf_write.h"

#include <algorithm>

#include "host/replaced_file.h"
#include "runtime/load/bytes.h"
#include "runtime/load/gguf/gguf_container.h"

namespace rwkvk::load {
namespace {

constexpr uint64_t piece_bytes = uint64_t{1} << 20;  // rows are read and written in about so many bytes

template <typename T>
void put(std::string& out, T value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void put_text(std::string& out, std::string_view text) {
    put(out, uint64_t{text.size()});
    out += text;
}

template <typename T>
void put_typed(std::string& out, GgufType type, T value) {
    put(out, static_cast<uint32_t>(type));
    put(out, value);
}

void put_array_head(std::string& out, GgufType element, uint64_t count) {
    put(out, static_cast<uint32_t>(GgufType::array));
    put(out, static_cast<uint32_t>(element));
    put(out, count);
}

uint64_t aligned(uint64_t bytes) {
    return (bytes + gguf_default_alignment - 1) / gguf_default_alignment * gguf_default_alignment;
}

uint64_t row_bytes(const GgufTensorToWrite& tensor) {
    return *stored_bytes(tensor.type, tensor.shape.back());
}

uint64_t rows_of(const GgufTensorToWrite& tensor) {
    uint64_t rows = 1;
    for (size_t dim = 0; dim + 1 < tensor.shape.size(); ++dim) rows *= tensor.shape[dim];
    return rows;
}

void put_description(std::string& out, const GgufTensorToWrite& tensor, uint64_t offset) {
    RWKVK_ASSERT(!tensor.shape.empty() && tensor.shape.size() <= 4);
    put_text(out, tensor.name);
    put(out, static_cast<uint32_t>(tensor.shape.size()));
    for (size_t dim = tensor.shape.size(); dim-- > 0;) put(out, tensor.shape[dim]);
    put(out, ggml_type_of(tensor.type).id);
    put(out, offset);
}

/// Everything before the data, padded so that the data is aligned.
std::string header_of(const GgufMetadataToWrite& metadata, std::span<const GgufTensorToWrite> tensors) {
    std::string out(gguf_magic);
    put(out, gguf_version);
    put(out, uint64_t{tensors.size()});
    put(out, metadata.count());
    out += metadata.bytes();
    uint64_t offset = 0;
    for (const GgufTensorToWrite& tensor : tensors) {
        put_description(out, tensor, offset);
        offset += aligned(row_bytes(tensor) * rows_of(tensor));
    }
    out.resize(aligned(out.size()));
    return out;
}

class Writer {
  public:
    Writer(const std::string& path, const BytesWritten& written) : file_(path), written_(written) {}

    void write(const std::string& header, std::span<const GgufTensorToWrite> tensors) {
        all_bytes_ = header.size();
        for (const GgufTensorToWrite& tensor : tensors)
            all_bytes_ += aligned(row_bytes(tensor) * rows_of(tensor));
        write(std::as_bytes(std::span(header)));
        for (const GgufTensorToWrite& tensor : tensors) write(tensor);
        file_.finish();
    }

  private:
    void write(const GgufTensorToWrite& tensor) {
        const uint64_t row = row_bytes(tensor), rows = rows_of(tensor);
        const uint64_t at_once = std::clamp<uint64_t>(piece_bytes / row, 1, rows);
        piece_.resize(at_once * row);
        for (uint64_t first = 0; first < rows; first += at_once) {
            const uint64_t count = std::min(at_once, rows - first);
            tensor.read_rows(first, count, piece_.data());
            write(std::span(piece_).first(count * row));
        }
        static constexpr std::byte zeros[gguf_default_alignment] = {};
        write(std::span(zeros).first(aligned(row * rows) - row * rows));
    }

    void write(std::span<const std::byte> bytes) {
        file_.write(bytes);
        done_bytes_ += bytes.size();
        if (written_) written_(done_bytes_, all_bytes_);
    }

    ReplacedFile file_;
    const BytesWritten& written_;
    std::vector<std::byte> piece_;
    uint64_t done_bytes_ = 0, all_bytes_ = 0;
};

}  // namespace

std::string& GgufMetadataToWrite::value_of(std::string_view key) {
    auto entry = std::ranges::find(entries_, key, &Entry::key);
    if (entry == entries_.end()) entry = entries_.insert(entry, {std::string(key), {}});
    entry->typed_value.clear();
    return entry->typed_value;
}

std::string GgufMetadataToWrite::bytes() const {
    std::string out;
    for (const Entry& entry : entries_) {
        put_text(out, entry.key);
        out += entry.typed_value;
    }
    return out;
}

void GgufMetadataToWrite::add_u32(std::string_view key, uint32_t value) {
    put_typed(value_of(key), GgufType::u32, value);
}

void GgufMetadataToWrite::add_i32(std::string_view key, int32_t value) {
    put_typed(value_of(key), GgufType::i32, value);
}

void GgufMetadataToWrite::add_f32(std::string_view key, float value) {
    put_typed(value_of(key), GgufType::f32, value);
}

void GgufMetadataToWrite::add_bool(std::string_view key, bool value) {
    put_typed(value_of(key), GgufType::boolean, uint8_t{value});
}

void GgufMetadataToWrite::add_text(std::string_view key, std::string_view value) {
    std::string& out = value_of(key);
    put(out, static_cast<uint32_t>(GgufType::text));
    put_text(out, value);
}

void GgufMetadataToWrite::add_texts(std::string_view key, std::span<const std::string> values) {
    std::string& out = value_of(key);
    put_array_head(out, GgufType::text, values.size());
    for (const std::string& value : values) put_text(out, value);
}

void GgufMetadataToWrite::add_i32s(std::string_view key, std::span<const int32_t> values) {
    std::string& out = value_of(key);
    put_array_head(out, GgufType::i32, values.size());
    for (const int32_t value : values) put(out, value);
}

void write_gguf(const std::string& path, const GgufMetadataToWrite& metadata,
                std::span<const GgufTensorToWrite> tensors, const BytesWritten& written) {
    Writer(path, written).write(header_of(metadata, tensors), tensors);
}

}  // namespace rwkvk::load
