#include "runtime/graph/rounded_inputs.h"

#include <map>

#include "runtime/catalogue/rounding.h"

namespace rwkvk {
namespace {

/// Copies a program step by step.
class Rounder {
  public:
    Rounder(const Program& program, const WeightSource& weights) : result_(program), weights_(weights) {}

    Program make() {
        std::vector<Step> steps;
        steps.swap(result_.steps);
        for (Step& step : steps) {
            if (step.op == Op::linear && in_blocks(format_of(step.operands[1]))) {
                step.op = Op::linear_blocks;
                step.operands[0] = rounded(step.operands[0]);
            }
            result_.steps.push_back(std::move(step));
        }
        return std::move(result_);
    }

  private:
    WeightFormat format_of(const Operand& matrix) const {
        const MatrixRequest& request = result_.matrices[result_.tensors[matrix.tensor].index];
        return weights_.find(request.name)->format;
    }

    Operand rounded(const Operand& x) {
        const auto [at, is_new] = rounded_.try_emplace({x.tensor, x.plane});
        if (is_new) at->second = add_rounding(x);
        return at->second;
    }

    Operand add_rounding(const Operand& x) {
        const Tensor& tensor = result_.tensors[x.tensor];
        RWKVK_ASSERT(tensor.width % ROUND_GROUP == 0);
        const uint32_t groups = tensor.width / ROUND_GROUP;
        std::string name = tensor.planes == 1 ? concat(tensor.name, ".rounded")
                                              : concat(tensor.name, "[", x.plane, "].rounded");
        const Operand y{static_cast<uint32_t>(result_.tensors.size())};
        result_.tensors.push_back({name, TensorKind::activation, rounded_width(groups)});
        result_.steps.push_back(
            {Op::round, std::move(name), {x, y}, RoundParams{.rows = 0, .groups = groups}});
        return y;
    }

    Program result_;
    const WeightSource& weights_;
    std::map<std::pair<uint32_t, uint32_t>, Operand> rounded_;  // by tensor and plane
};

}  // namespace

ModelPrograms with_rounded_inputs(const ModelPrograms& programs, const WeightSource& weights) {
    ModelPrograms result = programs;
    result.body = Rounder(programs.body, weights).make();
    result.head = Rounder(programs.head, weights).make();
    return result;
}

}  // namespace rwkvk
