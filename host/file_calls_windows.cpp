#include <fcntl.h>
#include <io.h>
#include <sys/stat.h>

#include "host/file_calls.h"
#include "host/windows_api.h"

namespace rwkvk {

int create_file(const std::filesystem::path& path) {
    constexpr int flags = _O_WRONLY | _O_CREAT | _O_EXCL | _O_BINARY | _O_NOINHERIT;
    return ::_wopen(path.c_str(), flags, _S_IREAD | _S_IWRITE);
}

bool sync_file(int fd) { return ::_commit(fd) == 0; }

std::error_code move_over(const std::filesystem::path& from, const std::filesystem::path& to) {
    constexpr DWORD flags = MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH;
    if (!::MoveFileExW(from.c_str(), to.c_str(), flags)) return last_error();
    return {};
}

}  // namespace rwkvk
