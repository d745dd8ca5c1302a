#pragma once
// One schema within a document: its keywords, of which each must be understood by somebody.

#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/load/json.h"

namespace rwkvk::grammar {

/// A schema document that outlives what refers to it.
class SchemaDocument {
  public:
    /// Errors: Code::bad_argument for what is not JSON or too much.
    explicit SchemaDocument(std::string_view text);

    load::JsonValue root() const { return json_.root(); }
    /// "#/a/b". Errors: Code::bad_argument for references elsewhere or to nothing.
    load::JsonValue referred(const std::string& reference, const std::string& where) const;
    /// The value as JSON without blanks, numbers as they are written.
    std::string written(const load::JsonValue& value) const;

  private:
    load::JsonSource source_;
    load::Json json_;
};

class SchemaView {
  public:
    /// `where`: "#/properties/a". Errors: Code::bad_argument for what is no object.
    SchemaView(const load::JsonValue& schema, std::string where);

    const std::string& where() const { return where_; }
    bool has(const std::string& keyword) const { return keywords_.contains(keyword); }
    /// The value of a keyword, which is understood from here on.
    std::optional<load::JsonValue> take(const std::string& keyword);
    /// Of it. Errors of these: Code::bad_argument for other values.
    std::optional<uint32_t> take_count(const std::string& keyword, uint32_t most);
    std::optional<std::string> take_text(const std::string& keyword);
    std::vector<std::string> take_texts(const std::string& keyword);
    /// Where a keyword's value stands.
    std::string place(const std::string& keyword) const { return where_ + "/" + keyword; }

    /// Errors: Code::bad_argument naming a keyword that nobody took and that is no comment.
    void finish(const std::string& besides = "") const;
    [[noreturn]] void fail(const std::string& message) const;

  private:
    std::string where_;
    std::map<std::string, load::JsonValue> keywords_;  // that are not understood yet
};

[[noreturn]] void fail_schema(const std::string& where, const std::string& message);

}  // namespace rwkvk::grammar
