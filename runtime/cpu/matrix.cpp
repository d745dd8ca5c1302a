#include "runtime/cpu/matrix.h"

#include <algorithm>
#include <cstring>

#include "runtime/catalogue/weights.h"

namespace rwkvk::cpu {
namespace {

/// Bytes of what stays together when rows are interleaved.
uint32_t part_bytes(WeightFormat format) {
    const WeightInfo& row = info(format);
    return row.block_elements == 1 ? row.block_bytes : 1;
}

/// Rows [16][parts] of a tile, interleaved to [parts][16]; rows past `rows` become zero.
void interleave(const std::byte* rows_bytes, uint32_t rows, uint64_t parts, uint32_t bytes, std::byte* tile) {
    for (uint32_t lane = 0; lane < Matrix::lanes; ++lane) {
        for (uint64_t i = 0; i < parts; ++i) {
            std::byte* to = tile + (i * Matrix::lanes + lane) * bytes;
            if (lane < rows) {
                std::memcpy(to, rows_bytes + (lane * parts + i) * bytes, bytes);
            } else {
                std::memset(to, 0, bytes);
            }
        }
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

uint64_t Matrix::size_bytes() const {
    const uint64_t rows = layout == Layout::rows ? out : (uint64_t{out} + lanes - 1) / lanes * lanes;
    return rows * stored_bytes(format, in);
}

void Matrix::decode_row(uint32_t o, std::span<float> values) const {
    RWKVK_ASSERT(values.size() == in);
    const uint64_t row_bytes = stored_bytes(format, in);
    if (layout == Layout::rows) return decode(format, bytes.get() + o * row_bytes, values);
    const uint32_t part = part_bytes(format);
    const std::byte* tile = bytes.get() + o / lanes * lanes * row_bytes;
    std::vector<std::byte> row(row_bytes);
    for (uint64_t i = 0; i < row_bytes / part; ++i)
        std::memcpy(row.data() + i * part, tile + (i * lanes + o % lanes) * part, part);
    decode(format, row.data(), values);
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
    const uint32_t part = part_bytes(matrix.format);
    const uint64_t tiles = (uint64_t{matrix.out} + Matrix::lanes - 1) / Matrix::lanes;
    in_steps(tiles, Matrix::lanes * row_bytes, pool, meter, [&](uint64_t begin, uint64_t end) {
        std::vector<std::byte> rows(Matrix::lanes * row_bytes);
        for (uint64_t tile = begin; tile < end; ++tile) {
            const auto first = static_cast<uint32_t>(tile * Matrix::lanes);
            const uint32_t count = std::min(Matrix::lanes, matrix.out - first);
            source.read_rows(request.name, request.first + first, count, rows.data());
            interleave(rows.data(), count, row_bytes / part, part,
                       matrix.bytes.get() + tile * Matrix::lanes * row_bytes);
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
