#pragma once
// What the program does, without how it looks: the window draws this and calls it.

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "library.h"
#include "settings.h"
#include "worker.h"

namespace rwkvk::desktop {

/// What a person is shown of the model.
struct ModelState {
    bool ready = false;
    ModelFacts facts;  // of the last one that was ready
    bool loading = false;
    std::string loading_name;
    double fraction = 0;
};

/// Of the answer that is coming or came last.
struct AnswerState {
    uint64_t question = 0;  // 0: none is coming
    std::string conversation;
    size_t prompt_done = 0, prompt_total = 0;
    uint64_t pieces = 0;
    std::chrono::steady_clock::time_point first_piece{};
    double tokens_per_second = 0, prompt_tokens_per_second = 0;
    uint64_t tokens = 0, prompt_tokens = 0, cached_tokens = 0;
};

struct VerifyState {
    bool running = false;
    std::optional<VerifyReport> report;  // of the present model and device
    std::string failure;
};

class Session {
  public:
    struct Folders {
        std::filesystem::path conversations, states, settings;
    };
    /// `first` comes before what the settings say, where it says something.
    Session(Folders folders, std::function<void()> wake, const ModelChoice& first = {},
            const Runtime& runtime = Runtime(), DrawingDevice drawing = {});
    /// Closes.
    ~Session();
    /// Saves the settings, and what has come of an answer.
    void close();

    Settings settings;  // save_settings() after a change
    void save_settings();

    const Library& library() const { return library_; }
    const Conversation& current() const { return library_.current(); }
    const ModelState& model() const { return model_; }
    const AnswerState& answer() const { return answer_; }
    const VerifyState& verification() const { return verify_; }
    const std::vector<DeviceRow>& devices() const { return devices_; }
    const DrawingDevice& drawing_device() const { return drawing_; }
    /// What went wrong last, until it is dismissed; "".
    const std::string& error() const { return error_; }
    void dismiss_error() { error_.clear(); }
    /// What went well and a person should know; "".
    const std::string& notice() const { return notice_; }
    void dismiss_notice() { notice_.clear(); }

    bool answering() const { return answer_.question != 0; }
    /// The current conversation's.
    bool answering_here() const { return answering() && answer_.conversation == current().id; }
    bool can_say() const { return model_.ready && !model_.loading && !answering(); }
    /// Whether the worker is at something that it cannot leave at once.
    bool busy() const { return model_.loading || verify_.running; }

    /// Takes what the worker tells. True when there was something.
    bool pump();

    void open_model(const std::string& path);
    void use_device(const std::string& device);
    /// In place of the one before, which is lost. A model that ran on it is loaded again, and an answer that
    /// was coming is begun again, with the same seed and so the same words.
    void use_drawing_device(DrawingDevice drawing);
    /// Whether the model has found it lost, and it is not replaced yet.
    bool drawing_device_lost() const { return drawing_lost_; }
    /// Conversations (.json) are read, from a state a conversation is begun, anything else is opened as a
    /// model.
    void drop(const std::vector<std::string>& paths);
    void verify();

    /// False for a message of white space, and where none can be said.
    bool say(const std::string& text);
    void stop();
    void regenerate();
    /// What was said in the turn that is taken back.
    std::string undo();
    void fork(size_t messages);
    void rename(size_t index, const std::string& title);
    void set_system(const std::string& text);
    void start_new();
    /// A conversation that goes on from a state, of save_state or any other of the model.
    void begin_from(const std::string& state);
    bool can_save_state() const { return can_say() && !saving_state_ && current().ends_in_answer(); }
    /// Into a new file of the folder of states; says where.
    void save_state();
    /// The files of that folder, the newest first.
    std::vector<std::filesystem::path> saved_states() const;
    void select(size_t index);
    void remove(size_t index);
    /// Text that a call could not be carried out with, for the composer; "" when there is none, then
    /// forgotten.
    std::string take_returned_text() { return std::exchange(returned_text_, {}); }

    /// What a person sends to somebody else: model, device, speed, verification and the conversation.
    std::string report() const;

  private:
    Question question() const;
    void ask(uint64_t seed = 0);
    void expect_load();
    void load();
    void begin_again();
    void take(const Devices& event);
    void take(const Loading& event);
    void take(const Ready& event);
    void take(const LoadFailed& event);
    void take(const Reading& event);
    void take(const Piece& event);
    void take(const Answered& event);
    void take(const Verified& event);
    void take(const LookedAt& event);
    void take(const StateSaved& event);
    void count_piece();
    void measure(const Answered& event);
    bool lost_its_device(const Answered& event) const;
    void interrupt(Message& message);
    void finish(Message& message, const char* ending);
    Message* coming_message(uint64_t question);
    void save(const Conversation& conversation);
    void fail(const std::string& reason) { error_ = reason; }

    Folders folders_;
    Library library_;
    ModelState model_;
    AnswerState answer_;
    VerifyState verify_;
    std::vector<DeviceRow> devices_;
    DrawingDevice drawing_;
    bool drawing_lost_ = false;
    uint64_t abandoned_ = 0;    // the question that was being answered on it when it was replaced
    std::string interrupted_;   // the conversation whose answer is to be begun again; ""
    bool begun_again_ = false;  // the answer that is coming was
    bool saving_state_ = false;
    std::string error_, notice_, returned_text_;
    uint64_t questions_ = 0, verifications_ = 0;
    Worker worker_;
};

}  // namespace rwkvk::desktop
