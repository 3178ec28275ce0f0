#include "CFuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The same programs without libFuzzer, for replays under other sanitizers and for measuring coverage. SwiftPM makes
// NAME_main the main function of a program; where libFuzzer is linked in, its own is.

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Weak, so that libFuzzer's own wins.
__attribute__((weak)) size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t sizeMax) {
    (void)data;
    return size < sizeMax ? size : sizeMax;
}

int cfuzz_run_files(int argc, char **argv) {
    for (int index = 1; index < argc; index += 1) {
        FILE *file = fopen(argv[index], "rb");
        if (!file) {
            perror(argv[index]);
            return 1;
        }
        fseek(file, 0, SEEK_END);
        long size = ftell(file);
        rewind(file);
        uint8_t *data = malloc(size > 0 ? (size_t)size : 1);
        if (!data || size < 0 || fread(data, 1, (size_t)size, file) != (size_t)size) {
            fprintf(stderr, "%s: cannot be read\n", argv[index]);
            return 1;
        }
        fclose(file);
        if (argc <= 4) { fprintf(stderr, "Running: %s (%ld bytes)\n", argv[index], size); }
        setenv("CFUZZ_FILE", argv[index], 1);
        LLVMFuzzerTestOneInput(data, (size_t)size);
        free(data);
    }
    fprintf(stderr, "%d files, no finding\n", argc - 1);
    return 0;
}
