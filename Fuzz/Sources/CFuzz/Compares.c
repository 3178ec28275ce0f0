#include "CFuzz.h"

// libFuzzer hears of each comparison and remembers what was compared, so that it can put such values into inputs. One
// input in sixteen tells it enough for that, and to tell it of all took half of the time. The linker is told, in
// Package.swift, to have calls of these functions go to those here; a call goes on as a jump, so that libFuzzer sees
// where it came from. Without libFuzzer they are not there.

static int areCompared = 1;

void cfuzz_trace_compares(int traced) { areCompared = traced; }

#define FORWARD(name, type)                                                                                      \
    extern void __real_##name(type, type) __attribute__((weak));                                                 \
    __attribute__((no_sanitize("coverage"))) void __wrap_##name(type a, type b) {                                \
        if (areCompared && __real_##name) { __attribute__((musttail)) return __real_##name(a, b); }              \
    }

FORWARD(__sanitizer_cov_trace_cmp1, uint8_t)
FORWARD(__sanitizer_cov_trace_cmp2, uint16_t)
FORWARD(__sanitizer_cov_trace_cmp4, uint32_t)
FORWARD(__sanitizer_cov_trace_cmp8, uint64_t)
FORWARD(__sanitizer_cov_trace_const_cmp1, uint8_t)
FORWARD(__sanitizer_cov_trace_const_cmp2, uint16_t)
FORWARD(__sanitizer_cov_trace_const_cmp4, uint32_t)
FORWARD(__sanitizer_cov_trace_const_cmp8, uint64_t)
