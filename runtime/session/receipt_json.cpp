#include <algorithm>
#include <charconv>

#include "host/number_in.h"
#include "runtime/load/bytes.h"
#include "runtime/load/json.h"
#include "runtime/session/receipt.h"
#include "runtime/text/utf8.h"

namespace rwkvk {
namespace {

using load::damaged;
using load::JsonValue;
using text::Token;

constexpr const char* format_name = "rwkvk-receipt";
constexpr uint64_t newest_version = 1;

constexpr std::pair<const char*, float text::SamplerParams::*> stages[] = {
    {"temperature", &text::SamplerParams::temperature},
    {"top_p", &text::SamplerParams::top_p},
    {"min_p", &text::SamplerParams::min_p},
    {"typical", &text::SamplerParams::typical}};
constexpr std::pair<const char*, float text::PenaltyParams::*> penalties[] = {
    {"presence", &text::PenaltyParams::presence},
    {"frequency", &text::PenaltyParams::frequency},
    {"decay", &text::PenaltyParams::decay},
    {"repeat", &text::PenaltyParams::repeat}};

static_assert(sizeof(text::SamplerParams) == 48, "a new stage of sampling belongs in one of these tables");

/// Something that can be shown on a terminal.
bool is_plain(std::string_view text) {
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    return text::find_ill_formed_utf8(text) < 0 && std::ranges::none_of(text, is_control);
}

/// A name in quotes; one that cannot be shown, as file names may be, is left out.
std::string text_of(std::string_view text) { return load::json_quoted(is_plain(text) ? text : ""); }

/// The shortest text that is read as this number again.
std::string number_of(float value) {
    char text[32];
    return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

template <typename List, typename Write>
std::string list_of(const List& list, const char* separator, const Write& write) {
    std::string out = "[";
    for (const auto& item : list) {
        if (out.size() > 1) out += separator;
        out += write(item);
    }
    return out + "]";
}

std::string ids_of(const std::vector<Token>& ids) {
    return list_of(ids, ", ", [](Token id) { return std::to_string(id); });
}

std::string file_members(const Receipt::File& file) {
    return "\"path\": " + text_of(file.path) + ", \"fingerprint\": " + text_of(file.fingerprint);
}

std::string to_json(const Receipt::Sampling& sampling) {
    const bool llama = sampling.params.order == text::SamplerOrder::llama;
    std::string out = concat("{\"order\": \"", llama ? "llama" : "rwkv", "\", \"seed\": \"",
                             std::to_string(sampling.params.seed),
                             "\", \"top_k\": ", std::to_string(sampling.params.top_k));
    const auto add = [&](const char* name, float value) {
        out += concat(", \"", name, "\": ", number_of(value));
    };
    for (const auto& [name, stage] : stages) add(name, sampling.params.*stage);
    for (const auto& [name, penalty] : penalties) add(name, sampling.params.penalties.*penalty);
    out += ", \"biases\": " + list_of(sampling.biases, ", ", [](const auto& bias) {
               return concat("[", std::to_string(bias.first), ", ", number_of(bias.second), "]");
           });
    return out + ", \"banned\": " + ids_of(sampling.banned) + "}";
}

std::string to_json(const Receipt::Answer& answer) {
    const auto count = [](const text::Occurrence& occurrence) {
        return concat("[", std::to_string(occurrence.id), ", ", number_of(occurrence.count), "]");
    };
    return concat("{\"sampling\": ", std::to_string(answer.sampling), ", \"draws\": \"",
                  std::to_string(answer.before.draws),
                  "\", \"counted\": ", list_of(answer.before.occurrences, ", ", count),
                  ", \"ids\": ", ids_of(answer.ids), ", \"ended\": ", answer.ended ? "true" : "false",
                  ", \"fingerprint\": ", text_of(answer.fingerprint), "}");
}

std::string to_json(const Receipt::Step& step) {
    if (step.state) return "{\"state\": {" + file_members(*step.state) + "}}";
    std::string out = concat("{\"from\": ", std::to_string(step.from), ", \"fed\": ", ids_of(step.fed));
    if (step.answer) out += ",\n     \"answer\": " + to_json(*step.answer);
    return out + "}";
}

class ReceiptReader {
  public:
    explicit ReceiptReader(const std::string& where) : where_(where) {}

    Receipt read(const JsonValue& root) {
        check_format(root);
        const JsonValue model = root.member("model");
        Receipt receipt{.program = plain(root.member("program")),
                        .numerics = number(root.member("numerics_version")),
                        .name = plain(model.member("name")),
                        .model = file(model),
                        .weights = plain(model.member("weights")),
                        .adapters = {},
                        .samplings = {},
                        .steps = {}};
        each(root.member("adapters"), receipt.adapters, [this](const JsonValue& adapter) {
            return Receipt::Adapter{file(adapter), adapter.member("scale").real()};
        });
        each(root.member("samplings"), receipt.samplings,
             [this](const JsonValue& value) { return sampling(value); });
        each(root.member("steps"), receipt.steps,
             [&](const JsonValue& value) { return step(value, receipt.samplings.size()); });
        return receipt;
    }

  private:
    [[noreturn]] void fail(const JsonValue& at, const std::string& expected) const {
        throw damaged(where_, concat("expected ", expected, " at byte ", at.at()));
    }

    void check_format(const JsonValue& root) const {
        const auto format = root.find("format");
        if (!format || format->kind() != load::JsonKind::text || format->text() != format_name)
            throw Error(Code::bad_file, concat(where_, ": not a receipt: expected the format ", format_name));
        const uint64_t version = root.member("version").unsigned_integer();
        if (version == 0) throw damaged(where_, "a receipt of version 0");
        if (version <= newest_version) return;
        throw Error(Code::unsupported, concat(where_, ": a receipt of version ", version,
                                              ", expected at most ", newest_version, ": use a newer rwkvk"));
    }

    uint32_t number(const JsonValue& value) const {
        const uint64_t found = value.unsigned_integer();
        if (found > UINT32_MAX) fail(value, "a number below 2^32");
        return static_cast<uint32_t>(found);
    }

    /// 64 bits, which readers of JSON lose where they are a number.
    uint64_t long_number(const JsonValue& value) const {
        if (const auto found = number_in<uint64_t>(value.text())) return *found;
        fail(value, "a whole number in quotes");
    }

    std::string plain(const JsonValue& value) const {
        const std::string text = value.text();
        if (!is_plain(text)) fail(value, "text without control characters");
        return text;
    }

    std::string fingerprint(const JsonValue& value) const {
        const std::string text = value.text();
        if (text.size() != 16 || text.find_first_not_of("0123456789abcdef") != text.npos)
            fail(value, "16 hexadecimal digits");
        return text;
    }

    Receipt::File file(const JsonValue& value) const {
        return {plain(value.member("path")), fingerprint(value.member("fingerprint"))};
    }

    /// A growing vector would hold its items twice.
    template <typename Item, typename Read>
    void each(const JsonValue& list, std::vector<Item>& items, const Read& read,
              size_t most = max_receipt_steps) const {
        size_t count = 0;
        for ([[maybe_unused]] const JsonValue value : list.items()) ++count;
        if (count > most) fail(list, concat("at most ", most, " items"));
        items.reserve(count);
        for (const JsonValue value : list.items()) items.push_back(read(value));
    }

    std::vector<Token> ids(const JsonValue& list) const {
        std::vector<Token> ids;
        each(
            list, ids, [this](const JsonValue& value) { return id(value); }, SIZE_MAX);
        return ids;
    }

    Token id(const JsonValue& value) const {
        const uint64_t id = value.unsigned_integer();
        if (id >= text::max_vocabulary) fail(value, concat("an id below ", text::max_vocabulary));
        return static_cast<Token>(id);
    }

    /// Pairs of an id and a number, ids rising.
    template <typename Pair>
    std::vector<Pair> pairs(const JsonValue& list) const {
        std::vector<Pair> pairs;
        const auto read = [&](const JsonValue& value) {
            auto item = value.items().begin();
            const auto end = value.items().end();
            const auto next = [&] {
                if (item == end) fail(value, "an id and a number");
                const JsonValue found = *item;
                ++item;
                return found;
            };
            const Token first = id(next());
            const Pair pair{first, next().real()};
            if (item != end) fail(value, "an id and a number");
            return pair;
        };
        each(list, pairs, read, SIZE_MAX);
        return pairs;
    }

    Receipt::Sampling sampling(const JsonValue& value) const {
        const std::string order = value.member("order").text();
        if (order != "rwkv" && order != "llama") fail(value.member("order"), "rwkv or llama");
        Receipt::Sampling sampling;
        sampling.params.order = order == "llama" ? text::SamplerOrder::llama : text::SamplerOrder::rwkv;
        sampling.params.seed = long_number(value.member("seed"));
        sampling.params.top_k = number(value.member("top_k"));
        for (const auto& [name, stage] : stages) sampling.params.*stage = value.member(name).real();
        for (const auto& [name, penalty] : penalties)
            sampling.params.penalties.*penalty = value.member(name).real();
        sampling.biases = pairs<std::pair<Token, float>>(value.member("biases"));
        sampling.banned = ids(value.member("banned"));
        check(value, [&] {
            text::Sampler sampler(sampling.params);
            for (const auto& [id, bias] : sampling.biases) {
                sampler.set_bias(id, bias);
                sampler.set_bias(id, 0);  // a map of all would take more memory than the file may
            }
        });
        return sampling;
    }

    /// What would be a wrong argument of a caller is a wrong number in a file.
    template <typename Body>
    void check(const JsonValue& value, const Body& body) const {
        try {
            body();
        } catch (const Error& error) {
            throw damaged(where_, concat("at byte ", value.at(), ": ", error.what()));
        }
    }

    Receipt::Answer answer(const JsonValue& value, size_t samplings) const {
        Receipt::Answer answer{
            .sampling = number(value.member("sampling")),
            .before = {long_number(value.member("draws")), pairs<text::Occurrence>(value.member("counted"))},
            .ids = ids(value.member("ids")),
            .ended = value.member("ended").boolean(),
            .fingerprint = fingerprint(value.member("fingerprint"))};
        if (answer.sampling >= samplings)
            fail(value.member("sampling"), concat("one of ", samplings, " samplings"));
        if (answer.ended && answer.ids.empty()) fail(value.member("ended"), "an id that ended the answer");
        check(value, [&] { text::Sampler({}).restore(answer.before); });
        return answer;
    }

    Receipt::Step step(const JsonValue& value, size_t samplings) {
        Receipt::Step step;
        if (const auto state = value.find("state")) {
            step.state = file(*state);
        } else {
            step.from = number(value.member("from"));
            if (step.from >= has_logits_.size())
                fail(value.member("from"),
                     concat("at most ", has_logits_.size() - 1, ", a step before this one,"));
            step.fed = ids(value.member("fed"));
            if (const auto found = value.find("answer")) step.answer = answer(*found, samplings);
        }
        const bool has_logits = !step.state && (!step.fed.empty() || has_logits_[step.from]);
        if (step.answer && !step.answer->ids.empty() && !has_logits)
            fail(value, "ids to feed before the first one that is drawn");
        has_logits_.push_back(has_logits);
        return step;
    }

    const std::string& where_;
    std::vector<bool> has_logits_ = {false};  // of every point: tokens have been fed
};

}  // namespace

std::string to_json(const Receipt& receipt) {
    const auto adapter = [](const Receipt::Adapter& from) {
        return concat("{", file_members(from.file), ", \"scale\": ", number_of(from.scale), "}");
    };
    const auto lines = [](const auto& list) {
        return list_of(list, ",\n    ", [](const auto& item) { return to_json(item); });
    };
    return concat(
        "{\n  \"format\": \"", format_name, "\",\n  \"version\": ", newest_version,
        ",\n  \"program\": ", text_of(receipt.program), ",\n  \"numerics_version\": ", receipt.numerics,
        ",\n  \"model\": {\"name\": ", text_of(receipt.name), ", ", file_members(receipt.model),
        ", \"weights\": ", text_of(receipt.weights),
        "},\n  \"adapters\": ", list_of(receipt.adapters, ", ", adapter),
        ",\n  \"samplings\": ", lines(receipt.samplings), ",\n  \"steps\": ", lines(receipt.steps), "\n}\n");
}

Receipt parse_receipt(std::string_view json, const std::string& where) {
    // Ids take more memory than text where they have one digit; few do.
    const load::Json document(json, where, json.size() / 4 + (size_t{1} << 18));
    return ReceiptReader(where).read(document.root());
}

}  // namespace rwkvk
