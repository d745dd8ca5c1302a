#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "host/large_memory.h"
#include "host/thread_pool.h"
#include "runtime/catalogue/catalogue.h"
#include "runtime/graph/program.h"
#include "runtime/graph/progress.h"
#include "runtime/graph/weight_source.h"

namespace rwkvk::cpu {

/// A weight matrix in its stored format, laid out for the op that reads it.
struct Matrix {
    enum class Layout {
        rows,         // [out][in]: for `embed`
        lanes,        // [out / 16][in][out % 16]: for `linear`, a vector of 16 outputs at a time
        block_tiles,  // of block_tiles.h: for `linear_blocks`
    };
    static constexpr uint32_t lanes = 16;

    WeightFormat format = WeightFormat::f32;
    uint32_t out = 0, in = 0;
    Layout layout = Layout::rows;
    std::shared_ptr<std::byte[]> bytes;

    uint64_t size_bytes() const;
    /// Of the layout `rows`.
    const std::byte* stored_row(uint32_t o) const { return bytes.get() + o * stored_bytes(format, in); }
    /// Exact values of one row, [in], of the layout `rows`.
    void decode_row(uint32_t o, std::span<float> values) const;
};

/// The layout that the op reads.
Matrix::Layout layout_for(Op op);

/// Of a source that has what is requested. Errors: Code::cancelled by the meter.
Matrix load_matrix(const WeightSource& source, const MatrixRequest& request, Matrix::Layout layout,
                   ThreadPool& pool, ProgressMeter& meter, LargeMemory& memory);
/// Without anyone who watches, in memory of its own.
Matrix load_matrix(const WeightSource& source, const MatrixRequest& request, Matrix::Layout layout,
                   ThreadPool& pool);

}  // namespace rwkvk::cpu
