#include "runtime/graph/split_backend.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "host/stopwatch.h"

namespace rwkvk {
namespace {

/// Appends a program to another, whose tensors come first.
void append(Program& to, const Program& program) {
    const auto tensors = static_cast<uint32_t>(to.tensors.size());
    const auto moved = [](const auto& list) { return static_cast<uint32_t>(list.size()); };
    const uint32_t matrices = moved(to.matrices), vectors = moved(to.vectors), states = moved(to.states);
    for (Tensor tensor : program.tensors) {
        if (tensor.kind == TensorKind::matrix) tensor.index += matrices;
        if (tensor.kind == TensorKind::vector) tensor.index += vectors;
        if (tensor.kind == TensorKind::state) tensor.index += states;
        to.tensors.push_back(std::move(tensor));
    }
    const std::function<Step(Step)> renumbered = [&](Step step) {
        for (Operand& operand : step.operands) operand.tensor += tensors;
        for (Step& part : step.parts) part = renumbered(std::move(part));
        return step;
    };
    for (const Step& step : program.steps) to.steps.push_back(renumbered(step));
    to.matrices.insert(to.matrices.end(), program.matrices.begin(), program.matrices.end());
    to.vectors.insert(to.vectors.end(), program.vectors.begin(), program.vectors.end());
    to.states.insert(to.states.end(), program.states.begin(), program.states.end());
}

class SplitBackend final : public Backend {
  public:
    SplitBackend(const ModelPrograms& programs, const std::vector<uint32_t>& layers,
                 const BackendOptions& options, const MakeBackend& make)
        : options_(options) {
        const auto total = static_cast<double>(std::accumulate(layers.begin(), layers.end(), 0u));
        uint32_t first = 0;
        places_.resize(programs.body.states.size());
        for (ProgramPart& part : split_layers(programs, layers)) {
            const size_t number = parts_.size();
            Progress progress;
            if (options_.progress) {
                progress = [this, first, count = layers[number], total](double fraction) {
                    return options_.progress((first + count * fraction) / total);
                };
            }
            for (uint32_t i = 0; i < part.states.size(); ++i) places_[part.states[i]] = {number, i};
            parts_.push_back({make(number, part.programs, progress), part.leaves, part.takes});
            const bool last = number + 1 == layers.size();
            description_ += concat(number ? "; " : "", parts_.back().backend->description(), ": layers ",
                                   first, " to ", first + layers[number] - 1, last ? " and the head" : "");
            first += layers[number];
            for (const std::string& name : part.leaves) {
                const auto tensor = static_cast<size_t>(find_tensor(part.programs.body, name));
                crossing_[name].width = part.programs.body.tensors[tensor].width;
            }
        }
        gather_programs(programs);
    }

    std::string description() const override { return description_; }
    const BackendOptions& options() const override { return options_; }
    uint32_t max_head_rows() const override { return last().max_head_rows(); }
    const ModelPrograms& programs() const override { return programs_; }

    void run(Part part, const RunTables& tables) override {
        if (part == Part::head) return last().run(part, tables);
        for (Piece& piece : parts_) {
            hand_over(piece, tables.rows);
            piece.backend->run(part, tables);
            take_over(piece, tables.rows);
        }
    }

    void start(Part part, const RunTables& tables) override {
        current_ = part;
        if (part == Part::head) return last().start(part, tables);
        tables_ = tables;
        next_ = 0;
        started_ = false;
    }

    bool go_on(double seconds, bool at_least_one) override {
        if (current_ == Part::head) return last().go_on(seconds, at_least_one);
        const Stopwatch watch;
        for (; next_ < parts_.size(); ++next_) {
            Piece& piece = parts_[next_];
            if (!started_) {
                hand_over(piece, tables_.rows);
                piece.backend->start(Part::body, tables_);
            }
            started_ = true;
            if (!piece.backend->go_on(seconds - watch.seconds(), at_least_one)) return false;
            take_over(piece, tables_.rows);
            started_ = at_least_one = false;
        }
        return true;
    }

    std::vector<double> run_timed(Part part, const RunTables& tables) override {
        if (part == Part::head) return last().run_timed(part, tables);
        std::vector<double> seconds;
        for (Piece& piece : parts_) {
            hand_over(piece, tables.rows);
            const std::vector<double> more = piece.backend->run_timed(part, tables);
            seconds.insert(seconds.end(), more.begin(), more.end());
            take_over(piece, tables.rows);
        }
        return seconds;
    }

    void begin(Part part, const RunTables& tables) override {
        current_ = part;
        tables_.rows = tables.rows;
        if (part == Part::head) return last().begin(part, tables);
        for (Piece& piece : parts_) piece.backend->begin(part, tables);
    }

    void run_step(size_t step) override {
        if (current_ == Part::head) return last().run_step(step);
        const auto [piece, own] = locate(step, [](const Program& body) { return body.steps.size(); });
        if (own == 0) hand_over(*piece, tables_.rows);
        piece->backend->run_step(own);
        if (own + 1 == piece->backend->programs().body.steps.size()) take_over(*piece, tables_.rows);
    }

    void read_carried(const std::string& name, std::span<float> values) override {
        last().read_carried(name, values);
    }
    void write_carried(const std::string& name, std::span<const float> values) override {
        last().write_carried(name, values);
    }

    void read_state(uint32_t state, uint32_t entry, std::span<float> values) override {
        backend_of(state).read_state(places_[state].number, entry, values);
    }
    void write_state(uint32_t state, uint32_t entry, std::span<const float> values) override {
        backend_of(state).write_state(places_[state].number, entry, values);
    }
    void copy_states(std::span<const StateCopy> copies) override {
        for (size_t part = 0; part < parts_.size(); ++part) {
            std::vector<StateCopy> own;
            for (const auto& [state, from, to] : copies) {
                if (places_[state].part == part) own.push_back({places_[state].number, from, to});
            }
            if (!own.empty()) parts_[part].backend->copy_states(own);
        }
    }

    void read_tensor(Operand operand, std::span<float> values) override {
        const auto [piece, own] = place(operand);
        piece->read_tensor(own, values);
    }
    void write_tensor(Operand operand, std::span<const float> values) override {
        const auto [piece, own] = place(operand);
        piece->write_tensor(own, values);
    }

    uint64_t device_bytes() const override { return sum(&Backend::device_bytes); }
    uint64_t peak_device_bytes() const override { return sum(&Backend::peak_device_bytes); }
    RunStatistics last_run() const override {
        RunStatistics all;
        for (const Piece& piece : parts_) {
            const RunStatistics one = piece.backend->last_run();
            all = {all.dispatches + one.dispatches, all.barriers + one.barriers};
        }
        return all;
    }

  private:
    struct Piece {
        std::unique_ptr<Backend> backend;
        std::vector<std::string> leaves, takes;
    };
    /// Of a state of the whole: the part that has it, and its number there.
    struct Place {
        size_t part;
        uint32_t number;
    };
    /// What goes from one part to later ones.
    struct Crossing {
        uint32_t width = 0;
        std::vector<float> values;
    };

    Backend& last() const { return *parts_.back().backend; }
    Backend& backend_of(uint32_t state) const { return *parts_[places_[state].part].backend; }

    void hand_over(Piece& piece, uint32_t rows) {
        for (const std::string& name : piece.takes) {
            const Crossing& crossing = crossing_.at(name);
            RWKVK_ASSERT(crossing.values.size() == uint64_t{rows} * crossing.width);
            piece.backend->write_carried(name, crossing.values);
        }
    }
    void take_over(Piece& piece, uint32_t rows) {
        for (const std::string& name : piece.leaves) {
            Crossing& crossing = crossing_.at(name);
            crossing.values.resize(uint64_t{rows} * crossing.width);
            piece.backend->read_carried(name, crossing.values);
        }
    }

    /// The programs that the parts run, side by side.
    void gather_programs(const ModelPrograms& whole) {
        programs_ = {{}, last().programs().head, whole.width, whole.vocabulary};
        for (const Piece& piece : parts_) append(programs_.body, piece.backend->programs().body);
    }

    /// The part in whose list number `n` of all lists together is, and its number there.
    template <typename Count>
    std::pair<Piece*, size_t> locate(size_t n, const Count& count) {
        for (Piece& piece : parts_) {
            const size_t here = count(piece.backend->programs().body);
            if (n < here) return {&piece, n};
            n -= here;
        }
        RWKVK_ASSERT(!"no such number");
        return {};
    }

    std::pair<Backend*, Operand> place(Operand operand) {
        if (current_ == Part::head) return {&last(), operand};
        const auto [piece, own] =
            locate(operand.tensor, [](const Program& body) { return body.tensors.size(); });
        return {piece->backend.get(), {static_cast<uint32_t>(own), operand.plane}};
    }

    uint64_t sum(uint64_t (Backend::*bytes)() const) const {
        uint64_t total = 0;
        for (const Piece& piece : parts_) total += (piece.backend.get()->*bytes)();
        return total;
    }

    BackendOptions options_;
    std::vector<Piece> parts_;
    std::vector<Place> places_;  // by state of the whole
    std::map<std::string, Crossing> crossing_;
    ModelPrograms programs_;
    std::string description_;
    Part current_ = Part::body;
    RunTables tables_;
    size_t next_ = 0;       // of the parts, when run a piece at a time
    bool started_ = false;  // that one
};

}  // namespace

std::unique_ptr<Backend> make_split_backend(const ModelPrograms& programs,
                                            const std::vector<uint32_t>& layers,
                                            const BackendOptions& options, const MakeBackend& make) {
    RWKVK_ASSERT(layers.size() > 1);
    return std::make_unique<SplitBackend>(programs, layers, options, make);
}

}  // namespace rwkvk
