#include "host/cache_folder.h"

#include <filesystem>

#include "host/error.h"
#include "host/log.h"
#include "host/paths.h"
#include "host/replaced_file.h"

namespace rwkvk {

bool keep(const std::string& path, std::initializer_list<std::span<const std::byte>> parts,
          const char* what) {
    if (path.empty()) return false;
    try {
        std::error_code ignored;  // what matters shows when the file is opened
        std::filesystem::create_directories(to_path(path).parent_path(), ignored);
        ReplacedFile file(path);
        for (const std::span<const std::byte> part : parts) file.write(part);
        file.finish();
        return true;
    } catch (const std::exception& error) {
        log(LogLevel::info, concat(what, " not kept: ", error.what()));
        return false;
    }
}

}  // namespace rwkvk
