#pragma once
// A model with its vocabulary, and the engine that serves it.

#include <functional>
#include <memory>
#include <optional>
#include <rwkvk_engine.hpp>
#include <string>
#include <vector>

#include "events.h"

namespace rwkvk::desktop {

struct ModelChoice {
    std::string path;    // "": the embedded model
    std::string device;  // as rwkvk_context_params
};

std::string name_of(const ModelChoice& choice);

/// How much is done, from 0 to 1; false gives up.
using LoadProgress = std::function<bool(double fraction)>;

class LoadedModel {
  public:
    /// Opens model and vocabulary, which is quick. Throws Error, as everything here.
    LoadedModel(const Runtime& runtime, ModelChoice choice);

    /// Takes the weights over to the device: that which draws the window, where the choice comes to it.
    void start(const std::vector<DeviceRow>& devices, const DrawingDevice& drawing,
               const LoadProgress& progress);
    void stop() { engine_.reset(); }

    const ModelChoice& choice() const { return choice_; }
    const Model& model() const { return model_; }
    const Tokenizer& tokenizer() const { return tokenizer_; }
    /// Of a file. The last one stays in memory.
    const Snapshot& state(const std::string& path);
    /// NULL before start.
    const std::shared_ptr<Engine>& engine() const { return engine_; }
    ModelFacts facts(const std::vector<DeviceRow>& devices) const;

  private:
    ModelChoice choice_;
    Model model_;
    Tokenizer tokenizer_;
    std::string state_path_;
    std::optional<Snapshot> state_;
    std::shared_ptr<Engine> engine_;
    bool draws_window_ = false;  // its device
};

}  // namespace rwkvk::desktop
