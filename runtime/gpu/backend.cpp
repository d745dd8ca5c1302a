#include "runtime/gpu/backend.h"

#include <algorithm>
#include <bit>
#include <iterator>
#include <map>
#include <tuple>
#include <utility>

#include "host/log.h"
#include "host/stopwatch.h"
#include "host/vk/device.h"
#include "runtime/gpu/device_loop.h"
#include "runtime/gpu/dispatches.h"
#include "runtime/gpu/run_class.h"
#include "runtime/gpu/schedule.h"
#include "runtime/gpu/tables.h"
#include "runtime/graph/fusion.h"
#include "runtime/graph/piece_times.h"

namespace rwkvk::gpu {
namespace {

constexpr uint32_t rerecord_limit = 6;

// Of the time that is left, so that what the first ones took too long is left out of the others.
constexpr double share_at_once = 0.7;

/// What is submitted at once, or together with those after it.
struct Segment {
    std::unique_ptr<vk::Commands> commands;
    uint64_t cost;
};

/// For runs that are begun as a whole, or a piece at a time.
enum class Pace { whole, pieces };

/// A program laid out and recorded for one class of rows and sequences.
struct Recorded {
    MemoryPlan plan;
    std::vector<Dispatch> dispatches;
    std::vector<Segment> segments;
    PieceTimes times{{}};  // of the segments
    std::map<size_t, std::unique_ptr<vk::Commands>> single_steps;
    uint64_t budget_cost = 0;
    uint32_t runs = 0, recordings = 0;
};

/// The kernels of all classes of runs: one that is compiled later stops a frame, or every sequence of an
/// engine. Those of the first runs come first: the largest piece of a prompt and a token.
std::vector<KernelUse> all_kernels(const ModelPrograms& programs, const WeightSource& weights,
                                  const BackendOptions& options, const vk::DeviceFacts& facts) {
    std::vector<KernelUse> uses;
    const auto add = [&](const Program& program, uint32_t rows) {
        const std::vector<KernelUse> more = kernels_of(program, rows, weights, facts);
        uses.insert(uses.end(), more.begin(), more.end());
    };
    add(programs.body, options.max_rows);
    add(programs.head, 1);
    for (const uint32_t rows : row_classes(options.max_rows)) add(programs.body, rows);
    for (const uint32_t rows : row_classes(std::min(head_rows, options.max_rows))) add(programs.head, rows);
    return uses;
}

/// Brings the weights to the device while kernels are compiled.
std::unique_ptr<DeviceWeights> load(const ModelPrograms& programs, const WeightSource& weights,
                                    const BackendOptions& options, KernelStore& kernels) {
    const std::vector<const Program*> both = {&programs.body, &programs.head};
    formats_of(both, weights);  // says what is missing before a kernel is chosen for it
    KernelMaker maker(kernels, all_kernels(programs, weights, options, kernels.device().facts()));
    auto loaded = std::make_unique<DeviceWeights>(kernels.device(), both, weights, options.weight_bytes,
                                                  options.progress);
    const Stopwatch watch;
    maker.finish();
    log(LogLevel::info, concat("pipelines: ", watch.seconds(), " s after the weights"));
    kernels.store_pipelines();
    return loaded;
}

class GpuBackend final : public Backend, private TokenLoop {
  public:
    GpuBackend(const ModelPrograms& programs, const WeightSource& weights, const BackendOptions& options,
               KernelStore& kernels, const GpuOptions& gpu)
        : programs_(gpu.fusion && kernels.device().facts().fusion
                        ? fused(programs, {.largest_head = largest_head})
                        : programs),
          options_(options),
          gpu_(gpu),
          kernels_(kernels),
          device_(kernels.device()),
          transfer_(device_),
          timeline_(device_) {
        make_states();
        make_buffers();
        // In the memory that is left.
        weights_ = load(programs_, weights, options_, kernels_);
    }

    std::string description() const override { return device_.facts().name; }
    const BackendOptions& options() const override { return options_; }
    const ModelPrograms& programs() const override { return programs_; }
    uint32_t max_head_rows() const override { return std::min(head_rows, options_.max_rows); }

    void run(Part part, const RunTables& tables) override {
        for (const Segment& segment : begin_run(part, tables, Pace::whole).segments)
            submit(part, {&segment, 1});
        if (part == Part::head) logits_are_copied_ = logits_copy_ != nullptr;
    }

    void start(Part part, const RunTables& tables) override {
        current_ = &begin_run(part, tables, Pace::pieces);
        current_part_ = part;
        next_ = 0;
    }

    bool go_on(double seconds, bool at_least_one) override {
        const Stopwatch watch;
        const std::span<const Segment> segments = current_->segments;
        while (next_ < segments.size()) {
            const double left = std::min(seconds - watch.seconds(), gpu_.budget_ms / 1000.0);
            const bool one_fits = at_least_one || current_->times.fitting(next_, left) > next_;
            if (!one_fits) return false;
            const size_t end = std::max(next_ + 1, current_->times.fitting(next_, share_at_once * left));
            const Stopwatch those;
            submit(current_part_, segments.subspan(next_, end - next_));
            under_way_.short_ms = 2 * piece_ms_ * static_cast<double>(end - next_);
            finish();
            current_->times.took(next_, end, those.seconds());
            next_ = end;
            at_least_one = false;
        }
        if (current_part_ == Part::head) logits_are_copied_ = logits_copy_ != nullptr;
        return true;
    }

    std::vector<double> run_timed(Part part, const RunTables& tables) override {
        Recorded& recorded = prepare(part, tables);
        tables_->send(transfer_, part, recorded.plan);
        logits_are_copied_ = false;
        std::vector<double> seconds;
        for (size_t step = 0; step < program(part).steps.size(); ++step)
            seconds.push_back(timeline_.run_timed(commands_of(recorded, step)));
        return seconds;
    }

    void begin(Part part, const RunTables& tables) override {
        current_ = &prepare(part, tables);
        current_part_ = part;
        tables_->send(transfer_, part, current_->plan);
        logits_are_copied_ = false;
    }

    void run_step(size_t step) override {
        const vk::Commands& commands = commands_of(*current_, step);
        timeline_.wait(timeline_.submit(commands));
        last_run_ = {commands.dispatches(), commands.barriers()};
    }

    void read_carried(const std::string& name, std::span<float> values) override {
        finish();
        const bool copied = name == "logits" && logits_are_copied_;
        transfer_.read(copied ? *logits_copy_ : *carried_.at(name), 0, std::as_writable_bytes(values));
    }

    void write_carried(const std::string& name, std::span<const float> values) override {
        finish();
        transfer_.write(*carried_.at(name), 0, std::as_bytes(values));
        transfer_.finish();
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
        const vk::Binding at = place(current_part_, current_->plan, operand);
        transfer_.read(*at.buffer, at.offset, std::as_writable_bytes(values));
    }
    void write_tensor(Operand operand, std::span<const float> values) override {
        const vk::Binding at = place(current_part_, current_->plan, operand);
        transfer_.write(*at.buffer, at.offset, std::as_bytes(values));
    }

    TokenLoop* token_loop() override {
        return can_draw(device_.facts(), programs_.vocabulary) ? this : nullptr;
    }

    uint64_t device_bytes() const override { return device_.allocated_bytes(); }
    uint64_t peak_device_bytes() const override { return device_.peak_allocated_bytes(); }
    RunStatistics last_run() const override { return last_run_; }

  private:
    void draw_first(const Drawing& drawing, std::span<const float> logits) override {
        finish();
        prepare_loop();
        transfer_.write(*carried_.at("logits"), 0, std::as_bytes(logits));
        logits_are_copied_ = false;
        loop_->begin(transfer_, timeline_, drawing);
        loop_is_under_way();
    }
    void step() override {
        loop_->step(timeline_);
        loop_is_under_way();
    }
    Drawn take() override { return loop_->take(timeline_); }

    /// Runs that were submitted and not waited for.
    struct UnderWay {
        std::map<Part, uint64_t> tickets;
        uint64_t cost = 0;
        double short_ms = 0;  // in which they ask for no shorter pieces, whatever they did meanwhile
        bool loop = false;    // of tokens, which says nothing about speed: the host may have been slow
        std::string first;    // those that run for the first time
        std::chrono::steady_clock::time_point start;
    };

    Recorded& begin_run(Part part, const RunTables& tables, Pace pace) {
        Recorded& recorded = prepare(part, tables, pace);
        if (recorded.runs++ == 0)
            under_way_.first += concat(" ", program(part).name, " with ", tables.rows, " rows");
        last_run_ = {};
        return recorded;
    }

    void submit(Part part, std::span<const Segment> segments) {
        if (under_way_.tickets.empty()) under_way_.start = std::chrono::steady_clock::now();
        std::vector<const vk::Commands*> together;
        for (const auto& [commands, cost] : segments) {
            together.push_back(commands.get());
            under_way_.cost += cost;
            last_run_.dispatches += commands->dispatches();
            last_run_.barriers += commands->barriers();
        }
        under_way_.tickets[part] = timeline_.submit(together);
    }

    /// Waits for all runs. Whether it returns or throws, nothing is under way then.
    void finish() {
        const UnderWay runs = std::exchange(under_way_, {});
        if (runs.tickets.empty()) return;
        uint64_t last = 0;
        for (const auto& [part, ticket] : runs.tickets) last = std::max(last, ticket);
        timeline_.wait(last);
        if (runs.loop) return;
        const auto elapsed = std::chrono::steady_clock::now() - runs.start;
        const bool is_short = elapsed < std::chrono::duration<double, std::milli>(runs.short_ms);
        if (runs.first.empty() && !is_short) return speed_.measured(runs.cost, elapsed);
        speed_.at_least(runs.cost, elapsed);  // some drivers compile at the first dispatch
        if (runs.first.empty()) return;
        log(LogLevel::info,
            concat("first run of", runs.first, ": ", std::chrono::duration<double>(elapsed).count(), " s"));
    }

    void loop_is_under_way() {
        under_way_.loop = true;
        for (const Part part : {Part::body, Part::head}) under_way_.tickets[part] = loop_->last_ticket();
    }

    /// Tables for one row, which draws fill, and the commands of a token.
    void prepare_loop() {
        const RunTables body{
            1, {{tables::ids, {0}}, {tables::shifts, {0, NONE}}, {tables::sequences, {0, 0, 0, 0}}}};
        const Recorded& recorded_body = prepare(Part::body, body);
        const Recorded& recorded_head = prepare(Part::head, {1, {{tables::numbers, {0}}}});
        tables_->send(transfer_, Part::body, recorded_body.plan);
        tables_->send(transfer_, Part::head, recorded_head.plan);
        const uint64_t budget = speed_.cost_within(gpu_.budget_ms);
        if (loop_ && !is_stale(loop_budget_, budget)) return;
        std::vector<Dispatch> run;
        for (const auto& [part, recorded] :
             {std::pair(Part::body, &recorded_body), {Part::head, &recorded_head}}) {
            std::ranges::move(merged_dispatches(layout_of(part, *recorded), recorded->dispatches, kernels_),
                              std::back_inserter(run));
        }
        loop_ = std::make_unique<DeviceLoop>(kernels_, programs_.vocabulary, loop_tensors(recorded_body.plan),
                                             run, budget);
        loop_budget_ = budget;
    }

    LoopTensors loop_tensors(const MemoryPlan& plan) const {
        const auto table = [&](const char* name) {
            const auto tensor = static_cast<uint32_t>(find_tensor(programs_.body, name));
            return place(Part::body, plan, {.tensor = tensor, .plane = 0});
        };
        const uint64_t bytes = uint64_t{programs_.vocabulary} * sizeof(float);
        return {.logits = {carried_.at("logits").get(), 0, bytes},
                .ids = table(tables::ids),
                .shifts = table(tables::shifts),
                .sequences = table(tables::sequences)};
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
            const uint64_t slots = options_.slots + options_.spare_slots;
            const uint64_t bytes = state.width * state.entries * slots * sizeof(float);
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
        const MemoryPlan body = plan_memory(programs_.body, most_rows(Part::body), options_.keep_all),
                         head = plan_memory(programs_.head, most_rows(Part::head), options_.keep_all);
        arena_ =
            std::make_unique<vk::Buffer>(device_, std::max({body.arena_bytes, head.arena_bytes, uint64_t{4}}),
                                         vk::Memory::device, "activations");
        tables_ = std::make_unique<DeviceTables>(device_, std::array{body.tables_bytes, head.tables_bytes});
        arrivals_ = std::make_unique<vk::Buffer>(device_, 4, vk::Memory::device, "arrivals");
        transfer_.fill(*arrivals_, 0, arrivals_->size_bytes(), 0);
        transfer_.finish();
        make_carried(programs_.body, most_rows(Part::body));
        make_carried(programs_.head, most_rows(Part::head));
        if (!carried_.contains("logits")) return;
        const vk::Buffer& logits = *carried_.at("logits");
        if (logits.mapped() && logits.host_cached()) return;
        logits_copy_ = std::make_unique<vk::Buffer>(device_, logits.size_bytes(), vk::Memory::readback,
                                                    "logits of the host");
    }

    /// What the body hands to the head is carried by both: the body, which has more rows, comes first.
    void make_carried(const Program& program, uint32_t rows) {
        for (const Tensor& tensor : program.tensors) {
            if (tensor.kind != TensorKind::carried || carried_.contains(tensor.name)) continue;
            carried_[tensor.name] = std::make_unique<vk::Buffer>(
                device_, uint64_t{rows} * tensor.width * sizeof(float), vk::Memory::device, tensor.name);
        }
    }

    vk::Binding place(Part part, const MemoryPlan& plan, const Operand& operand) const {
        const Tensor& tensor = program(part).tensors[operand.tensor];
        const uint64_t bytes = uint64_t{plan.rows} * tensor.width * sizeof(float);
        const uint64_t planes = tensor.planes - operand.plane;
        switch (tensor.kind) {
            case TensorKind::activation:
                return {arena_.get(), plan.offset(operand),
                        bytes + (planes - 1) * plan.plane_bytes[operand.tensor]};
            case TensorKind::table:
                return tables_->place(part, plan, operand, bytes);
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
    Recorded& prepare(Part part, const RunTables& tables, Pace pace = Pace::whole) {
        const uint32_t rows = row_class(tables.rows, most_rows(part));
        RWKVK_ASSERT(tables.rows >= 1 && rows <= most_rows(part));
        if (under_way_.tickets.contains(part)) finish();  // then its tables and commands may change
        const uint32_t sequences = sequence_class(tables, rows);
        Recorded& recorded = recorded_[{part, rows, sequences, pace}];
        const uint64_t budget = speed_.cost_within(pace == Pace::whole ? gpu_.budget_ms : piece_ms_);
        const bool stale = is_stale(recorded.budget_cost, budget, pace == Pace::whole ? 2 : 4);
        if (recorded.recordings == 0 || (stale && recorded.recordings < rerecord_limit)) {
            lay_out(part, rows, sequences, pace, budget, recorded);
        }
        tables_->write(part, program(part), recorded.plan, tables);
        return recorded;
    }

    Layout layout_of(Part part, const Recorded& recorded) const {
        return {.program = program(part),
                .plan = recorded.plan,
                .weights = *weights_,
                .place = [this, part,
                          &recorded](const Operand& operand) { return place(part, recorded.plan, operand); },
                .max_cost = recorded.budget_cost,
                .arrivals = {arrivals_.get(), 0, arrivals_->size_bytes(), vk::Access::update}};
    }

    void lay_out(Part part, uint32_t rows, uint32_t sequences, Pace pace, uint64_t budget,
                 Recorded& recorded) {
        const uint32_t runs = recorded.runs, recordings = recorded.recordings;
        recorded = {};  // where something fails on the way, the next run lays it out again
        recorded.plan = plan_memory(program(part), rows, options_.keep_all);
        recorded.plan.sequences = sequences;
        recorded.budget_cost = budget;
        const Layout layout = layout_of(part, recorded);
        recorded.dispatches = make_dispatches(layout, kernels_);
        const std::vector<Dispatch> merged = merged_dispatches(layout, recorded.dispatches, kernels_);
        std::vector<uint64_t> costs;
        for (const Dispatch& dispatch : merged) costs.push_back(dispatch.cost);
        std::vector<double> seconds;
        const auto pools = std::make_shared<vk::CommandPools>(device_);
        size_t at = 0;
        for (const size_t end : cut_by_cost(costs, pace == Pace::whole ? budget : 0)) {
            vk::Recorder recorder(device_, {.drop_barrier = gpu_.drop_barrier, .pools = pools});
            if (at == 0) tables_->record(recorder, part, recorded.plan);
            uint64_t cost = 0;
            for (; at < end; ++at) {
                record(recorder, merged[at]);
                cost += costs[at];
            }
            if (part == Part::head && at == costs.size()) copy_logits(recorder, rows);
            recorded.segments.push_back({recorder.finish(), cost});
            seconds.push_back(speed_.seconds(cost));
        }
        recorded.times = PieceTimes(seconds);
        recorded.runs = runs;
        recorded.recordings = recordings + 1;
    }

    /// To where the host reads them fast.
    void copy_logits(vk::Recorder& recorder, uint32_t rows) {
        const uint64_t bytes = uint64_t{rows} * programs_.vocabulary * sizeof(float);
        if (logits_copy_) recorder.copy(*carried_.at("logits"), 0, *logits_copy_, 0, bytes);
    }

    ModelPrograms programs_;
    BackendOptions options_;
    GpuOptions gpu_;
    KernelStore& kernels_;
    vk::Device& device_;
    std::unique_ptr<DeviceWeights> weights_;
    std::vector<std::unique_ptr<vk::Buffer>> states_;
    std::unique_ptr<vk::Buffer> arena_, arrivals_,
        logits_copy_;  // the last: null where the host reads the device's
    std::unique_ptr<DeviceTables> tables_;
    std::map<std::string, std::unique_ptr<vk::Buffer>> carried_;
    std::map<std::tuple<Part, uint32_t, uint32_t, Pace>, Recorded> recorded_;  // by rows and sequences
    std::unique_ptr<DeviceLoop> loop_;
    uint64_t loop_budget_ = 0;
    // After the buffers and the recordings: they wait for what is under way with them, then those go.
    vk::Transfer transfer_;
    vk::Timeline timeline_;
    Recorded* current_ = nullptr;  // of single steps, or of what is run a piece at a time
    Part current_part_ = Part::body;
    size_t next_ = 0;  // of its pieces
    Speed speed_{device_.facts().type};
    const double piece_ms_ = piece_ms(device_.facts().type);
    RunStatistics last_run_;
    UnderWay under_way_;
    bool logits_are_copied_ = false;
};

}  // namespace

std::unique_ptr<Backend> make_backend(const ModelPrograms& programs, const WeightSource& weights,
                                      const BackendOptions& options, KernelStore& kernels,
                                      const GpuOptions& gpu) {
    return std::make_unique<GpuBackend>(programs, weights, options, kernels, gpu);
}

}  // namespace rwkvk::gpu
