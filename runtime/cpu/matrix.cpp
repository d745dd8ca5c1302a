#include "runtime/cpu/matrix.h"

#include <algorithm>
#include <cstring>

#include "runtime/catalogue/weights.h"
#include "runtime/cpu/block_tiles.h"

namespace rwkvk::cpu {
namespace {

/// Rows [16][in] of elements of `bytes` bytes, interleaved to [in][16]; rows past `rows` become zero.
void interleave(const std::byte* rows_bytes, uint32_t rows, uint64_t in, uint32_t bytes, std::byte* tile) {
    std::memset(tile, 0, in * Matrix::lanes * bytes);
    for (uint64_t lane = 0; lane < rows; ++lane) {
        for (uint64_t i = 0; i < in; ++i)
            std::memcpy(tile + (i * Matrix::lanes + lane) * bytes, rows_bytes + (lane * in + i) * bytes,
                        bytes);
    }
}

/// Bytes of what is laid out together: a row, or a tile of them.
uint64_t unit_bytes(const Matrix& matrix) {
    switch (matrix.layout) {
        case Matrix::Layout::rows:
            return stored_bytes(matrix.format, matrix.in);
        case Matrix::Layout::lanes:
            return stored_bytes(matrix.format, matrix.in) * Matrix::lanes;
        case Matrix::Layout::block_tiles:
            return tile_bytes(matrix.format, matrix.in);
    }
    return 0;
}

/// `rows` stored rows become a unit of the layout.
void lay_out(const Matrix& matrix, uint32_t rows, const std::byte* stored, std::byte* unit) {
    if (matrix.layout == Matrix::Layout::lanes) {
        interleave(stored, rows, matrix.in, info(matrix.format).block_bytes, unit);
    } else {
        make_tile(matrix.format, matrix.in, rows, stored, unit);
    }
}

/// A parallel loop over `count` parts of `part_bytes` bytes, cut so that the meter hears of it often enough.
void in_steps(uint64_t count, uint64_t part_bytes, ThreadPool& pool, ProgressMeter& meter,
              const std::function<void(uint64_t begin, uint64_t end)>& body) {
    const uint64_t at_once = std::max<uint64_t>(1, meter.step_bytes() / part_bytes);
    for (uint64_t first = 0; first < count;) {
        const uint64_t parts = std::min(at_once, count - first);
        pool.parallel_for(parts, [&](uint64_t begin, uint64_t end) { body(first + begin, first + end); });
        meter.add(parts * part_bytes);
        first += parts;
    }
}

}  // namespace

Matrix::Layout layout_for(Op op) {
    if (op == Op::linear) return Matrix::Layout::lanes;
    return op == Op::linear_blocks ? Matrix::Layout::block_tiles : Matrix::Layout::rows;
}

uint64_t Matrix::size_bytes() const {
    const uint64_t rows = layout == Layout::rows ? 1 : lanes;
    return (out + rows - 1) / rows * unit_bytes(*this);
}

void Matrix::decode_row(uint32_t o, std::span<float> values) const {
    RWKVK_ASSERT(values.size() == in && layout == Layout::rows);
    decode(format, stored_row(o), values);
}

Matrix load_matrix(const WeightSource& source, const MatrixRequest& request, Matrix::Layout layout,
                   ThreadPool& pool, ProgressMeter& meter, LargeMemory& memory) {
    const auto shape = source.find(request.name);
    RWKVK_ASSERT(shape);
    Matrix matrix{
        .format = shape->format, .out = request.out, .in = request.in, .layout = layout, .bytes = nullptr};
    matrix.bytes = memory.take(matrix.size_bytes());
    const uint64_t row_bytes = stored_bytes(matrix.format, matrix.in);
    if (layout == Matrix::Layout::rows) {
        in_steps(matrix.out, row_bytes, pool, meter, [&](uint64_t begin, uint64_t end) {
            source.read_rows(request.name, request.first + static_cast<uint32_t>(begin),
                             static_cast<uint32_t>(end - begin), matrix.bytes.get() + begin * row_bytes);
        });
        return matrix;
    }
    const uint64_t tiles = (uint64_t{matrix.out} + Matrix::lanes - 1) / Matrix::lanes;
    in_steps(tiles, Matrix::lanes * row_bytes, pool, meter, [&](uint64_t begin, uint64_t end) {
        std::vector<std::byte> rows(Matrix::lanes * row_bytes);
        for (uint64_t tile = begin; tile < end; ++tile) {
            const auto first = static_cast<uint32_t>(tile * Matrix::lanes);
            const uint32_t count = std::min(Matrix::lanes, matrix.out - first);
            source.read_rows(request.name, request.first + first, count, rows.data());
            lay_out(matrix, count, rows.data(), matrix.bytes.get() + tile * unit_bytes(matrix));
        }
    });
    return matrix;
}

Matrix load_matrix(const WeightSource& source, const MatrixRequest& request, Matrix::Layout layout,
                   ThreadPool& pool) {
    ProgressMeter unwatched;
    LargeMemory own(0);
    return load_matrix(source, request, layout, pool, unwatched, own);
}

}  // namespace rwkvk::cpu
