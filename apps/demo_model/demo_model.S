// demo.gguf between two symbols, in memory that is read only and shared.
#if defined(__APPLE__)
#define SYMBOL(name) _##name
    .section __TEXT,__const
#elif defined(_WIN32)
#define SYMBOL(name) name
    .section .rdata,"dr"
#else
#define SYMBOL(name) name
    .section .rodata
#endif
    .balign 64
    .globl SYMBOL(rwkvk_demo_model_begin)
SYMBOL(rwkvk_demo_model_begin):
    .incbin RWKVK_DEMO_MODEL_FILE
    .globl SYMBOL(rwkvk_demo_model_end)
SYMBOL(rwkvk_demo_model_end):
#if defined(__ELF__)
    .section .note.GNU-stack,"",%progbits
#endif
