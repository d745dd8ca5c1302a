// Four characters who talk in a scene that goes on: every frame spares a few milliseconds for their model.

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "painter.h"
#include "panel.h"
#include "report.h"
#include "scene.h"
#include "screen.h"

namespace rwkvk::npc {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t warm_up_frames = 30;  // not counted: drivers compile at the first, and windows open
constexpr double reading_seconds = 2.5;

struct Flags {
    double budget_ms = 2, fps = 60;
    size_t frames = 0;
    bool cpu = false, off = false;
    std::string csv, log;
};

Flags parse(int argc, char** argv) {
    Flags flags;
    CLI::App app{"Four characters who talk: a Vulkan scene with a language model inside its frames."};
    app.add_option("--budget-ms", flags.budget_ms, "Of every frame, for the model")
        ->check(CLI::Range(0.1, 1000.0))
        ->capture_default_str();
    app.add_option("--fps", flags.fps, "Frames per second")
        ->check(CLI::Range(1.0, 1000.0))
        ->capture_default_str();
    app.add_option("--frames", flags.frames, "Measures so many frames with inference off, then on, and ends");
    app.add_option("--csv", flags.csv, "File for the time of every frame");
    app.add_option("--log-text", flags.log, "File for every question and answer");
    app.add_flag("--cpu", flags.cpu, "The model runs on the CPU, not on the device that draws");
    app.add_flag("--off", flags.off, "Begins with inference off");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        std::exit(app.exit(error) == 0 ? 0 : 2);
    }
    return flags;
}

void warn(int32_t level, const char* line) {
    if (level >= RWKVK_LOG_WARNING) std::fprintf(stderr, "npc: %s\n", line);
}

double ms_between(Clock::time_point from, Clock::time_point to) {
    return std::chrono::duration<double, std::milli>(to - from).count();
}

class Game {
  public:
    explicit Game(const Flags& flags)
        : flags_(flags),
          runtime_(warn),
          device_(desktop::open_gpu_device(runtime_)),
          painter_(*device_.gpu, screen_.handle()),
          // Nobody rests while it is measured: every frame then has something to compute.
          dialogue_(runtime_, {model_device(), flags.frames > 0 ? 0 : reading_seconds, flags.log}),
          panel_(1000 / flags.fps, title()),
          inference_(!flags.off && flags.frames == 0) {}

    void run();

  private:
    const rwkvk_device* model_device() const;
    std::string title() const;
    bool next_frame();
    double frame(double now);
    void draw();
    void finish();

    Flags flags_;
    Runtime runtime_;
    Screen screen_;
    desktop::OpenedDevice device_;
    Painter painter_;
    Dialogue dialogue_;
    Scene scene_;
    Panel panel_;
    FrameTimes times_;
    bool inference_;
    size_t frame_ = 0;
};

/// NULL for the CPU.
const rwkvk_device* Game::model_device() const {
    if (flags_.cpu) return nullptr;
    if (!device_.drawing.device) throw std::runtime_error(device_.drawing.refusal);
    std::fprintf(stderr, "npc: a device that is new is tested first, which takes a while\n");
    return device_.drawing.device.get();
}

std::string Game::title() const {
    const bool shares = device_.gpu->model_queue == device_.gpu->queue;
    const char* queue = shares ? "shared with drawing" : "its own";
    if (flags_.cpu) queue = "none, on the CPU";
    char lines[96];
    std::snprintf(lines, sizeof lines, "\nbudget: %.1f ms of %.1f\nqueue: %s", flags_.budget_ms,
                  1000 / flags_.fps, queue);
    return dialogue_.device().substr(0, 36) + lines;
}

/// What changes between frames; false at the end.
bool Game::next_frame() {
    if (!screen_.poll()) return false;
    if (screen_.take_toggle()) inference_ = !inference_;
    if (flags_.frames == 0 || frame_ < warm_up_frames) return true;
    const size_t measured = frame_ - warm_up_frames;
    inference_ = measured >= flags_.frames;
    return measured < 2 * flags_.frames;
}

void Game::draw() {
    ImDrawList* const list = painter_.begin();
    if (!list) return;
    const Paper paper(*list);
    scene_.draw(paper, dialogue_.speakers(), inference_);
    panel_.draw(paper, inference_);
    painter_.show();
}

/// Returns how many ms of it were in the engine. The step comes first: the frame before is drawn by then, so
/// that a queue which is shared is empty, and what is said now is seen now.
double Game::frame(double now) {
    double step_ms = 0;
    dialogue_.listen(now);
    if (inference_) {
        painter_.wait();
        const Clock::time_point before = Clock::now();
        dialogue_.step(std::chrono::microseconds(static_cast<int64_t>(flags_.budget_ms * 1000)));
        step_ms = ms_between(before, Clock::now());
    }
    scene_.move(static_cast<float>(1 / flags_.fps), dialogue_.speakers(), inference_);
    panel_.update(times_);
    draw();
    return step_ms;
}

void Game::run() {
    const auto period =
        std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / flags_.fps));
    const Clock::time_point start = Clock::now();
    Clock::time_point due = start;
    for (Clock::time_point began = start; next_frame(); ++frame_) {
        FrameTime time{.inference = inference_};
        time.step = frame(ms_between(start, began) / 1000);
        time.busy = ms_between(began, Clock::now());
        // A frame that is late moves those after it; none is made up for.
        due = std::max(due + period, Clock::now());
        std::this_thread::sleep_until(due);
        const Clock::time_point next = Clock::now();
        time.interval = ms_between(began, next);
        if (frame_ >= warm_up_frames) times_.add(time);
        began = next;
    }
    finish();
}

void Game::finish() {
    if (!flags_.csv.empty()) times_.write_csv(flags_.csv);
    const bool whole = frame_ >= warm_up_frames + 2 * flags_.frames;  // nobody has closed the window
    if (flags_.frames > 0 && whole) print_report(times_, flags_.budget_ms, dialogue_);
}

}  // namespace
}  // namespace rwkvk::npc

int main(int argc, char** argv) {
    try {
        rwkvk::npc::Game(rwkvk::npc::parse(argc, argv)).run();
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "npc: %s\n", error.what());
        return 1;
    }
}
