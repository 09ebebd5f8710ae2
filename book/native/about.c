/* Which sources this object was made of, so that Python loads none that is older than its own. */
#ifndef SEALEDBOOK_SOURCES
#define SEALEDBOOK_SOURCES "unknown"
#endif

const char *kernel_sources(void) { return SEALEDBOOK_SOURCES; }
