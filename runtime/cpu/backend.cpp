#include "runtime/cpu/backend.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <map>

#include "host/log.h"
#include "host/processors.h"
#include "host/stopwatch.h"
#include "runtime/cpu/call.h"
#include "runtime/graph/piece_times.h"
#include "runtime/graph/weight_requests.h"

namespace rwkvk::cpu {
namespace {

/// A program with its weights, and its memory for the current number of rows.
struct LoadedProgram {
    const Program& program;
    std::vector<Matrix> matrices;
    std::vector<std::vector<float>> vectors;
    MemoryPlan plan;
    std::vector<std::byte> arena, tables;
    std::map<int, PieceTimes> times;  // of its steps, by the size of the number of rows
};

/// Of the matrices as they are stored.
uint64_t matrix_bytes(const Program& program, const WeightSource& weights) {
    uint64_t bytes = 0;
    for (const MatrixRequest& request : program.matrices) {
        check_shape(weights, request);
        bytes += stored_bytes(weights.find(request.name)->format, uint64_t{request.out} * request.in);
    }
    return bytes;
}

/// What they take here.
uint64_t memory_bytes(const Program& program, const WeightSource& weights) {
    uint64_t bytes = 0;
    for (const MatrixUse& use : matrix_uses(program)) {
        const WeightFormat format = weights.find(use.request->name)->format;
        bytes += Matrix{format, use.request->out, use.request->in, layout_for(use.op), nullptr}.size_bytes();
    }
    return bytes;
}

LoadedProgram load(const Program& program, const WeightSource& weights, ThreadPool& pool,
                   ProgressMeter& meter, LargeMemory& memory) {
    LoadedProgram loaded{program, {}, load_vectors(program, weights), {}, {}, {}, {}};
    for (const MatrixUse& use : matrix_uses(program)) {
        const Matrix::Layout layout = layout_for(use.op);
        loaded.matrices.push_back(load_matrix(weights, *use.request, layout, pool, meter, memory));
    }
    return loaded;
}

std::array<LoadedProgram, 2> load(const ModelPrograms& programs, const WeightSource& weights,
                                  const Progress& progress, ThreadPool& pool) {
    const Stopwatch watch;
    const uint64_t bytes = matrix_bytes(programs.body, weights) + matrix_bytes(programs.head, weights);
    ProgressMeter meter(progress, bytes);
    LargeMemory memory(memory_bytes(programs.body, weights) + memory_bytes(programs.head, weights));
    std::array<LoadedProgram, 2> parts = {load(programs.body, weights, pool, meter, memory),
                                          load(programs.head, weights, pool, meter, memory)};
    meter.finish();
    log(LogLevel::info, concat("weights: ", bytes / 1000000, " MB in ", watch.seconds(), " s"));
    return parts;
}

class CpuBackend final : public Backend {
  public:
    CpuBackend(const ModelPrograms& programs, const WeightSource& weights, const BackendOptions& options,
               const CpuOptions& cpu)
        : programs_(programs),
          options_(options),
          set_(cpu.set),
          pool_(cpu.threads, cpu.denormals),
          parts_(load(programs_, weights, options_.progress, pool_)) {
        const auto make_carried = [&](const Program& program, uint32_t rows) {
            for (const Tensor& tensor : program.tensors) {
                if (tensor.kind != TensorKind::carried) continue;
                std::vector<float>& values = carried_[tensor.name];
                values.resize(std::max<uint64_t>(values.size(), uint64_t{rows} * tensor.width));
            }
        };
        make_carried(programs_.body, options.max_rows);
        make_carried(programs_.head, head_rows);
        for (const StateRequest& state : programs_.body.states) {
            const uint64_t slots = options.slots + options.spare_slots;
            states_.emplace_back(state.width * state.entries * slots, state.initial);
        }
    }

    std::string description() const override {
        return concat("cpu (", thread_count(pool_.threads()), ", ", name_of(set_), ")");
    }
    const BackendOptions& options() const override { return options_; }
    uint32_t max_head_rows() const override { return head_rows; }
    const ModelPrograms& programs() const override { return programs_; }

    void run(Part part, const RunTables& tables) override {
        begin(part, tables);
        for (size_t i = 0; i < current_->program.steps.size(); ++i) run_step(i);
    }

    void start(Part part, const RunTables& tables) override {
        begin(part, tables);
        const auto size = std::bit_width(tables.rows);
        times_ = &current_->times.try_emplace(size, std::vector<double>(current_->program.steps.size()))
                      .first->second;
        next_ = 0;
    }

    bool go_on(double seconds, bool at_least_one) override {
        const Stopwatch watch;
        for (; next_ < times_->count(); ++next_) {
            const double before = watch.seconds();
            if (!at_least_one && times_->fitting(next_, seconds - before) == next_) return false;
            at_least_one = false;
            run_step(next_);
            times_->took(next_, next_ + 1, watch.seconds() - before);
        }
        return true;
    }

    std::vector<double> run_timed(Part part, const RunTables& tables) override {
        begin(part, tables);
        std::vector<double> seconds;
        for (size_t i = 0; i < current_->program.steps.size(); ++i) {
            const Stopwatch watch;
            run_step(i);
            seconds.push_back(watch.seconds());
        }
        return seconds;
    }

    void begin(Part part, const RunTables& tables) override {
        current_ = &parts_[part == Part::body ? 0 : 1];
        LoadedProgram& p = *current_;
        if (p.plan.rows != tables.rows) {
            p.plan = {};  // until there is memory for the new one
            MemoryPlan plan = plan_memory(p.program, tables.rows, options_.keep_all, true);
            p.arena.resize(plan.arena_bytes);
            p.tables.resize(plan.tables_bytes);
            p.plan = std::move(plan);
        }
        for (const auto& [name, words] : tables.tables) {
            const int64_t tensor = find_tensor(p.program, name);
            if (tensor < 0) continue;
            RWKVK_ASSERT(words.size() ==
                         uint64_t{tables.rows} * p.program.tensors[static_cast<size_t>(tensor)].width);
            std::memcpy(p.tables.data() + p.plan.offsets[static_cast<size_t>(tensor)], words.data(),
                        words.size() * 4);
        }
    }

    void run_step(size_t index) override {
        const FloatModeScope mode(pool_.denormals());
        const Step& step = current_->program.steps[index];
        if (step.parts.empty()) run_plain(step);
        for (const Step& part : step.parts) run_plain(part);
    }

    void read_carried(const std::string& name, std::span<float> values) override {
        std::copy_n(carried_.at(name).begin(), values.size(), values.begin());
    }

    void write_carried(const std::string& name, std::span<const float> values) override {
        std::copy(values.begin(), values.end(), carried_.at(name).begin());
    }

    void read_state(uint32_t state, uint32_t entry, std::span<float> values) override {
        std::copy_n(entry_of(state, entry), values.size(), values.begin());
    }
    void write_state(uint32_t state, uint32_t entry, std::span<const float> values) override {
        std::copy(values.begin(), values.end(), entry_of(state, entry));
    }
    void copy_states(std::span<const StateCopy> copies) override {
        for (const auto& [state, from, to] : copies)
            std::copy_n(entry_of(state, from), programs_.body.states[state].width, entry_of(state, to));
    }

    void read_tensor(Operand operand, std::span<float> values) override {
        std::memcpy(values.data(), address(*current_, operand), values.size_bytes());
    }
    void write_tensor(Operand operand, std::span<const float> values) override {
        std::memcpy(address(*current_, operand), values.data(), values.size_bytes());
    }

    uint64_t device_bytes() const override { return 0; }
    uint64_t peak_device_bytes() const override { return 0; }
    RunStatistics last_run() const override { return {}; }

  private:
    void run_plain(const Step& step) {
        LoadedProgram& p = *current_;
        Call call{
            .params = params_of(p.plan, step), .slots = {}, .matrix = nullptr, .pool = &pool_, .set = set_};
        for (size_t slot = 0; slot < step.operands.size(); ++slot) {
            const Tensor& tensor = p.program.tensors[step.operands[slot].tensor];
            if (tensor.kind == TensorKind::matrix) {
                call.matrix = &p.matrices[tensor.index];
            } else {
                call.slots[slot] = address(p, step.operands[slot]);
            }
        }
        cpu::run(step.op, call);
    }

    float* entry_of(uint32_t state, uint32_t entry) {
        return states_[state].data() + uint64_t{entry} * programs_.body.states[state].width;
    }

    std::byte* address(LoadedProgram& p, const Operand& operand) {
        const Tensor& tensor = p.program.tensors[operand.tensor];
        switch (tensor.kind) {
            case TensorKind::activation:
                return p.arena.data() + p.plan.offset(operand);
            case TensorKind::table:
                return p.tables.data() + p.plan.offset(operand);
            case TensorKind::carried:
                return reinterpret_cast<std::byte*>(carried_.at(tensor.name).data());
            case TensorKind::vector:
                return reinterpret_cast<std::byte*>(p.vectors[tensor.index].data());
            case TensorKind::state:
                return reinterpret_cast<std::byte*>(states_[tensor.index].data());
            case TensorKind::matrix:
                break;
        }
        RWKVK_ASSERT(!"a matrix has no address");
        return nullptr;
    }

    ModelPrograms programs_;
    BackendOptions options_;
    const InstructionSet set_;
    ThreadPool pool_;
    std::array<LoadedProgram, 2> parts_;
    LoadedProgram* current_ = nullptr;
    PieceTimes* times_ = nullptr;  // of what is run a piece at a time
    size_t next_ = 0;              // step of that
    std::map<std::string, std::vector<float>> carried_;
    std::vector<std::vector<float>> states_;
};

}  // namespace

std::unique_ptr<Backend> make_backend(const ModelPrograms& programs, const WeightSource& weights,
                                      const BackendOptions& options, const CpuOptions& cpu) {
    return std::make_unique<CpuBackend>(programs, weights, options, cpu);
}

}  // namespace rwkvk::cpu
