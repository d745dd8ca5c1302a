#include "responses.h"

#include <ctime>

#include "items.h"
#include "schema_texts.h"

namespace rwkvk::server {

using nlohmann::json;

namespace {

/// Where a response is kept: in the conversation it names, behind the response it names, in one of its own.
TurnWish read_wish(const Fields& fields, const std::string& owner) {
    TurnWish wish{owner, named_conversation(fields), std::nullopt};
    const auto previous = fields.text("previous_response_id");
    if (!previous) return wish;
    if (!wish.conversation.empty())
        throw bad_request("conversation: expected none beside previous_response_id, found '" +
                          wish.conversation + "'");
    wish.following = read_response_id(*previous);
    if (!wish.following) throw no_such_conversation(*previous);
    return wish;
}

void refuse_unknown(const Fields& fields) { refuse_unknown_wishes(fields, {"background", "prompt"}); }

/// "text": {"format": ...} as a chat's response_format.
void add_format(json& chat, const Fields& fields) {
    const json* const text = fields.find("text");
    const json* const format = text ? Fields(*text, "text.").find("format") : nullptr;
    if (!format) return;
    const Fields how(*format, "text.format.");
    const std::string type = how.text("type").value_or("");
    if (type != "text" && type != "json_object" && type != "json_schema")
        throw bad_request("text.format.type: expected text, json_object or json_schema, found '" + type +
                          "'");
    chat["response_format"] = {{"type", type}};
    if (type != "json_schema") return;
    const json* const schema = how.find("schema");
    if (!schema) throw bad_request("text.format.schema: expected a schema, found none");
    chat["response_format"]["json_schema"] = {{"schema", *schema}};
}

/// Functions stand in an object of their own in chats.
void add_tools(json& chat, const Fields& fields) {
    if (const json* const tools = fields.find("tools")) {
        if (!tools->is_array()) fields.refuse("tools", "a list of tools");
        json& list = chat["tools"] = json::array();
        for (const json& tool : *tools) {
            const std::string where = "tools[" + std::to_string(list.size()) + "].";
            list.push_back({{"type", Fields(tool, where).text("type").value_or("")}, {"function", tool}});
        }
    }
    if (const json* const choice = fields.find("tool_choice")) {
        chat["tool_choice"] = *choice;
        if (choice->is_object()) chat["tool_choice"] = {{"function", *choice}};
    }
}

json or_null(const Fields& fields, const char* name) {
    const json* const value = fields.find(name);
    return value ? *value : json();
}

/// Makes a schema, which is a text by now, what was sent.
void restore_schema(json& holder, const char* name) {
    if (!holder.contains(name) || !holder[name].is_string()) return;
    json schema = json::parse(holder[name].get<std::string>(), nullptr, /*allow_exceptions*/ false);
    if (!schema.is_discarded()) holder[name] = std::move(schema);
}

json tools_of(const Fields& fields) {
    json tools = or_null(fields, "tools");
    if (tools.is_null()) return json::array();
    for (json& tool : tools) restore_schema(tool, "parameters");
    return tools;
}

json text_of(const Fields& fields) {
    json text = or_null(fields, "text");
    if (text.is_null() || !text.contains("format")) return {{"format", {{"type", "text"}}}};
    restore_schema(text["format"], "schema");
    return text;
}

/// The same as a chat: messages are what was said, what is asked now, and before all the instructions.
json chat_of(const Fields& fields, json messages, const json& input) {
    if (const auto instructions = fields.text("instructions"))
        messages.insert(messages.begin(), json({{"role", "system"}, {"content", *instructions}}));
    add_messages(messages, input);
    json chat = {{"messages", std::move(messages)}};
    const auto take = [&](const char* from, const char* to) {
        if (const json* const value = fields.find(from)) chat[to] = *value;
    };
    // With the fields of sampling that OpenAI does not have.
    for (const char* const name :
         {"temperature", "top_p", "stream", "top_k", "min_p", "typical_p", "presence_penalty",
          "frequency_penalty", "penalty_decay", "repeat_penalty", "logit_bias", "seed", "sampler_order",
          "stop", "chat_template_kwargs", "parallel_tool_calls"})
        take(name, name);
    take("max_output_tokens", "max_completion_tokens");
    add_format(chat, fields);
    add_tools(chat, fields);
    if (const json* const reasoning = fields.find("reasoning")) {
        if (const auto effort = Fields(*reasoning, "reasoning.").text("effort"))
            chat["reasoning_effort"] = *effort;
    }
    return chat;
}

json about_of(const Fields& fields, const Job& job, const Loaded& loaded) {
    json reasoning = or_null(fields, "reasoning");
    json choice = or_null(fields, "tool_choice");
    if (reasoning.is_null()) reasoning = {{"effort", nullptr}, {"summary", nullptr}};
    return {{"object", "response"},
            {"created_at", std::time(nullptr)},
            {"background", false},
            {"error", nullptr},
            {"instructions", or_null(fields, "instructions")},
            {"max_output_tokens", or_null(fields, "max_output_tokens")},
            {"model", loaded.names.front()},
            {"parallel_tool_calls", fields.boolean("parallel_tool_calls").value_or(false)},
            {"previous_response_id", or_null(fields, "previous_response_id")},
            {"reasoning", std::move(reasoning)},
            {"temperature", job.sampling.params.temperature},
            {"top_p", job.sampling.params.top_p},
            {"text", text_of(fields)},
            {"tool_choice", choice.is_null() ? json("auto") : std::move(choice)},
            {"tools", tools_of(fields)},
            {"truncation", "disabled"},
            {"metadata", read_metadata(fields)},
            {"rwkvk", {{"system_fingerprint", loaded.system_fingerprint}}}};
}

/// What of a chat its states depend on.
json without_wishes(const json& chat) {
    json said = {{"messages", chat.at("messages")}};
    for (const char* const name : {"tools", "tool_choice"})
        if (chat.contains(name)) said[name] = chat[name];
    return said;
}

/// Goes on from a state of `said` where the store has one. Commits the answer on the keeper's thread, then
/// its end is told; a state of it is left in the store.
void keep_answer(Job& job, const Talk& talk, std::shared_ptr<TurnUnderWay> under_way, json input, json about,
                 SaidSoFar asked) {
    const auto said = std::make_shared<const SaidSoFar>(std::move(asked));
    job.fetched_tokens = talk.states->fetch(*said, job.prompts.front().tokens);
    const std::vector<std::vector<Token>> prompts = {job.prompts.front().tokens};
    job.keep = [=](const Choice& choice, std::function<void(const json&)> go_on) {
        Turn turn;
        turn.seed = choice.seed;
        turn.finish = choice.finish;
        turn.input = input;
        json ended = ended_words(under_way->suffix(), choice);
        turn.output = std::move(ended["output"]);
        turn.usage = std::move(ended["usage"]);
        turn.about = about;
        turn.about["rwkvk"].update(response_own_words(prompts, choice));
        talk.keeper->post([=, states = talk.states, turn = std::move(turn)] {
            const json told = under_way->keep(turn);
            if (go_on) go_on(told);
            json answer = json::array();
            add_messages(answer, turn.output);
            if (told.at("committed").get<bool>() && !answer.empty()) states->save(said, answer.back());
        });
    };
}

/// New messages of a chat as items: checked by who reads the chat.
json items_of_messages(const json& body, const std::string& suffix) {
    json items = read_items(Fields(body), "messages", suffix);
    if (items.empty()) throw bad_request("messages: expected at least one, found none");
    return items;
}

}  // namespace

std::string named_conversation(const Fields& fields) {
    std::string id;
    for (const char* const name : {"session_id", "conversation"}) {
        const json* const value = fields.find(name);
        if (!value) continue;
        const bool is_object = value->is_object();
        const auto named = is_object ? Fields(*value, std::string(name) + ".").text("id") : fields.text(name);
        if (!named || named->empty()) fields.refuse(name, "the id of a conversation");
        if (!id.empty() && id != *named)
            throw bad_request("conversation: expected one, found it beside another session_id");
        id = *named;
    }
    return id;
}

WordedJob read_response_job(const json& body, const std::string& owner, Loaded& loaded,
                            const JobDefaults& defaults, const Talk& talk) {
    const Fields fields(body);
    refuse_unknown(fields);
    const bool store = fields.boolean("store").value_or(true);
    TurnWish wish = read_wish(fields, owner);
    const bool goes_on = !wish.conversation.empty() || wish.following;
    std::shared_ptr<TurnUnderWay> under_way;
    if (store || goes_on) under_way = std::make_shared<TurnUnderWay>(talk.keeper, std::move(wish));
    json input = read_items(fields, "input", "");
    json messages = under_way ? under_way->history() : json::array();
    json chat = chat_of(fields, std::move(messages), input);
    Job job = read_chat_job(chat, loaded, defaults);
    json about = about_of(fields, job, loaded);
    about["store"] = store;
    if (!store) {
        const std::string suffix = random_name();
        about["id"] = "resp_" + suffix;
        auto dialect = responses_dialect(std::move(about), suffix, job);
        return {std::move(job), std::move(dialect)};
    }
    under_way->begin();
    input = read_items(fields, "input", under_way->suffix());
    about["id"] = to_text(under_way->id());
    about["conversation"] = {{"id", under_way->id().conversation}};
    keep_answer(job, talk, under_way, std::move(input), about,
                {loaded, defaults, owner, without_wishes(chat)});
    auto dialect = responses_dialect(std::move(about), under_way->suffix(), job);
    return {std::move(job), std::move(dialect)};
}

WordedJob read_session_job(json body, const std::string& owner, Loaded& loaded, const JobDefaults& defaults,
                           const Talk& talk) {
    const Fields fields(body);
    if (fields.integer("n", 1, 1).value_or(1) != 1) fields.refuse("n", "1 answer in a conversation");
    const auto under_way = std::make_shared<TurnUnderWay>(
        talk.keeper, TurnWish{owner, named_conversation(fields), std::nullopt});
    items_of_messages(body, "");
    json chat = body;
    json messages = under_way->history();
    for (const json& message : body.at("messages")) messages.push_back(message);
    chat["messages"] = std::move(messages);
    Job job = read_chat_job(chat, loaded, defaults);
    under_way->begin();
    json about = about_of(Fields(json::object()), job, loaded);
    about["store"] = true;
    keep_answer(job, talk, under_way, items_of_messages(body, under_way->suffix()), std::move(about),
                {loaded, defaults, owner, without_wishes(chat)});
    auto dialect = chat_dialect(body, loaded, job);
    return {std::move(job), std::move(dialect)};
}

json response_words(const std::string& id, const std::string& conversation, const Turn& turn) {
    json words = turn.about;
    words["id"] = id;
    words["object"] = "response";
    words["conversation"] = {{"id", conversation}};
    words["created_at"] = turn.created;
    words["output"] = turn.output;
    words["usage"] = turn.usage.empty() ? json() : turn.usage;
    const bool whole = turn.finish == "stop" || turn.finish.empty();
    words["status"] = whole ? "completed" : turn.finish == "cancelled" ? "cancelled" : "incomplete";
    words["incomplete_details"] = nullptr;
    if (turn.finish == "length") words["incomplete_details"] = {{"reason", "max_output_tokens"}};
    return words;
}

}  // namespace rwkvk::server
