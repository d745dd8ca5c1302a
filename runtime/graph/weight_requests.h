#pragma once
// Weights that a program asks for, checked against what a source has.

#include <vector>

#include "runtime/graph/program.h"
#include "runtime/graph/weight_source.h"

namespace rwkvk {

/// A matrix of the program and the op that reads it, which decides how it is laid out, and in which phase.
struct MatrixUse {
    const MatrixRequest* request;
    Op op;
    uint32_t phase;
};

/// One per matrix of the program, in order.
std::vector<MatrixUse> matrix_uses(const Program& program);

/// Errors: Code::bad_shape when the source has no such matrix, or another shape.
void check_shape(const WeightSource& weights, const MatrixRequest& request);

/// The program's vectors as float32, changed as requested, those of one request one after the other.
/// Errors: Code::bad_shape.
std::vector<std::vector<float>> load_vectors(const Program& program, const WeightSource& weights);

/// The formats of the matrices that the programs ask for, each once, in the order of the table.
/// Errors: Code::bad_shape when the source lacks one.
std::vector<WeightFormat> formats_of(const std::vector<const Program*>& programs,
                                     const WeightSource& weights);

}  // namespace rwkvk
