#pragma once
// What runs programs: the CPU reference or a Vulkan device. Both hold the weights, a pool of state slots and
// the memory for activations.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "runtime/graph/memory_plan.h"
#include "runtime/graph/program.h"
#include "runtime/graph/progress.h"
#include "runtime/graph/token_loop.h"
#include "runtime/graph/weight_source.h"

namespace rwkvk {

/// The programs of one model: the body turns rows into hidden vectors and advances the states, the head turns
/// hidden vectors into logits. They share the carried tensor "hidden".
struct ModelPrograms {
    Program body, head;
    uint32_t width = 0, vocabulary = 0;
};

/// Rows of one run of the head, at most.
inline constexpr uint32_t head_rows = 16;

struct BackendOptions {
    uint32_t max_rows = 512;    // of one run of the body
    uint32_t slots = 1;         // state slots
    uint32_t spare_slots = 0;   // more of them, which their user keeps copies in
    uint64_t weight_bytes = 0;  // on a device, at most, the others in the host's memory; 0: what fits
    bool keep_all = false;      // every intermediate keeps a place of its own and can be read
    Progress progress = {};     // of taking the weights over; may be empty
};

/// The tables of one run, a vector of 4-byte words each, by name, for exactly `rows` rows.
struct RunTables {
    uint32_t rows = 0;
    std::vector<std::pair<std::string, std::vector<uint32_t>>> tables;
};

enum class Part { body, head };

/// What a device was asked to do in the last run; zero on the CPU.
struct RunStatistics {
    uint32_t dispatches = 0, barriers = 0;
};

/// One entry of a state onto another.
struct StateCopy {
    uint32_t state, from_entry, to_entry;
};

class Backend {
  public:
    virtual ~Backend() = default;
    virtual std::string description() const = 0;  // "cpu (2 threads, avx512)", a device's name
    virtual const BackendOptions& options() const = 0;
    /// What it runs: the model's programs, or those with fused steps.
    virtual const ModelPrograms& programs() const = 0;
    /// `head_rows`, or fewer.
    virtual uint32_t max_head_rows() const = 0;

    /// Runs a program, or begins to: what reads its results waits for it. Errors: Code::device_lost, then or
    /// at the next call.
    virtual void run(Part part, const RunTables& tables) = 0;
    /// The same a piece at a time: `start` hands the tables over, `go_on` runs what is expected to end within
    /// so many seconds, `at_least_one` piece if so wanted, and waits for it; true when all is done. Until
    /// then nothing else is called.
    virtual void start(Part part, const RunTables& tables) = 0;
    virtual bool go_on(double seconds, bool at_least_one) = 0;
    /// The same one step at a time: seconds of each step, by the device's clock where it has one.
    virtual std::vector<double> run_timed(Part part, const RunTables& tables) = 0;
    /// The carried tensor's first elements after a run.
    virtual void read_carried(const std::string& name, std::span<float> values) = 0;
    /// The same before a run, of one that the program takes over from another.
    virtual void write_carried(const std::string& name, std::span<const float> values) = 0;

    /// States by number and entry (slot * entries + which), in device layout.
    virtual void read_state(uint32_t state, uint32_t entry, std::span<float> values) = 0;
    virtual void write_state(uint32_t state, uint32_t entry, std::span<const float> values) = 0;
    virtual void copy_states(std::span<const StateCopy> copies) = 0;

    /// Single steps, for comparisons. `begin` chooses the program, lays it out and hands over the tables.
    /// What a step read and wrote can be read and written until the next, with keep_all until the next
    /// `begin`.
    virtual void begin(Part part, const RunTables& tables) = 0;
    virtual void run_step(size_t step) = 0;
    virtual void read_tensor(Operand operand, std::span<float> values) = 0;
    virtual void write_tensor(Operand operand, std::span<const float> values) = 0;

    /// Null where the device does not draw tokens.
    virtual TokenLoop* token_loop() { return nullptr; }

    virtual uint64_t device_bytes() const = 0;  // memory on the device now
    virtual uint64_t peak_device_bytes() const = 0;
    virtual RunStatistics last_run() const = 0;
};

}  // namespace rwkvk
