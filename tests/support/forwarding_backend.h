#pragma once
// A backend that does what another one does, for tests that change a part of it.

#include <memory>
#include <utility>

#include "runtime/graph/backend.h"

namespace rwkvk::test {

class ForwardingBackend : public Backend {
  public:
    explicit ForwardingBackend(std::unique_ptr<Backend> real) : real_(std::move(real)) {}

    void read_carried(const std::string& name, std::span<float> values) override {
        real_->read_carried(name, values);
    }
    void write_carried(const std::string& name, std::span<const float> values) override {
        real_->write_carried(name, values);
    }
    std::string description() const override { return real_->description(); }
    const BackendOptions& options() const override { return real_->options(); }
    uint32_t max_head_rows() const override { return real_->max_head_rows(); }
    void run(Part part, const RunTables& tables) override { real_->run(part, tables); }
    void start(Part part, const RunTables& tables) override { real_->start(part, tables); }
    bool go_on(double seconds, bool at_least_one) override { return real_->go_on(seconds, at_least_one); }
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
};

}  // namespace rwkvk::test
