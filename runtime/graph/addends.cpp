#include "runtime/graph/addends.h"

#include <optional>
#include <utility>

#include "runtime/graph/uses.h"

namespace rwkvk {
namespace {

class Folder {
  public:
    explicit Folder(Program program)
        : program_(std::move(program)), uses_(program_), gone_(program_.steps.size()) {}

    Program make() {
        for (Step& step : program_.steps) {
            if (step.op == Op::activate) fold_bias(step);
            if (step.op == Op::add && !fold_rows(step, 1)) fold_rows(step, 0);
        }
        size_t i = 0;
        std::erase_if(program_.steps, [&](const Step&) { return gone_[i++]; });
        return std::move(program_);
    }

  private:
    /// The product that makes the tensor for one reader alone and adds nothing yet.
    std::optional<size_t> product_for(const Operand& operand) const {
        const size_t maker = uses_.maker[operand.tensor];
        const bool alone = uses_.readers[operand.tensor].size() == 1 &&
                           program_.tensors[operand.tensor].kind == TensorKind::activation;
        if (maker == no_step || !alone || !multiplies(program_.steps[maker].op)) return {};
        if (params_of(maker).addend != ADD_NOTHING) return {};
        return maker;
    }

    LinearParams params_of(size_t product) const { return program_.steps[product].params.as<LinearParams>(); }

    void fold_bias(Step& activate) {
        const std::optional<size_t> product = product_for(activate.operands[0]);
        if (!product || params_of(*product).activation != ACT_NONE) return;
        LinearParams params = params_of(*product);
        params.activation = activate.params.as<ActivateParams>().activation;
        params.addend = ADD_BIAS;
        replace(activate, *product, params, activate.operands[1]);
    }

    /// Where operand `side` is a product. Returns whether it is.
    bool fold_rows(Step& add, size_t side) {
        const std::optional<size_t> product = product_for(add.operands[side]);
        if (!product) return false;
        LinearParams params = params_of(*product);
        params.addend = ADD_ROWS;
        replace(add, *product, params, add.operands[1 - side]);
        return true;
    }

    void replace(Step& step, size_t product, const LinearParams& params, const Operand& addend) {
        const Step& plain = program_.steps[product];
        gone_[product] = true;
        step = {plain.op,
                step.name,
                {plain.operands[0], plain.operands[1], addend, step.operands.back()},
                params,
                {}};
    }

    Program program_;
    Uses uses_;
    std::vector<bool> gone_;
};

}  // namespace

Program with_addends(Program program) { return Folder(std::move(program)).make(); }

}  // namespace rwkvk
