#include "runtime/graph/rounded_inputs.h"

#include <map>
#include <set>

#include "runtime/catalogue/rounding.h"

namespace rwkvk {
namespace {

/// Copies a program step by step. What several products read of one tensor's planes is rounded at once.
class Rounder {
  public:
    Rounder(const Program& program, const WeightSource& weights) : result_(program), weights_(weights) {}

    Program make() {
        std::vector<Step> steps;
        steps.swap(result_.steps);
        for (const Step& step : steps) {
            if (by_blocks(step)) planes_[step.operands[0].tensor].insert(step.operands[0].plane);
        }
        for (Step& step : steps) {
            if (by_blocks(step)) {
                const bool adds = step.params.as<LinearParams>().addend != ADD_NOTHING;
                step.op = Op::linear_blocks;
                step.operands[0] = rounded(step.operands[0]);
                if (!adds) step.operands[2] = step.operands[0];
            }
            result_.steps.push_back(std::move(step));
        }
        return std::move(result_);
    }

  private:
    bool by_blocks(const Step& step) const {
        if (step.op != Op::linear) return false;
        const MatrixRequest& request = result_.matrices[result_.tensors[step.operands[1].tensor].index];
        return in_blocks(weights_.find(request.name)->format);
    }

    Operand rounded(const Operand& x) {
        const auto [at, is_new] = rounded_.try_emplace(x.tensor);
        const std::set<uint32_t>& planes = planes_.at(x.tensor);
        if (is_new) at->second = add_rounding(x.tensor, planes);
        const auto before = std::distance(planes.begin(), planes.find(x.plane));
        return {at->second, static_cast<uint32_t>(before)};
    }

    uint32_t add_rounding(uint32_t x, const std::set<uint32_t>& planes) {
        const Tensor& tensor = result_.tensors[x];
        RWKVK_ASSERT(tensor.width % ROUND_GROUP == 0 && tensor.planes <= 8);
        uint32_t numbers = 0, shift = 0;
        for (const uint32_t plane : planes) numbers |= plane << (4 * shift++);
        const RoundParams params = rounding(tensor.width, static_cast<uint32_t>(planes.size()), numbers);
        std::string name = concat(tensor.name, ".rounded");
        const auto y = static_cast<uint32_t>(result_.tensors.size());
        result_.tensors.push_back(
            {name, TensorKind::activation, rounded_width(params.groups), params.planes});
        result_.steps.push_back({Op::round, std::move(name), {{x}, {y}}, params, {}});
        return y;
    }

    Program result_;
    const WeightSource& weights_;
    std::map<uint32_t, std::set<uint32_t>> planes_;  // that are rounded, by tensor
    std::map<uint32_t, uint32_t> rounded_;           // by tensor
};

}  // namespace

ModelPrograms with_rounded_inputs(const ModelPrograms& programs, const WeightSource& weights) {
    ModelPrograms result = programs;
    result.body = Rounder(programs.body, weights).make();
    result.head = Rounder(programs.head, weights).make();
    return result;
}

}  // namespace rwkvk
