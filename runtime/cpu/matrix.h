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
        rows,   // [out][in]: for `embed`
        lanes,  // [out / 16][part of a row][out % 16]: for `linear`, a vector of 16 outputs at a time; a part
                // is an element, or a byte of a format that comes in blocks
    };
    static constexpr uint32_t lanes = 16;

    WeightFormat format = WeightFormat::f32;
    uint32_t out = 0, in = 0;
    Layout layout = Layout::rows;
    std::shared_ptr<std::byte[]> bytes;

    uint64_t size_bytes() const;
    /// Exact values of one row, [in].
    void decode_row(uint32_t o, std::span<float> values) const;
};

/// Of a source that has what is requested. Errors: Code::cancelled by the meter.
Matrix load_matrix(const WeightSource& source, const MatrixRequest& request, Matrix::Layout layout,
                   ThreadPool& pool, ProgressMeter& meter, LargeMemory& memory);
/// Without anyone who watches, in memory of its own.
Matrix load_matrix(const WeightSource& source, const MatrixRequest& request, Matrix::Layout layout,
                   ThreadPool& pool);

}  // namespace rwkvk::cpu
