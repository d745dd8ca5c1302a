#pragma once
// Everything that takes time: loading, answering, verifying. Its calls return at once; what comes of them is
// told by events.

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "inbox.h"
#include "loaded_model.h"
#include "presets.h"

namespace rwkvk::desktop {

struct Question {
    uint64_t number = 0;  // chosen by who asks; events name it
    std::vector<rwkvk::Message> messages;
    std::string state;  // the file of a state that they come after; "": none
    Sampling sampling;
    uint64_t seed = 0;
    int32_t thinking = 0;
    uint32_t max_tokens = 2048;
};

class Worker {
  public:
    /// `wake` is called from other threads whenever there are events.
    Worker(std::function<void()> wake, Runtime runtime);
    /// Stops what is running.
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// Devices, Loading and Ready, or LoadFailed, when the model before goes on. A load that is running is
    /// given up.
    void load(ModelChoice choice, DrawingDevice drawing);
    /// Whether none was asked for after it.
    bool is_newest(uint64_t load) const { return load == loads_; }
    /// Reading and Piece, and Answered at the end.
    void ask(Question question);
    void stop(uint64_t question);
    /// LookedAt.
    void look_at(const std::string& path);
    /// StateSaved: the state behind the messages, the last of which is an answer, in a new file.
    void save_state(Question question, const std::string& path);
    /// Verified, with this number. Questions are answered meanwhile.
    void verify(uint64_t number);

    std::vector<Event> drain() { return inbox_.drain(); }

  private:
    using Task = std::function<void()>;

    void post(Task task);
    void run();
    Task next();
    void find_devices(const DrawingDevice& drawing);
    void do_load(const ModelChoice& choice, uint64_t load);
    void start(LoadedModel& model, const ModelChoice& shown, const std::function<bool()>& wanted);
    void go_back(uint64_t load);
    void do_ask(const Question& question);
    void submit(const Question& question);
    LoadedModel& running_model() const;
    void do_save_state(const Question& question, const std::string& path);
    void write(const Snapshot& snapshot, const std::string& path);
    void do_verify(uint64_t number);
    void tell(uint64_t question, const rwkvk_engine_event& event, uint64_t seed);
    void set_engine(std::shared_ptr<Engine> engine);

    Inbox inbox_;

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Task> tasks_;
    std::shared_ptr<Engine> engine_;                  // to stop answers from the window's thread
    uint64_t asked_ = 0, request_ = 0, stopped_ = 0;  // a question, its request, the last question stopped

    std::atomic<uint64_t> loads_ = 0;  // of the newest load, the only one that is wanted
    std::atomic<bool> leaving_ = false;

    // Of the thread:
    const Runtime runtime_;
    DrawingDevice drawing_;
    std::vector<DeviceRow> devices_;      // with this one
    std::shared_ptr<LoadedModel> model_;  // one that is verified stays until that is done
    std::jthread verifying_;

    std::thread thread_;
};

}  // namespace rwkvk::desktop
