#include "runtime/load/tensor.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "host/error.h"
#include "runtime/load/bytes.h"

namespace rwkvk::load {
namespace {

struct Type {
    const char* name;
    Block block;
};

/// In the order of DType.
constexpr Type types[] = {
    {"f32", {1, 4}},      {"f16", {1, 2}},       {"bf16", {1, 2}},     {"f64", {1, 8}},
    {"u8", {1, 1}},       {"i8", {1, 1}},        {"i16", {1, 2}},      {"i32", {1, 4}},
    {"i64", {1, 8}},      {"bool", {1, 1}},      {"q8_0", {32, 34}},   {"q4_0", {32, 18}},
    {"q4_1", {32, 20}},   {"q5_0", {32, 22}},    {"q5_1", {32, 24}},   {"q2_k", {256, 84}},
    {"q3_k", {256, 110}}, {"q4_k", {256, 144}},  {"q5_k", {256, 176}}, {"q6_k", {256, 210}},
    {"iq4_nl", {32, 18}}, {"iq4_xs", {256, 136}}};
static_assert(std::size(types) == static_cast<size_t>(DType::iq4_xs) + 1);

// The same elements in the same order, in as few dimensions as possible: unit dimensions dropped, neighbours
// that lie one after the other in memory joined, and at least two dimensions (rows and columns of the walk).
struct Walk {
    size_t rank = 0;
    std::array<uint64_t, max_dims + 2> size{};
    std::array<uint64_t, max_dims + 2> stride{};

    uint64_t rows() const { return size[rank - 2]; }
    uint64_t cols() const { return size[rank - 1]; }
    uint64_t row_stride() const { return stride[rank - 2]; }
    uint64_t col_stride() const { return stride[rank - 1]; }

    void append(uint64_t new_size, uint64_t new_stride) {
        size[rank] = new_size;
        stride[rank++] = new_stride;
    }

    // In elements from the view's first element to the first element of row `row`, counted over all planes.
    uint64_t offset_of_row(uint64_t row) const {
        uint64_t offset = 0;
        for (size_t dim = rank - 1; dim-- > 0;) {
            offset += row % size[dim] * stride[dim];
            row /= size[dim];
        }
        return offset;
    }
};

Walk walk_of(const TensorView& view) {
    RWKVK_ASSERT(view.shape.size() <= max_dims && view.shape.size() == view.strides.size());
    std::array<uint64_t, max_dims> size{};
    std::array<uint64_t, max_dims> stride{};
    size_t rank = 0;
    for (size_t dim = 0; dim < view.shape.size(); ++dim) {
        const uint64_t this_size = view.shape[dim];
        const uint64_t this_stride = view.strides[dim];
        if (this_size == 1) continue;
        if (rank > 0 && stride[rank - 1] == this_stride * this_size) {
            size[rank - 1] *= this_size;
            stride[rank - 1] = this_stride;
        } else {
            size[rank] = this_size;
            stride[rank++] = this_stride;
        }
    }
    Walk walk;
    for (size_t missing = rank; missing < 2; ++missing) walk.append(1, 1);
    for (size_t dim = 0; dim < rank; ++dim) walk.append(size[dim], stride[dim]);
    return walk;
}

// Width is a constant so that each element is one move; memcpy because files do not align their data.
template <size_t width>
void gather(const std::byte* from, uint64_t stride, uint64_t count, std::byte* out) {
    if (stride == 1) {
        std::memcpy(out, from, count * width);
        return;
    }
    for (uint64_t i = 0; i < count; ++i) std::memcpy(out + i * width, from + i * stride * width, width);
}

// Goes in tiles: when columns are far apart (a transposed matrix), the cache lines that one row of a tile
// reads are still there for its next row. Tall and narrow, because distances are often powers of two, so that
// few of a tile's lines fit the cache together.
template <size_t width>
void gather_rows(const Walk& walk, const std::byte* from, uint64_t rows, std::byte* out) {
    constexpr uint64_t tile_rows = 64;
    constexpr uint64_t tile_cols = 16;
    const uint64_t cols = walk.cols();
    for (uint64_t row0 = 0; row0 < rows; row0 += tile_rows) {
        const uint64_t row_end = std::min(row0 + tile_rows, rows);
        for (uint64_t col0 = 0; col0 < cols; col0 += tile_cols) {
            const uint64_t count = std::min(tile_cols, cols - col0);
            for (uint64_t row = row0; row < row_end; ++row) {
                const uint64_t start = row * walk.row_stride() + col0 * walk.col_stride();
                gather<width>(from + start * width, walk.col_stride(), count,
                              out + (row * cols + col0) * width);
            }
        }
    }
}

template <size_t width>
void copy_rows(const Walk& walk, const std::byte* from, uint64_t rows, std::byte* out) {
    if (walk.col_stride() != 1) return gather_rows<width>(walk, from, rows, out);
    const uint64_t row_bytes = walk.cols() * width;
    for (uint64_t row = 0; row < rows; ++row) {
        std::memcpy(out + row * row_bytes, from + row * walk.row_stride() * width, row_bytes);
    }
}

// Divides once per piece: an incomplete row, or all wanted rows of one plane.
template <size_t width>
void copy_elements(const Walk& walk, const std::byte* data, uint64_t first, uint64_t count, std::byte* out) {
    const uint64_t cols = walk.cols();
    while (count > 0) {
        const uint64_t row = first / cols;
        const uint64_t col = first % cols;
        const std::byte* from = data + (walk.offset_of_row(row) + col * walk.col_stride()) * width;
        uint64_t done;
        if (col != 0 || count < cols) {
            done = std::min(cols - col, count);
            gather<width>(from, walk.col_stride(), done, out);
        } else {
            const uint64_t rows = std::min(walk.rows() - row % walk.rows(), count / cols);
            done = rows * cols;
            copy_rows<width>(walk, from, rows, out);
        }
        first += done;
        count -= done;
        out += done * width;
    }
}

}  // namespace

const char* name_of(DType type) { return types[static_cast<size_t>(type)].name; }

std::optional<DType> dtype_named(std::string_view name) {
    const auto* found = std::ranges::find(types, name, &Type::name);
    if (found == std::end(types)) return std::nullopt;
    return static_cast<DType>(found - types);
}

Block block_of(DType type) { return types[static_cast<size_t>(type)].block; }

uint32_t bytes_of(DType type) {
    RWKVK_ASSERT(block_of(type).elements == 1);
    return block_of(type).bytes;
}

std::optional<uint64_t> stored_bytes(DType type, uint64_t elements) {
    const Block block = block_of(type);
    RWKVK_ASSERT(elements % block.elements == 0);
    return checked_multiply(elements / block.elements, block.bytes);
}

std::vector<uint64_t> row_major_strides(std::span<const uint64_t> shape) {
    std::vector<uint64_t> strides(shape.size(), 1);
    for (size_t dim = shape.size(); dim-- > 1;) strides[dim - 1] = strides[dim] * shape[dim];
    return strides;
}

uint64_t TensorView::elements() const {
    uint64_t product = 1;
    for (const uint64_t size : shape) product *= size;
    return product;
}

bool TensorView::is_contiguous() const {
    if (elements() <= 1) return true;
    const Walk walk = walk_of(*this);
    return walk.rank == 2 && walk.rows() == 1 && walk.col_stride() == 1;
}

std::string TensorView::shape_text() const {
    if (shape.empty()) return "scalar";
    std::string joined;
    for (const uint64_t size : shape) joined += (joined.empty() ? "" : "x") + std::to_string(size);
    return joined;
}

TensorView TensorView::squeezed() const {
    TensorView view{.dtype = dtype, .shape = {}, .strides = {}, .data = data, .exponent = exponent};
    for (size_t dim = 0; dim < shape.size(); ++dim) {
        if (shape[dim] == 1) continue;
        view.shape.push_back(shape[dim]);
        view.strides.push_back(strides[dim]);
    }
    return view;
}

TensorView TensorView::transposed() const {
    RWKVK_ASSERT(shape.size() >= 2 && block_of(dtype).elements == 1);
    TensorView view = *this;
    std::swap(view.shape.end()[-1], view.shape.end()[-2]);
    std::swap(view.strides.end()[-1], view.strides.end()[-2]);
    return view;
}

TensorView TensorView::slice(uint64_t index) const {
    RWKVK_ASSERT(!shape.empty() && index < shape.front());
    const Block block = block_of(dtype);
    RWKVK_ASSERT(strides.front() % block.elements == 0);
    return {.dtype = dtype,
            .shape = {shape.begin() + 1, shape.end()},
            .strides = {strides.begin() + 1, strides.end()},
            .data = data + index * (strides.front() / block.elements) * block.bytes,
            .exponent = exponent};
}

void TensorView::copy(uint64_t first, uint64_t count, std::byte* out) const {
    RWKVK_ASSERT(first <= elements() && count <= elements() - first);
    if (count == 0) return;
    const Block block = block_of(dtype);
    if (is_contiguous()) {
        RWKVK_ASSERT(first % block.elements == 0 && count % block.elements == 0);
        std::memcpy(out, data + first / block.elements * block.bytes, count / block.elements * block.bytes);
        return;
    }
    const Walk walk = walk_of(*this);
    switch (bytes_of(dtype)) {
        case 1:
            return copy_elements<1>(walk, data, first, count, out);
        case 2:
            return copy_elements<2>(walk, data, first, count, out);
        case 4:
            return copy_elements<4>(walk, data, first, count, out);
        default:
            return copy_elements<8>(walk, data, first, count, out);
    }
}

}  // namespace rwkvk::load
