#pragma once
// What a model file holds: named tensors whose elements lie in the mapped file.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/load/vocabulary/vocabulary.h"
#include "runtime/text/sampler.h"

namespace rwkvk::load {

/// Files with tensors of more dimensions are refused.
inline constexpr size_t max_dims = 8;

/// Element types that files store. Those of quantised formats come in blocks of several elements.
enum class DType {
    f32,
    f16,
    bf16,
    f64,
    u8,
    i8,
    i16,
    i32,
    i64,
    boolean,
    q8_0,
    q4_0,
    q4_1,
    q5_0,
    q5_1,
    q2_k,
    q3_k,
    q4_k,
    q5_k,
    q6_k,
    iq4_nl,
    iq4_xs
};

struct Block {
    uint32_t elements, bytes;
};

const char* name_of(DType type);
/// Nothing for a name that no type has.
std::optional<DType> dtype_named(std::string_view name);
Block block_of(DType type);
/// Of one element; the type must have blocks of one.
uint32_t bytes_of(DType type);
/// Of `elements` elements, whole blocks; nothing if that does not fit 64 bits.
std::optional<uint64_t> stored_bytes(DType type, uint64_t elements);

/// Of a tensor without gaps whose last dimension is the fastest.
std::vector<uint64_t> row_major_strides(std::span<const uint64_t> shape);

/// A strided view of elements inside a file that some other object keeps mapped. One of a type with blocks
/// lies without gaps and consists of whole blocks, in slices along the leading dimensions too.
struct TensorView {
    DType dtype = DType::f32;
    std::vector<uint64_t> shape;    // empty: a scalar
    std::vector<uint64_t> strides;  // in elements, as long as `shape`; 0 repeats an element
    const std::byte* data = nullptr;
    uint32_t exponent = 0;  // an element is 2^exponent times what is stored; `copy` gives what is stored

    uint64_t elements() const;       // 1 for a scalar; never overflows: the readers refuse what does
    bool is_contiguous() const;      // row-major without gaps
    std::string shape_text() const;  // "3x64"; "scalar" without dimensions

    /// The view without dimensions of size 1.
    TensorView squeezed() const;
    /// The last two dimensions swapped. Needs at least two, and a type without blocks.
    TensorView transposed() const;
    /// Entry `index` of the first dimension.
    TensorView slice(uint64_t index) const;

    /// Copies `count` elements, counted in row-major order of the view from `first`, in their stored type.
    /// `out` holds stored_bytes(dtype, count) bytes and need not be aligned. Of a type with blocks, `first`
    /// and `count` are whole blocks.
    void copy(uint64_t first, uint64_t count, std::byte* out) const;
};

/// A readable model file: its tensors under official RWKV names and with official meaning (formats.md of the
/// format), every matrix as [out, in], LoRA matrices included. Views stay valid while `storage` lives.
struct Checkpoint {
    std::string format;  // "pth", "rwkv.cpp", "gguf", "safetensors"
    std::string path;
    std::map<std::string, TensorView> tensors;
    std::shared_ptr<const void> storage;
    std::string title = {};  // what the file calls the model, any bytes; empty: nothing
    std::optional<Vocabulary> vocabulary = {};
    std::optional<text::SamplerParams> sampling = {};  // what the file recommends
    // What the tensors do not tell, where the file does.
    std::optional<uint32_t> head_size = {};
    std::optional<float> norm_epsilon = {}, group_epsilon = {};  // of the norms of rows and of heads
    std::string prefix = {};  // of a trainer: what was in front of all names in the file
};

/// Opens any file this program reads, told apart by its first bytes.
/// Errors: Code::io (cannot be read), Code::bad_file (damaged, truncated, foreign: the message says what the
/// file looks like), Code::unsupported (a known format with contents this program does not run).
Checkpoint open_checkpoint(const std::string& path);

/// The same for files that hold some tensors of a model only: tuned states and adapters, which
/// open_checkpoint refuses.
Checkpoint open_tensors(const std::string& path);

/// The same over bytes that the caller keeps alive; `path` only names them in errors. `storage` is left
/// empty.
Checkpoint read_checkpoint(std::span<const std::byte> file, const std::string& path);

}  // namespace rwkvk::load
