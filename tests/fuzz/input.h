#pragma once
// A fuzzed parser is a file <parser>.cpp that defines this one function, a row in CMakeLists.txt and a folder
// corpus/<parser> of small inputs.

#include <string_view>

namespace rwkvk::fuzz {

/// Reads what nobody trusts. Returns or throws Error; anything else, and more memory than 4 times the input
/// and 16 MiB (or what CMakeLists.txt says), is a finding.
void read_input(std::string_view input);

}  // namespace rwkvk::fuzz
