#pragma once
// Classes of runs: those of one class share their commands.

#include "runtime/graph/backend.h"

namespace rwkvk::gpu {

/// Rows are rounded up, so that few command buffers serve all batches: to a power of two up to 16, then to
/// one of four steps between two powers, in multiples of the 8 rows that kernels take at once.
uint32_t row_class(uint32_t rows, uint32_t most);

/// Of all numbers of rows up to `most`, each once, ascending.
std::vector<uint32_t> row_classes(uint32_t most);

/// Sequences of a run by which a recording is chosen: 1, 8, 64, ..., or as many as rows.
uint32_t sequence_class(const RunTables& tables, uint32_t rows);

}  // namespace rwkvk::gpu
