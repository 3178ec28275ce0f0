#include <signal.h>

/// libFuzzer calls this first. Its handlers, which write the reproducer, give way to any that are there already,
/// and the Swift runtime may have installed its own to print a backtrace.
int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc;
    (void)argv;
    const int signals[] = {SIGILL, SIGTRAP, SIGABRT, SIGSEGV, SIGBUS, SIGFPE};
    for (unsigned index = 0; index < sizeof signals / sizeof *signals; index += 1) { signal(signals[index], SIG_DFL); }
    return 0;
}
