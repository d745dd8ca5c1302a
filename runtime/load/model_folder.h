#pragma once
// Folders in place of files: what lies in one.

#include <string>

namespace rwkvk::load {

/// The path of a file as it is; of a folder, that of the one model in it: its index, the first of its parts,
/// or its file. By names alone: adapters, what trainers keep, vocabularies and configurations do not count.
/// Errors: Code::bad_argument where there are several models or none, with a list of what there is; Code::io.
std::string model_file(const std::string& path);

/// The same of an adapter, as PEFT names it.
std::string adapter_file(const std::string& path);

}  // namespace rwkvk::load
