#pragma once
// No output takes the place of an input.

#include <string>
#include <vector>

#include "command.h"

namespace rwkvk::app {

struct NamedFile {
    std::string flag, path;  // of an input that was not given the path is empty
};

/// The files that the common flags name.
std::vector<NamedFile> inputs_of(const CommonFlags& flags);

/// Errors: RWKVK_BAD_ARGUMENT where both lead to one file, by whatever name, through links too.
void refuse_same_file(const NamedFile& output, const NamedFile& other);
void refuse_input_as_output(const NamedFile& output, const std::vector<NamedFile>& inputs);

/// The same for --receipt, which is no stream either.
void check_receipt(const CommonFlags& flags, const std::vector<NamedFile>& inputs);

}  // namespace rwkvk::app
