#pragma once
// windows.h without its macros min and max, for the files that are compiled for Windows alone.

#define WIN32_LEAN_AND_MEAN
#ifndef NOMINMAX
#define NOMINMAX  // libstdc++ defines it too
#endif
#include <windows.h>

#include <system_error>

namespace rwkvk {

/// Why the call before failed.
inline std::error_code last_error() { return {static_cast<int>(::GetLastError()), std::system_category()}; }

}  // namespace rwkvk
