/* What ThreadSanitizer shall not report. It sees no lock of Synchronization.Mutex, whose own code is in the standard
   library and not instrumented: what such a lock guards looks like a race. Here are those that it met. Everything else
   that threads share goes through atomics, futexes' atomics and pthreads, which it sees. */
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void) {
  return "race:ConversionRun\n"
         "race:10Conversion0A3RunO\n"
         "race:10Conversion8UnitTurnC\n"
         "race:10Conversion8UnitPlanV\n"
         "race:2IO13SyscallFaultsO\n";
}
#endif
#endif
