#include "runtime/gpu/backend.h"

#include <algorithm>
#include <bit>
#include <map>

#include "host/log.h"
#include "host/stopwatch.h"
#include "host/vk/device.h"
#include "runtime/gpu/dispatches.h"
#include "runtime/gpu/schedule.h"

namespace rwkvk::gpu {
namespace {

constexpr uint32_t rerecord_limit = 6;

/// Rows are rounded up, so that few command buffers serve all batches: to a power of two up to 16, then to
/// one of four steps between two powers, in multiples of the 8 rows that kernels take at once.
uint32_t row_class(uint32_t rows, uint32_t most) {
    const uint32_t power = std::bit_ceil(rows), step = power <= 16 ? power : std::max(power / 8, 8u);
    const uint32_t rounded = (rows + step - 1) / step * step;
    return std::min(rounded, std::max(rows, most));
}

/// A program laid out and recorded for one row class.
struct Recorded {
    MemoryPlan plan;
    std::vector<Dispatch> dispatches;
    std::vector<std::unique_ptr<vk::Commands>> segments;
    std::map<size_t, std::unique_ptr<vk::Commands>> single_steps;
    uint64_t budget_cost = 0, total_cost = 0;
    uint32_t runs = 0, recordings = 0;
};

/// The kernels of the first runs: a token and the largest piece of a prompt.
std::vector<KernelUse> first_kernels(const ModelPrograms& programs, const WeightSource& weights,
                                     uint32_t max_rows, const vk::DeviceFacts& facts) {
    std::vector<KernelUse> uses;
    const auto add = [&](const Program& program, uint32_t rows) {
        const std::vector<KernelUse> more = kernels_of(program, rows, weights, facts);
        uses.insert(uses.end(), more.begin(), more.end());
    };
    add(programs.body, max_rows);
    add(programs.head, 1);
    add(programs.body, 1);
    return uses;
}

/// Brings the weights to the device while kernels are compiled.
DeviceWeights load(const ModelPrograms& programs, const WeightSource& weights, const BackendOptions& options,
                   KernelStore& kernels) {
    const std::vector<const Program*> both = {&programs.body, &programs.head};
    formats_of(both, weights);  // says what is missing before a kernel is chosen for it
    KernelMaker maker(kernels, first_kernels(programs, weights, options.max_rows, kernels.device().facts()));
    DeviceWeights loaded(kernels.device(), both, weights, options.progress);
    const Stopwatch watch;
    maker.finish();
    log(LogLevel::info, concat("pipelines: ", watch.seconds(), " s after the weights"));
    kernels.store_pipelines();
    return loaded;
}

class GpuBackend final : public Backend {
  public:
    GpuBackend(const ModelPrograms& programs, const WeightSource& weights, const BackendOptions& options,
               KernelStore& kernels, const GpuOptions& gpu)
        : programs_(programs),
          options_(options),
          gpu_(gpu),
          kernels_(kernels),
          device_(kernels.device()),
          weights_(load(programs_, weights, options_, kernels_)),
          transfer_(device_),
          timeline_(device_) {
        make_states();
        make_buffers();
    }

    std::string description() const override { return device_.facts().name; }
    const BackendOptions& options() const override { return options_; }
    uint32_t max_head_rows() const override { return std::min(head_rows, options_.max_rows); }

    void run(Part part, const RunTables& tables) override {
        Recorded& recorded = prepare(part, tables);
        const auto start = std::chrono::steady_clock::now();
        run_segments(recorded);
        last_run_ = {};
        for (const auto& segment : recorded.segments) {
            last_run_.dispatches += segment->dispatches();
            last_run_.barriers += segment->barriers();
        }
        const auto elapsed = std::chrono::steady_clock::now() - start;
        if (recorded.runs++ > 0) {
            speed_.measured(recorded.total_cost, elapsed);
        } else {
            speed_.at_least(recorded.total_cost, elapsed);  // some drivers compile at the first dispatch
            log(LogLevel::info, concat("first run of the ", program(part).name, " with ", tables.rows,
                                       " rows: ", std::chrono::duration<double>(elapsed).count(), " s"));
        }
    }

    std::vector<double> run_timed(Part part, const RunTables& tables) override {
        Recorded& recorded = prepare(part, tables);
        std::vector<double> seconds;
        for (size_t step = 0; step < program(part).steps.size(); ++step) {
            const vk::Commands& commands = commands_of(recorded, step);
            const Stopwatch watch;
            timeline_.wait(timeline_.submit(commands));
            const double host = watch.seconds(), device = static_cast<double>(commands.elapsed_ns()) * 1e-9;
            seconds.push_back(device > 0 ? device : host);
        }
        return seconds;
    }

    void begin(Part part, const RunTables& tables) override {
        current_ = &prepare(part, tables);
        current_program_ = &program(part);
    }

    void run_step(size_t step) override {
        const vk::Commands& commands = commands_of(*current_, step);
        timeline_.wait(timeline_.submit(commands));
        last_run_ = {commands.dispatches(), commands.barriers()};
    }

    void read_carried(const std::string& name, std::span<float> values) override {
        transfer_.read(*carried_.at(name), 0, std::as_writable_bytes(values));
    }

    void read_state(uint32_t state, uint32_t entry, std::span<float> values) override {
        transfer_.read(*states_[state], entry_offset(state, entry), std::as_writable_bytes(values));
    }
    void write_state(uint32_t state, uint32_t entry, std::span<const float> values) override {
        transfer_.write(*states_[state], entry_offset(state, entry), std::as_bytes(values));
    }
    void copy_states(std::span<const StateCopy> copies) override {
        std::vector<vk::Transfer::Copy> moves;
        for (const auto& [state, from, to] : copies) {
            vk::Buffer* const buffer = states_[state].get();
            moves.push_back(
                {buffer, entry_offset(state, from), buffer, entry_offset(state, to), entry_offset(state, 1)});
        }
        transfer_.copy(moves);
    }

    void read_tensor(Operand operand, std::span<float> values) override {
        const vk::Binding at = place(*current_program_, current_->plan, operand);
        transfer_.read(*at.buffer, at.offset, std::as_writable_bytes(values));
    }
    void write_tensor(Operand operand, std::span<const float> values) override {
        const vk::Binding at = place(*current_program_, current_->plan, operand);
        transfer_.write(*at.buffer, at.offset, std::as_bytes(values));
    }

    uint64_t device_bytes() const override { return device_.allocated_bytes(); }
    uint64_t peak_device_bytes() const override { return device_.peak_allocated_bytes(); }
    RunStatistics last_run() const override { return last_run_; }

  private:
    /// Whether it returns or throws, nothing of it is under way then.
    void run_segments(const Recorded& recorded) {
        uint64_t ticket = 0;
        try {
            for (const auto& segment : recorded.segments) ticket = timeline_.submit(*segment);
        } catch (...) {
            timeline_.wait(ticket);
            throw;
        }
        timeline_.wait(ticket);
    }

    const Program& program(Part part) const { return part == Part::body ? programs_.body : programs_.head; }

    uint32_t most_rows(Part part) const { return part == Part::body ? options_.max_rows : max_head_rows(); }

    uint64_t entry_offset(uint32_t state, uint32_t entry) const {
        return uint64_t{entry} * programs_.body.states[state].width * sizeof(float);
    }

    const vk::Commands& commands_of(Recorded& recorded, size_t step) {
        std::unique_ptr<vk::Commands>& commands = recorded.single_steps[step];
        if (!commands) {
            vk::Recorder recorder(device_, {.timestamps = true});
            for (const Dispatch& dispatch : recorded.dispatches) {
                if (dispatch.step == step) record(recorder, dispatch);
            }
            commands = recorder.finish();
        }
        return *commands;
    }

    void make_states() {
        for (const StateRequest& state : programs_.body.states) {
            const uint64_t bytes = uint64_t{state.width} * state.entries * options_.slots * sizeof(float);
            if (bytes > device_.facts().max_binding_bytes) {
                throw Error(Code::out_of_memory,
                            concat(options_.slots, " sessions need ", bytes, " bytes for ", state.name,
                                   "; the device binds at most ", device_.facts().max_binding_bytes,
                                   ": use fewer sessions"));
            }
            states_.push_back(std::make_unique<vk::Buffer>(device_, bytes, vk::Memory::device, state.name));
            transfer_.fill(*states_.back(), 0, bytes, std::bit_cast<uint32_t>(state.initial));
        }
        transfer_.finish();
    }

    void make_buffers() {
        uint64_t arena = 4, tables = 4;
        for (const Part part : {Part::body, Part::head}) {
            const MemoryPlan plan = plan_memory(program(part), most_rows(part), options_.keep_all);
            arena = std::max(arena, plan.arena_bytes);
            tables = std::max(tables, plan.tables_bytes);
        }
        arena_ = std::make_unique<vk::Buffer>(device_, arena, vk::Memory::device, "activations");
        tables_ = std::make_unique<vk::Buffer>(device_, tables, vk::Memory::upload, "tables");
        const auto carry = [&](const char* name, uint64_t floats) {
            carried_[name] =
                std::make_unique<vk::Buffer>(device_, floats * sizeof(float), vk::Memory::device, name);
        };
        carry("hidden", uint64_t{options_.max_rows} * programs_.width);
        carry("logits", uint64_t{max_head_rows()} * programs_.vocabulary);
    }

    vk::Binding place(const Program& from, const MemoryPlan& plan, const Operand& operand) const {
        const Tensor& tensor = from.tensors[operand.tensor];
        const uint64_t bytes = uint64_t{plan.rows} * tensor.width * sizeof(float);
        const uint64_t planes = tensor.planes - operand.plane;
        switch (tensor.kind) {
            case TensorKind::activation:
                return {arena_.get(), plan.offset(operand),
                        bytes + (planes - 1) * plan.plane_bytes[operand.tensor]};
            case TensorKind::table:
                return {tables_.get(), plan.offset(operand), bytes};
            case TensorKind::carried:
                return {carried_.at(tensor.name).get(), 0, carried_.at(tensor.name)->size_bytes()};
            case TensorKind::state:
                return {states_[tensor.index].get(), 0, states_[tensor.index]->size_bytes()};
            default:
                break;
        }
        RWKVK_ASSERT(!"a weight is not placed here");
        return {};
    }

    /// Lays out and records the part for the tables' rows where that has not been done, or was done for
    /// another speed, and hands the tables over.
    Recorded& prepare(Part part, const RunTables& tables) {
        const uint32_t rows = row_class(tables.rows, most_rows(part));
        RWKVK_ASSERT(tables.rows >= 1 && rows <= most_rows(part));
        Recorded& recorded = recorded_[{part, rows}];
        const uint64_t budget = speed_.cost_within(gpu_.budget_ms);
        const bool stale = budget > 2 * recorded.budget_cost || 2 * budget < recorded.budget_cost;
        if (recorded.recordings == 0 || (stale && recorded.recordings < rerecord_limit)) {
            lay_out(part, rows, budget, recorded);
        }
        write_tables(program(part), recorded.plan, tables);
        return recorded;
    }

    void lay_out(Part part, uint32_t rows, uint64_t budget, Recorded& recorded) {
        const uint32_t runs = recorded.runs, recordings = recorded.recordings;
        recorded = {};  // where something fails on the way, the next run lays it out again
        recorded.plan = plan_memory(program(part), rows, options_.keep_all);
        recorded.dispatches = make_dispatches(
            {.program = program(part),
             .plan = recorded.plan,
             .weights = weights_,
             .place = [&](const Operand& operand) { return place(program(part), recorded.plan, operand); },
             .max_cost = budget},
            kernels_);
        std::vector<uint64_t> costs;
        for (const Dispatch& dispatch : recorded.dispatches) costs.push_back(dispatch.cost);
        for (const uint64_t cost : costs) recorded.total_cost += cost;
        const auto pools = std::make_shared<vk::CommandPools>(device_);
        size_t at = 0;
        for (const size_t end : cut_by_cost(costs, budget)) {
            vk::Recorder recorder(device_, {.drop_barrier = gpu_.drop_barrier, .pools = pools});
            for (; at < end; ++at) record(recorder, recorded.dispatches[at]);
            recorded.segments.push_back(recorder.finish());
        }
        recorded.budget_cost = budget;
        recorded.runs = runs;
        recorded.recordings = recordings + 1;
    }

    /// Padding rows get the id 0, no shift entries and no sequence: they compute, and nothing reads them.
    void write_tables(const Program& from, const MemoryPlan& plan, const RunTables& tables) {
        for (const auto& [name, words] : tables.tables) {
            const int64_t found = find_tensor(from, name);
            if (found < 0) continue;
            const auto tensor = static_cast<size_t>(found);
            const uint64_t width = from.tensors[tensor].width;
            RWKVK_ASSERT(words.size() == tables.rows * width);
            auto* to = reinterpret_cast<uint32_t*>(tables_->mapped() + plan.offsets[tensor]);
            std::copy(words.begin(), words.end(), to);
            std::fill(to + words.size(), to + plan.rows * width, name == tables::shifts ? NONE : 0);
        }
    }

    ModelPrograms programs_;
    BackendOptions options_;
    GpuOptions gpu_;
    KernelStore& kernels_;
    vk::Device& device_;
    DeviceWeights weights_;
    std::vector<std::unique_ptr<vk::Buffer>> states_;
    std::unique_ptr<vk::Buffer> arena_, tables_;
    std::map<std::string, std::unique_ptr<vk::Buffer>> carried_;
    std::map<std::pair<Part, uint32_t>, Recorded> recorded_;
    // After the buffers and the recordings: they wait for what is under way with them, then those go.
    vk::Transfer transfer_;
    vk::Timeline timeline_;
    Recorded* current_ = nullptr;
    const Program* current_program_ = nullptr;
    Speed speed_{device_.facts().type};
    RunStatistics last_run_;
};

}  // namespace

std::unique_ptr<Backend> make_backend(const ModelPrograms& programs, const WeightSource& weights,
                                      const BackendOptions& options, KernelStore& kernels,
                                      const GpuOptions& gpu) {
    return std::make_unique<GpuBackend>(programs, weights, options, kernels, gpu);
}

}  // namespace rwkvk::gpu
