#pragma once
// The pickle opcodes that state dicts use; all others are refused.

#include <cstdint>

namespace rwkvk::load {

// Names and codes as in CPython's Lib/pickletools.py.
enum Op : uint8_t {
    op_mark = '(',
    op_empty_tuple = ')',
    op_stop = '.',
    op_pop = '0',
    op_dup = '2',
    op_binbytes = 'B',
    op_short_binbytes = 'C',
    op_binfloat = 'G',
    op_binint = 'J',
    op_binint1 = 'K',
    op_binint2 = 'M',
    op_none = 'N',
    op_binpersid = 'Q',
    op_reduce = 'R',
    op_binunicode = 'X',
    op_empty_list = ']',
    op_append = 'a',
    op_build = 'b',
    op_global = 'c',
    op_appends = 'e',
    op_binget = 'h',
    op_long_binget = 'j',
    op_binput = 'q',
    op_long_binput = 'r',
    op_setitem = 's',
    op_tuple = 't',
    op_setitems = 'u',
    op_empty_dict = '}',
    op_proto = 0x80,
    op_tuple1 = 0x85,
    op_tuple2 = 0x86,
    op_tuple3 = 0x87,
    op_newtrue = 0x88,
    op_newfalse = 0x89,
    op_long1 = 0x8a,
    op_short_binunicode = 0x8c,
    op_long_binunicode = 0x8d,
    op_stack_global = 0x93,
    op_memoize = 0x94,
    op_frame = 0x95,
};

}  // namespace rwkvk::load
