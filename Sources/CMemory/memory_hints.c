// The package manager asks for a source file; all there is stands in the header.
#include "memory_hints.h"
