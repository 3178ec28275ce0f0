#include "CUV.h"

_Thread_local void *gatehouse_current_loop = NULL;
