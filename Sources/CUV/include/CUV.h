#ifndef GATEHOUSE_CUV_H
#define GATEHOUSE_CUV_H

#include <uv.h>

/// The event loop that runs on this thread, or null. Set once by each loop's own thread.
extern _Thread_local void *gatehouse_current_loop;

static inline void *gatehouse_current_loop_load(void) { return gatehouse_current_loop; }
static inline void gatehouse_current_loop_store(void *loop) { gatehouse_current_loop = loop; }

#endif
