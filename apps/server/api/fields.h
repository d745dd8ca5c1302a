#pragma once
// A JSON object as a client sent it: known fields are checked, others passed over. A field that is null is
// absent. Errors: ApiError, 400, naming the field, what is expected and what was found.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace rwkvk::server {

/// Errors: for text that is no JSON object, is nested too deep or is not UTF-8.
nlohmann::json parse_object(const std::string& body);

class Fields {
  public:
    /// `where` stands before the names in errors: "messages[2].".
    explicit Fields(const nlohmann::json& object, std::string where = "");

    /// NULL when it is absent.
    const nlohmann::json* find(const char* name) const;
    std::optional<double> number(const char* name, double low, double high) const;
    std::optional<int64_t> integer(const char* name, int64_t low, int64_t high) const;
    std::optional<bool> boolean(const char* name) const;
    std::optional<std::string> text(const char* name) const;
    /// A text, or a list of at most so many.
    std::vector<std::string> texts(const char* name, size_t most) const;
    [[noreturn]] void refuse(const char* name, const std::string& expected) const;

  private:
    const nlohmann::json& object_;
    std::string where_;
};

}  // namespace rwkvk::server
