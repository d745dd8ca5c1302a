#pragma once

#include <string>
#include <string_view>

namespace rwkvk::text {

/// The bytes a Python string or bytes literal stands for: 'text' or "text", whose code points become UTF-8,
/// and b'bytes' or b"bytes". Escapes: \n \t \r \\ \' \" \a \b \f \v, up to three octal digits, \xHH; in text
/// also \uHHHH and \UHHHHHHHH. In text \xHH is a code point. Errors: Code::bad_file, with the reason alone;
/// the caller knows where.
std::string bytes_of_python_literal(std::string_view literal);

}  // namespace rwkvk::text
