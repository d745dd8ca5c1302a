#include "worker.h"

#include <filesystem>

#include "step_back.h"

namespace rwkvk::desktop {
namespace {

End end_of(const rwkvk_engine_event& event) {
    if (event.status == RWKVK_DEVICE_LOST) return End::device_lost;
    switch (event.end) {
        case RWKVK_DONE_STOP:
            return End::complete;
        case RWKVK_DONE_LENGTH:
            return End::limit;
        case RWKVK_DONE_CANCELLED:
            return End::stopped;
        default:
            return End::failed;
    }
}

Answered failed(uint64_t question, const std::string& reason) {
    Answered answered;
    answered.question = question;
    answered.end = End::failed;
    answered.reason = reason;
    return answered;
}

Prompt prompt_of(const Question& question, const LoadedModel& model, bool answered) {
    rwkvk_prompt_params how = prompt_params();
    how.thinking = question.thinking;
    how.continues = !question.state.empty();
    how.answered = answered;
    return Prompt(model.model(), model.tokenizer(), question.messages, how);
}

/// That the messages come after; NULL: none.
const rwkvk_snapshot* state_of(const Question& question, LoadedModel& model) {
    return question.state.empty() ? nullptr : model.state(question.state).handle();
}

}  // namespace

Worker::Worker(std::function<void()> wake, Runtime runtime)
    : inbox_(std::move(wake)), runtime_(std::move(runtime)), thread_([this] { run(); }) {}

Worker::~Worker() {
    {
        const std::lock_guard lock(mutex_);
        leaving_ = true;
        tasks_.clear();
    }
    changed_.notify_all();
    thread_.join();
}

void Worker::load(ModelChoice choice, DrawingDevice drawing) {
    const uint64_t load = ++loads_;
    post([this, load, choice = std::move(choice), drawing = std::move(drawing)] {
        find_devices(drawing);
        do_load(choice, load);
    });
}

void Worker::ask(Question question) {
    post([this, question = std::move(question)] { do_ask(question); });
}

void Worker::look_at(const std::string& path) {
    post([this, path] { inbox_.push(LookedAt{path, is_snapshot(path)}); });
}

void Worker::save_state(Question question, const std::string& path) {
    post([this, question = std::move(question), path] {
        try {
            do_save_state(question, path);
        } catch (const std::exception& error) {
            inbox_.push(StateSaved{path, error.what()});
        }
    });
}

void Worker::verify(uint64_t number) {
    post([this, number] { do_verify(number); });
}

void Worker::stop(uint64_t question) {
    const std::lock_guard lock(mutex_);
    stopped_ = question;
    if (engine_ && asked_ == question) engine_->cancel(request_);
}

void Worker::post(Task task) {
    {
        const std::lock_guard lock(mutex_);
        tasks_.push_back(std::move(task));
    }
    changed_.notify_all();
}

Worker::Task Worker::next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return leaving_ || !tasks_.empty(); });
    if (leaving_) return {};
    Task task = std::move(tasks_.front());
    tasks_.pop_front();
    return task;
}

void Worker::run() {
    step_back();
    while (const Task task = next()) task();
    set_engine(nullptr);
    verifying_ = {};
    model_.reset();
}

void Worker::set_engine(std::shared_ptr<Engine> engine) {
    const std::lock_guard lock(mutex_);
    engine_ = std::move(engine);
    asked_ = 0;
}

/// Once for each device that draws.
void Worker::find_devices(const DrawingDevice& drawing) {
    if (!devices_.empty() && drawing.device == drawing_.device) return;
    drawing_ = drawing;
    devices_ = list_devices(runtime_, drawing);
    inbox_.push(Devices{devices_});
}

void Worker::do_load(const ModelChoice& choice, uint64_t load) {
    const auto wanted = [this, load] { return load == loads_ && !leaving_; };
    if (!wanted()) return;
    inbox_.push(Loading{name_of(choice), 0});
    try {
        auto opened = std::make_shared<LoadedModel>(runtime_, choice);
        // Two models at once may not fit the device; what is opened is enough to go back.
        set_engine(nullptr);
        if (model_) model_->stop();
        start(*opened, choice, wanted);
        model_ = std::move(opened);
    } catch (const std::exception& error) {
        if (!wanted()) return;
        inbox_.push(LoadFailed{load, error.what()});
        go_back(load);
    }
}

/// The model before the one that failed.
void Worker::go_back(uint64_t load) {
    if (!model_) return;
    if (model_->engine()) return inbox_.push(Ready{model_->facts(devices_)});
    try {
        start(*model_, model_->choice(), [this] { return !leaving_; });
    } catch (const std::exception& error) {
        inbox_.push(LoadFailed{load, std::string("the model before cannot be used again: ") + error.what()});
    }
}

void Worker::start(LoadedModel& model, const ModelChoice& shown, const std::function<bool()>& wanted) {
    model.start(devices_, drawing_, [&](double fraction) {
        inbox_.push(Loading{name_of(shown), fraction});
        return wanted();
    });
    ModelFacts facts = model.facts(devices_);
    set_engine(model.engine());
    inbox_.push(Ready{std::move(facts)});
}

void Worker::do_ask(const Question& question) {
    try {
        submit(question);
    } catch (const std::exception& error) {
        inbox_.push(failed(question.number, error.what()));
    }
}

LoadedModel& Worker::running_model() const {
    if (!model_ || !model_->engine()) throw Error(RWKVK_BAD_ARGUMENT, "no model is loaded: open one first");
    return *model_;
}

void Worker::submit(const Question& question) {
    LoadedModel& model = running_model();
    const Prompt prompt = prompt_of(question, model, /*answered*/ false);
    rwkvk_sampler_params own = sampler_params();
    own.seed = question.seed;
    const rwkvk_sampler_params sampling = sampler_of(question.sampling, prompt.sampling(own));
    rwkvk_engine_request request = engine_request();
    request.prompt = prompt.handle();
    request.from = state_of(question, model);
    request.sampling = &sampling;
    request.max_tokens = question.max_tokens;
    const std::lock_guard lock(mutex_);
    request_ =
        model.engine()->submit(request, [this, number = question.number, seed = question.seed](
                                            const rwkvk_engine_event& event) { tell(number, event, seed); });
    asked_ = question.number;
    if (stopped_ == asked_) engine_->cancel(request_);
}

void Worker::tell(uint64_t question, const rwkvk_engine_event& event, uint64_t seed) {
    if (event.kind == RWKVK_EVENT_STARTED || event.kind == RWKVK_EVENT_PROGRESS) {
        inbox_.push(Reading{question, event.done, event.total});
        return;
    }
    if (event.text_bytes + event.reasoning_bytes > 0) {
        inbox_.push(Piece{question, std::string(event.text, event.text_bytes),
                          std::string(event.reasoning, event.reasoning_bytes)});
    }
    if (event.kind != RWKVK_EVENT_DONE) return;
    inbox_.push(Answered{.question = question,
                         .end = end_of(event),
                         .reason = event.message,
                         .seed = seed,
                         .prompt_tokens = event.prompt_tokens,
                         .cached_tokens = event.cached_tokens,
                         .tokens = event.answer_tokens,
                         .prompt_seconds = event.prompt_seconds,
                         .seconds = event.answer_seconds});
}

/// The engine has most of it in its cache, where the answer came from it.
void Worker::do_save_state(const Question& question, const std::string& path) {
    LoadedModel& model = running_model();
    const Prompt prompt = prompt_of(question, model, /*answered*/ true);
    rwkvk_engine_request request = engine_request();
    request.prompt = prompt.handle();
    request.from = state_of(question, model);
    request.max_tokens = 0;
    request.wants_snapshot = 1;
    model.engine()->submit(request, [this, &of = model.model(), path](const rwkvk_engine_event& event) {
        if (event.kind != RWKVK_EVENT_DONE) return;
        if (!event.snapshot) {
            const std::string reason = event.message;
            return inbox_.push(StateSaved{path, reason.empty() ? "The model stopped meanwhile: try again" : reason});
        }
        // Written by the worker: the engine has other things to do.
        const auto snapshot = std::make_shared<Snapshot>(of, event.snapshot);
        post([this, snapshot, path] { write(*snapshot, path); });
    });
}

void Worker::write(const Snapshot& snapshot, const std::string& path) {
    StateSaved saved{path, {}};
    try {
        std::filesystem::create_directories(std::filesystem::path(path).parent_path());
        snapshot.write(path);
    } catch (const std::exception& error) {
        saved.reason = error.what();
    }
    inbox_.push(std::move(saved));
}

void Worker::do_verify(uint64_t number) {
    verifying_ = std::jthread([this, number, model = model_] {
        Verified verified{.number = number, .report = {}, .reason = {}};
        try {
            if (!model) throw Error(RWKVK_BAD_ARGUMENT, "no model is loaded: open one first");
            verified.report = desktop::verify(model->model(), model->choice().device);
        } catch (const std::exception& error) {
            verified.reason = error.what();
        }
        inbox_.push(std::move(verified));
    });
}

}  // namespace rwkvk::desktop
