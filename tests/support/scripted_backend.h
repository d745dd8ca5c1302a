#pragma once
// A backend whose states are real and whose logits say what a test wants said.

#include <algorithm>
#include <vector>

#include "tests/support/forwarding_backend.h"

namespace rwkvk::test {

class ScriptedBackend final : public ForwardingBackend {
  public:
    using ForwardingBackend::ForwardingBackend;

    /// The most probable token of the next logits that are read, one after the other; then the last again.
    void say(std::vector<uint32_t> tokens) {
        script_ = std::move(tokens);
        next_ = 0;
    }

    void read_carried(const std::string& name, std::span<float> values) override {
        ForwardingBackend::read_carried(name, values);
        if (name != "logits" || script_.empty()) return;
        std::fill(values.begin(), values.end(), -10.0f);
        values[script_[std::min(next_++, script_.size() - 1)]] = 10.0f;
    }

  private:
    std::vector<uint32_t> script_;
    size_t next_ = 0;
};

}  // namespace rwkvk::test
