// A JSON document; every value of it is asked for.

#include "runtime/load/json.h"
#include "tests/fuzz/input.h"

namespace {

using namespace rwkvk::load;

void visit(const JsonValue& value) {
    switch (value.kind()) {
        case JsonKind::array:
            for (const JsonValue item : value.items()) visit(item);
            break;
        case JsonKind::object:
            value.for_each_member([](const JsonValue& key, const JsonValue& member) {
                key.text();
                visit(member);
            });
            value.find("model");
            break;
        case JsonKind::text:
            value.text();
            break;
        case JsonKind::number:
            value.number();
            break;
        default:
            break;
    }
}

}  // namespace

void rwkvk::fuzz::read_input(std::string_view input) {
    const load::Json document(input, "fuzz");
    visit(document.root());
}
