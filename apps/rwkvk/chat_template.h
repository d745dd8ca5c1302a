#pragma once

#include <string>

#include "command.h"

namespace rwkvk::app {

/// What rwkvk_chat_params take: a known name, or a text of one's own and what it is called; both empty: none
/// was asked for.
struct ChosenTemplate {
    std::string name, text;
};

/// "world, g1, ...".
std::string template_names();

/// `given` is a name or a file, `roles` is "USER,BOT"; at most one of them is not empty.
/// Errors: RWKVK_BAD_ARGUMENT listing the names for what is neither; RWKVK_IO.
ChosenTemplate choose_template(const std::string& given, const std::string& roles);

}  // namespace rwkvk::app
