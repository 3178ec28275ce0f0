#include <hiredis/hiredis.h>
/* Wakes the thread that waits for the connections. */
#include <sys/eventfd.h>
