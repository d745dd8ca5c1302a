#include <iterator>

#include "items.h"
#include "responses.h"

namespace rwkvk::server {

using nlohmann::json;

namespace {

class ResponsesDialect final : public Dialect {
  public:
    ResponsesDialect(json about, std::string suffix, const Job& job)
        : about_(std::move(about)),
          suffix_(std::move(suffix)),
          prompts_{job.prompts.front().tokens},
          streams_(job.stream) {}

    json whole(const std::vector<Choice>& choices) override { return ended(choices.front()); }

    json opening(size_t, const Choice&) override {
        return {event("response.created", {{"response", begun()}}),
                event("response.in_progress", {{"response", begun()}})};
    }

    json progress(size_t, const Choice&, size_t) override { return nullptr; }

    json piece(size_t, const Choice& so_far, const Said& said) override {
        json events = json::array();
        if (!said.reasoning.empty()) {
            if (part_ == Part::none) open_reasoning(events);
            events.push_back(item_event("response.reasoning_text.delta", "rs_", {{"delta", said.reasoning}}));
        }
        if (!said.text.empty()) {
            if (part_ != Part::message) open_message(events, so_far);
            events.push_back(item_event("response.output_text.delta", "msg_",
                                        {{"delta", said.text}, {"logprobs", json::array()}}));
        }
        for (size_t i = 0; i < said.calls.size(); ++i)
            say_call(said.calls_before + i, said.calls[i], so_far, events);
        return events;
    }

    json closing(size_t, const Choice& all) override {
        json events = json::array();
        if (part_ != Part::message && all.calls.empty()) open_message(events, all);
        close_part(events, all);
        return events;
    }

    json end(const std::vector<Choice>& choices) override {
        return event("response." + status_of(choices.front()), {{"response", ended(choices.front())}});
    }

    json error(const ApiError& error) const override {
        if (!streams_) return to_json(error);
        json response = about_;
        response["status"] = "failed";
        response["output"] = json::array();
        response["incomplete_details"] = nullptr;
        response["error"] = {{"code", error.code.empty() ? error.type : error.code},
                             {"message", error.what()}};
        return {
            {"type", "response.failed"}, {"sequence_number", sequence_}, {"response", std::move(response)}};
    }

    void kept(const json& words) override { kept_ = words; }

    std::string framed(const json& message) const override {
        return "event: " + message.at("type").get<std::string>() + "\n" + Dialect::framed(message);
    }
    std::string last_words() const override { return ""; }

  private:
    enum class Part { none, reasoning, message, calls };

    static std::string status_of(const Choice& choice) {
        const bool is_whole =
            choice.finish == "stop" || choice.finish.empty();  // a part may end before the answer
        return is_whole ? "completed" : "incomplete";
    }

    json event(const std::string& type, json words) {
        words["type"] = type;
        words["sequence_number"] = sequence_++;
        return words;
    }
    /// Of a part of the item that is coming.
    json item_event(const std::string& type, const char* prefix, json words) {
        words["item_id"] = prefix + suffix_;
        words["output_index"] = index_;
        words["content_index"] = 0;
        return event(type, std::move(words));
    }
    json item_added(json item) {
        return event("response.output_item.added", {{"output_index", index_}, {"item", std::move(item)}});
    }
    json item_done(json item) {
        return event("response.output_item.done", {{"output_index", index_}, {"item", std::move(item)}});
    }

    void open_reasoning(json& events) {
        part_ = Part::reasoning;
        events.push_back(item_added(reasoning_item(suffix_, "", "in_progress")));
    }

    void open_message(json& events, const Choice& so_far) {
        close_part(events, so_far);
        part_ = Part::message;
        events.push_back(item_added(message_item(suffix_, "", "in_progress")));
        events.push_back(item_event("response.content_part.added", "msg_", {{"part", output_part("")}}));
    }

    void close_part(json& events, const Choice& choice) {
        if (part_ == Part::reasoning) {
            events.push_back(item_event("response.reasoning_text.done", "rs_", {{"text", choice.reasoning}}));
            events.push_back(item_done(reasoning_item(suffix_, choice.reasoning, "completed")));
        }
        if (part_ == Part::message) {
            events.push_back(item_event("response.output_text.done", "msg_",
                                        {{"text", choice.text}, {"logprobs", json::array()}}));
            events.push_back(
                item_event("response.content_part.done", "msg_", {{"part", output_part(choice.text)}}));
            events.push_back(item_done(message_item(suffix_, choice.text, status_of(choice))));
        }
        index_ += part_ == Part::reasoning || part_ == Part::message;
        part_ = Part::none;
    }

    void say_call(size_t index, const Call& call, const Choice& so_far, json& events) {
        close_part(events, so_far);
        part_ = Part::calls;
        json item = call_item(call_item_id(suffix_, index), call, "completed"), begun = item;
        begun["status"] = "in_progress";
        begun["arguments"] = "";
        const auto arguments = [&](const char* what, json words) {
            words["item_id"] = item.at("id");
            words["output_index"] = index_;
            events.push_back(
                event(std::string("response.function_call_arguments.") + what, std::move(words)));
        };
        events.push_back(item_added(std::move(begun)));
        arguments("delta", {{"delta", call.of.arguments}});
        arguments("done", {{"name", call.of.name}, {"arguments", call.of.arguments}});
        events.push_back(item_done(std::move(item)));
        ++index_;
    }

    json begun() const {
        json response = about_;
        response["status"] = "in_progress";
        response["output"] = json::array();
        response["incomplete_details"] = response["usage"] = nullptr;
        return response;
    }

    json ended(const Choice& choice) const {
        json response = about_;
        response.update(ended_words(suffix_, choice));
        response["rwkvk"].update(response_own_words(prompts_, choice));
        if (!kept_.is_null()) response["rwkvk"].update(kept_);
        return response;
    }

    const json about_;
    const std::string suffix_;
    const std::vector<std::vector<Token>> prompts_;
    const bool streams_;
    json kept_;
    Part part_ = Part::none;
    size_t index_ = 0, sequence_ = 0;
};

}  // namespace

json ended_words(const std::string& suffix, const Choice& choice) {
    const bool whole = choice.finish == "stop";
    const std::string status = whole ? "completed" : "incomplete";
    json details;  // null
    if (choice.finish == "length") details = {{"reason", "max_output_tokens"}};
    return {{"status", status},
            {"incomplete_details", details},
            {"output", output_items(suffix, choice, status)},
            {"usage",
             {{"input_tokens", choice.prompt_tokens},
              {"input_tokens_details", {{"cached_tokens", choice.cached_tokens}}},
              {"output_tokens", choice.answer_tokens},
              {"output_tokens_details", {{"reasoning_tokens", choice.reasoning_tokens}}},
              {"total_tokens", choice.prompt_tokens + choice.answer_tokens}}}};
}

json response_own_words(const std::vector<std::vector<Token>>& prompts, const Choice& choice) {
    json words = own_words(prompts, {choice}, 1);
    words["timings"] = timings_of(choice);
    return words;
}

std::unique_ptr<Dialect> responses_dialect(json about, std::string suffix, const Job& job) {
    return std::make_unique<ResponsesDialect>(std::move(about), std::move(suffix), job);
}

}  // namespace rwkvk::server
