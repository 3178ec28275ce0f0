#ifndef CFUZZ_H
#define CFUZZ_H

#include <stddef.h>
#include <stdint.h>

/// libFuzzer's own mutation of `size` bytes at `data`, in place, to at most `sizeMax`; returns the new size.
/// A program without libFuzzer gets one that changes nothing.
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t sizeMax);

/// Runs each file that the arguments name, once; 0 when all could be read.
int cfuzz_run_files(int argc, char **argv);

/// Bytes that malloc and its kin handed out since the start, on all threads; 0 under a sanitizer with its own
/// allocator.
uint64_t cfuzz_allocated_bytes(void);

/// Whether libFuzzer hears of comparisons from now on.
void cfuzz_trace_compares(int traced);

#endif
