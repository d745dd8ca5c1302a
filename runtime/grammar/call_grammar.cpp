#include "runtime/grammar/call_grammar.h"

#include <set>
#include <utility>

#include "host/error.h"
#include "runtime/grammar/json_parts.h"
#include "runtime/grammar/json_schema.h"
#include "runtime/grammar/marked_text.h"
#include "runtime/text/json_text.h"

namespace rwkvk::grammar {
namespace {

constexpr std::string_view any_object = R"({"type":"object"})";

/// Whether it is one that can be kept to; a strict one has to be.
bool is_supported(const Callable& tool) {
    try {
        Rules tried;
        add_json_schema(tool.parameters, tried);
        return true;
    } catch (const Error& error) {
        if (!tool.is_strict) return false;
        throw Error(Code::bad_argument,
                    concat("parameters of the tool ", quote(tool.name), ": ", error.what()));
    }
}

class CallBuilder {
  public:
    CallBuilder(const CallRules& wanted, Rules& rules) : wanted_(wanted), rules_(rules), parts_(rules) {}

    uint32_t root() {
        const bool has_heading = wanted_.form == text::ToolForm::markdown;
        const Node space = parts_.space();
        const Node rest = rules_.call(rules_.add("call", behind_name_key()));
        const Node object = rules_.sequence(
            {rules_.text(text::call_fence), space, rules_.text("{"), space, rules_.text("\"name\""), rest});
        const Node behind_heading = rules_.sequence({space, object});
        const Node block =
            has_heading ? rules_.sequence({rules_.text(text::call_heading), behind_heading}) : object;
        const Node more = wanted_.has_several ? more_of(block) : rules_.text("");
        if (wanted_.must_call) return rules_.add("root", rules_.sequence({block, more}));
        if (has_heading) {
            return rules_.add("root", text_up_to(text::call_heading, rules_.sequence({behind_heading, more}),
                                                 Before::may_stay, rules_));
        }
        // As calls are written in prompts. What begins with another object is no call.
        const std::string mark = concat(text::call_fence, "\n{\"name\"");
        return rules_.add("root", text_unless_marked(mark, rules_.sequence({rest, more}), rules_));
    }

  private:
    /// Any number of blocks, each behind a space.
    Node more_of(Node block) {
        const uint32_t more = rules_.declare("more calls");
        rules_.define(more, rules_.optional(rules_.sequence({parts_.space(), block, rules_.call(more)})));
        return rules_.call(more);
    }

    /// `: "NAME", "arguments": {...}}` and the end of the fence.
    Node behind_name_key() {
        const Node space = parts_.space();
        const Node colon = rules_.sequence({space, rules_.text(":"), space});
        std::vector<Node> ways;
        for (const Callable& tool : wanted_.tools) {
            const uint32_t arguments =
                add_json_schema(is_supported(tool) ? tool.parameters : any_object, rules_);
            ways.push_back(rules_.sequence({rules_.text(text::json_string(tool.name)), space, parts_.comma(),
                                            rules_.text("\"arguments\""), colon, rules_.call(arguments)}));
        }
        return rules_.sequence(
            {colon, rules_.choice(ways), space, rules_.text("}"), space, rules_.text(text::call_end)});
    }

    const CallRules& wanted_;
    Rules& rules_;
    JsonParts parts_;
};

void check_names(const CallRules& rules) {
    std::set<std::string> names;
    if (rules.tools.empty())
        throw Error(Code::bad_argument, "expected a tool that can be called, found none");
    for (const Callable& tool : rules.tools) {
        if (!names.insert(tool.name).second)
            throw Error(Code::bad_argument, concat("two tools are called ", quote(tool.name)));
    }
}

}  // namespace

std::string name_of(const CallRules& rules) {
    std::string name = concat("calls ", static_cast<int>(rules.form), rules.must_call, rules.has_several);
    for (const Callable& tool : rules.tools) {
        name +=
            concat("\n", tool.is_strict, text::json_string(tool.name), text::json_string(tool.parameters));
    }
    return name;
}

std::shared_ptr<const Grammar> make_call_grammar(const CallRules& wanted,
                                                 std::shared_ptr<const TokenTrie> vocabulary) {
    check_names(wanted);
    Rules rules;
    const uint32_t root = CallBuilder(wanted, rules).root();
    return std::make_shared<const Grammar>(std::move(rules), root, std::move(vocabulary));
}

}  // namespace rwkvk::grammar
