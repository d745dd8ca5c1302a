#pragma once
// A backend whose states are real and whose logits say what a test wants said.

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "runtime/graph/backend.h"

namespace rwkvk::test {

class ScriptedBackend final : public Backend {
  public:
    explicit ScriptedBackend(std::unique_ptr<Backend> real) : real_(std::move(real)) {}

    /// The most probable token of the next logits that are read, one after the other; then the last again.
    void say(std::vector<uint32_t> tokens) {
        script_ = std::move(tokens);
        next_ = 0;
    }

    void read_carried(const std::string& name, std::span<float> values) override {
        real_->read_carried(name, values);
        if (name != "logits" || script_.empty()) return;
        std::fill(values.begin(), values.end(), -10.0f);
        values[script_[std::min(next_++, script_.size() - 1)]] = 10.0f;
    }

    void write_carried(const std::string& name, std::span<const float> values) override {
        real_->write_carried(name, values);
    }

    std::string description() const override { return real_->description(); }
    const BackendOptions& options() const override { return real_->options(); }
    uint32_t max_head_rows() const override { return real_->max_head_rows(); }
    void run(Part part, const RunTables& tables) override { real_->run(part, tables); }
    const ModelPrograms& programs() const override { return real_->programs(); }
    std::vector<double> run_timed(Part part, const RunTables& tables) override {
        return real_->run_timed(part, tables);
    }
    void read_state(uint32_t state, uint32_t entry, std::span<float> values) override {
        real_->read_state(state, entry, values);
    }
    void write_state(uint32_t state, uint32_t entry, std::span<const float> values) override {
        real_->write_state(state, entry, values);
    }
    void copy_states(std::span<const StateCopy> copies) override { real_->copy_states(copies); }
    void begin(Part part, const RunTables& tables) override { real_->begin(part, tables); }
    void run_step(size_t step) override { real_->run_step(step); }
    void read_tensor(Operand operand, std::span<float> values) override {
        real_->read_tensor(operand, values);
    }
    void write_tensor(Operand operand, std::span<const float> values) override {
        real_->write_tensor(operand, values);
    }
    uint64_t device_bytes() const override { return real_->device_bytes(); }
    uint64_t peak_device_bytes() const override { return real_->peak_device_bytes(); }
    RunStatistics last_run() const override { return real_->last_run(); }

  private:
    std::unique_ptr<Backend> real_;
    std::vector<uint32_t> script_;
    size_t next_ = 0;
};

}  // namespace rwkvk::test
