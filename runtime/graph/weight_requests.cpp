#include "runtime/graph/weight_requests.h"

#include <set>

#include "host/float_mode.h"
#include "runtime/graph/phases.h"
#include "shaders/exact_math.h"

namespace rwkvk {
namespace {

float changed(VectorChange change, float x) {
    using exact::exact_exp;
    switch (change) {
        case VectorChange::none:
            return x;
        case VectorChange::one_minus:
            return exact::settle(1.0f - x);
        case VectorChange::minus_exp:
            return exact::settle(-exact_exp(x));
        case VectorChange::exp:
            return exact_exp(x);
        case VectorChange::exp_minus_exp:
            return exact_exp(exact::settle(-exact_exp(x)));
    }
    RWKVK_ASSERT(!"a change without a function");
    return x;
}

}  // namespace

std::vector<MatrixUse> matrix_uses(const Program& program) {
    std::vector<MatrixUse> uses(program.matrices.size());
    for (size_t i = 0; i < uses.size(); ++i) uses[i].request = &program.matrices[i];
    const std::vector<uint32_t> phases = phases_of(program);
    for (size_t i = 0; i < phases.size(); ++i) {
        const Step& step = program.steps[i];
        for (const Operand& operand : step.operands) {
            const Tensor& tensor = program.tensors[operand.tensor];
            if (tensor.kind != TensorKind::matrix) continue;
            uses[tensor.index].op = step.op;
            uses[tensor.index].phase = phases[i];
        }
    }
    return uses;
}

void check_shape(const WeightSource& weights, const MatrixRequest& request) {
    const auto shape = weights.find(request.name);
    if (!shape) throw Error(Code::bad_shape, concat("tensor '", request.name, "' is missing"));
    if (shape->out != request.all || shape->in != request.in) {
        throw Error(Code::bad_shape, concat("tensor '", request.name, "' is ", shape->out, "x", shape->in,
                                            ", the model needs ", request.all, "x", request.in));
    }
}

std::vector<WeightFormat> formats_of(const std::vector<const Program*>& programs,
                                     const WeightSource& weights) {
    std::set<WeightFormat> formats;
    for (const Program* program : programs) {
        for (const MatrixRequest& request : program->matrices) {
            check_shape(weights, request);
            formats.insert(weights.find(request.name)->format);
        }
    }
    return {formats.begin(), formats.end()};
}

std::vector<std::vector<float>> load_vectors(const Program& program, const WeightSource& weights) {
    const FloatModeScope mode(Denormals::keep);
    std::vector<std::vector<float>> vectors;
    for (const VectorRequest& request : program.vectors) {
        std::vector<float>& values = vectors.emplace_back();
        for (const std::string& name : request.names) {
            const auto shape = weights.find(name);
            if (!shape) throw Error(Code::bad_shape, concat("tensor '", name, "' is missing"));
            const uint64_t elements = uint64_t{shape->out} * shape->in;
            if (elements * request.repeat != request.width) {
                throw Error(Code::bad_shape,
                            concat("tensor '", name, "' has ", elements, " elements, the model needs ",
                                   request.width / request.repeat));
            }
            for (const float x : weights.read_vector(name))
                values.insert(values.end(), request.repeat, changed(request.change, x));
        }
    }
    return vectors;
}

}  // namespace rwkvk
