// Every file of the page between two symbols, in memory that is read only and shared.
#if defined(__APPLE__)
#define SYMBOL(name) _##name
    .section __TEXT,__const
#else
#define SYMBOL(name) name
    .section .rodata
#endif
.macro page_file begin, end, file
    .globl \begin
\begin:
    .incbin "\file"
    .globl \end
\end:
.endm
#define PAGE_FILE(symbol, path, file, type) \
    page_file SYMBOL(rwkvk_page_##symbol##_begin), SYMBOL(rwkvk_page_##symbol##_end), file
#include "files.def"
#if defined(__ELF__)
    .section .note.GNU-stack,"",%progbits
#endif
