#include "state_log.h"

#include <nlohmann/json.hpp>
#include <stdexcept>

namespace rwkvk::desktop {
namespace {

using nlohmann::json;

json conversation_json(const Session& session) {
    json messages = json::array(), titles = json::array();
    for (const Message& message : session.current().messages) {
        messages.push_back({{"role", message.role == Role::user ? "user" : "assistant"},
                            {"text", message.text},
                            {"ending", message.ending}});
    }
    for (const Conversation& one : session.library().all()) titles.push_back(one.name());
    return {{"messages", messages}, {"titles", titles}};
}

json state_json(const Session& session, const ViewState& state) {
    const VerifyState& verification = session.verification();
    json marks = json::object();
    for (const auto& [name, at] : state.marks) marks[name] = {static_cast<int>(at.x), static_cast<int>(at.y)};
    json object = conversation_json(session);
    object["ready"] = session.model().ready && !session.model().loading;
    object["model"] = session.model().facts.path.empty() ? "embedded" : session.model().facts.path;
    object["device"] = session.model().facts.device;
    object["shares_device"] = session.model().facts.draws_window;
    object["answering"] = session.answering();
    object["composer"] = state.composer;
    object["error"] = session.error();
    object["notice"] = session.notice();
    object["state"] = session.current().state;
    object["devices"] = json::array();
    for (const DeviceRow& row : session.devices()) object["devices"].push_back(row.name);
    object["verified"] = verification.report ? (verification.report->equal ? "equal" : "different") : "";
    object["marks"] = marks;
    return object;
}

json pauses_json(const PauseMeter& meter) {
    return {{"idle", meter.longest_ms(Doing::nothing)},
            {"loading", meter.longest_ms(Doing::loading)},
            {"answering", meter.longest_ms(Doing::answering)},
            {"verifying", meter.longest_ms(Doing::verifying)}};
}

}  // namespace

StateLog::StateLog(const std::string& path) {
    if (path.empty()) return;
    file_.open(path);
    if (!file_) throw std::runtime_error("--log-state: " + path + " cannot be written: choose another file");
}

void StateLog::write(const Session& session, const ViewState& state, const PauseMeter& meter) {
    if (!file_.is_open()) return;
    json object = state_json(session, state);
    std::string text = object.dump();
    if (text == last_) return;
    last_ = std::move(text);
    object["pauses_ms"] = pauses_json(meter);  // which are others in every frame
    file_ << object.dump() << std::endl;
}

}  // namespace rwkvk::desktop
